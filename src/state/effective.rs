//! What a client gets: a type's own entry, else its family default's, else the built-in.
//!
//! Sources: recorded and measured on AWS, a customised type answers alone and
//! inherits nothing; an un-customised one answers with its family default's headers
//! and templates, and with its status where one is set, else with the error's own.

use std::collections::BTreeMap;

use crate::model::{
    Customization, GatewayResponse, Headers, Live, ResponseType, StatusCode, Templates,
    builtin_templates,
};

/// Where an effective response comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Own,
    /// `DEFAULT_4XX` or `DEFAULT_5XX`.
    FamilyDefault(ResponseType),
    Builtin,
}

impl Source {
    /// The word that documents use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::FamilyDefault(family) => family.as_str(),
            Self::Builtin => "builtin",
        }
    }
}

/// Whether a status that equals the built-in one was set, or is only shown:
/// GetGatewayResponses does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatusEvidence {
    Explicit,
    Unset,
    Unknown,
}

/// What is customised, type by type: what answers are resolved from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    entries: BTreeMap<ResponseType, Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    response: GatewayResponse,
    status: StatusEvidence,
}

impl State {
    /// A state as it was listed. `evidence` is asked of each type whose status equals the
    /// built-in one, which may be unset.
    #[must_use]
    pub fn new<'a>(
        listed: impl IntoIterator<Item = (&'a ResponseType, &'a Live)>,
        evidence: impl Fn(ResponseType, &GatewayResponse) -> StatusEvidence,
    ) -> Self {
        let mut state = Self::default();
        for (response_type, live) in listed {
            if let Some(response) = live.customized() {
                let evidence = evidence(*response_type, response);
                state.insert(*response_type, response.clone(), evidence);
            }
        }
        state
    }

    /// Adds a response as it is shown; the evidence counts only where the status may be
    /// unset.
    pub fn insert(
        &mut self,
        response_type: ResponseType,
        response: GatewayResponse,
        evidence: StatusEvidence,
    ) {
        let builtin = GatewayResponse::builtin(response_type).status;
        let status = match response.status {
            None => StatusEvidence::Unset,
            Some(_) if response.status == builtin => evidence,
            Some(_) => StatusEvidence::Explicit,
        };
        self.entries.insert(response_type, Entry { response, status });
    }

    /// Adds a response as the file or an export states it, status or none.
    pub fn insert_written(&mut self, response_type: ResponseType, written: &Customization) {
        let evidence = match written.status {
            Some(_) => StatusEvidence::Explicit,
            None => StatusEvidence::Unset,
        };
        self.insert(response_type, written.settle(response_type), evidence);
    }

    /// The type's own entry, where it is customised.
    #[must_use]
    pub fn own(&self, response_type: ResponseType) -> Option<&GatewayResponse> {
        self.entries.get(&response_type).map(|entry| &entry.response)
    }

    /// Whether the type's status was set; `None` where it is not customised.
    #[must_use]
    pub fn status_evidence(&self, response_type: ResponseType) -> Option<StatusEvidence> {
        self.entries.get(&response_type).map(|entry| entry.status)
    }
}

/// What a client gets when the type occurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// `None`: the error's own status, which is not one number: 500, 502 or 504 for
    /// `INTEGRATION_FAILURE`, whatever the error was for the family defaults. Also where
    /// nothing tells whether the 504 of `INTEGRATION_FAILURE` was set.
    pub status: Option<StatusCode>,
    /// What may be served instead: the type has an entry, which may leave the status unset
    /// while its family default sets this one. The control plane then shows the type's own
    /// (recorded); what a stage answers was not measured on AWS.
    pub family_status: Option<StatusCode>,
    pub headers: Headers,
    pub templates: Templates,
    pub source: Source,
}

impl Effective {
    /// Whether a client gets the same, wherever it comes from.
    #[must_use]
    pub fn answers_like(&self, other: &Self, response_type: ResponseType) -> bool {
        self.runtime_statuses(response_type) == other.runtime_statuses(response_type)
            && self.headers == other.headers
            && self.templates == other.templates
    }

    /// Every status that a client may see, in order.
    #[must_use]
    pub fn runtime_statuses(&self, response_type: ResponseType) -> Vec<u16> {
        let mut statuses = match self.status {
            Some(status) => vec![status.get()],
            None => own_statuses(response_type),
        };
        statuses.extend(self.family_status.map(StatusCode::get));
        statuses.sort_unstable();
        statuses.dedup();
        statuses
    }
}

/// Resolves one type against what is customised.
#[must_use]
pub fn effective(response_type: ResponseType, state: &State) -> Effective {
    if !is_customisable(response_type) {
        return builtin(response_type);
    }
    let family = response_type.family().default_type();
    let inherited = state.own(family).filter(|_| response_type != family);
    match (state.entries.get(&response_type), inherited) {
        (Some(Entry { response, status: evidence }), inherited) => {
            let status = match (response_type, evidence) {
                (
                    ResponseType::IntegrationFailure,
                    StatusEvidence::Unset | StatusEvidence::Unknown,
                ) => None,
                (_, _) => response.status,
            };
            let family_status = inherited
                .filter(|_| *evidence != StatusEvidence::Explicit)
                .and_then(|family| family.status)
                .filter(|family| status != Some(*family));
            Effective { family_status, ..from_entry(response, status, Source::Own) }
        }
        (None, Some(entry)) => {
            let status = entry.status.or_else(|| own_status(response_type));
            from_entry(entry, status, Source::FamilyDefault(family))
        }
        (None, None) => builtin(response_type),
    }
}

/// Whether a stage heeds a customisation at all: "Customizing the default gateway
/// response for 413 REQUEST_TOO_LARGE isn't currently supported" (AWS, "Amazon API
/// Gateway important notes"), although the control plane accepts one.
#[must_use]
pub const fn is_customisable(response_type: ResponseType) -> bool {
    !matches!(response_type, ResponseType::RequestTooLarge)
}

/// The template of `ACCESS_DENIED` as it is served: its key has a capital M, although the
/// control plane shows a small one (curl output of users; LocalStack, whose code says so).
const ACCESS_DENIED_TEMPLATE: &str = "{\"Message\":$context.error.messageString}";

fn builtin(response_type: ResponseType) -> Effective {
    let mut templates = builtin_templates();
    if response_type == ResponseType::AccessDenied {
        for text in templates.values_mut() {
            ACCESS_DENIED_TEMPLATE.clone_into(text);
        }
    }
    Effective {
        status: own_status(response_type),
        family_status: None,
        headers: Headers::new(),
        templates,
        source: Source::Builtin,
    }
}

/// The status that an error of this type has while nobody sets one.
///
/// `INTEGRATION_FAILURE` has none of its own, whatever the control plane shows: the
/// cause decides between 500 (Lambda refused the call), 502 (the function failed)
/// and 504 (the endpoint could not be reached). Recorded on AWS and by LocalStack.
#[must_use]
pub fn own_status(response_type: ResponseType) -> Option<StatusCode> {
    match response_type {
        ResponseType::IntegrationFailure => None,
        other => GatewayResponse::builtin(other).status,
    }
}

/// The statuses of errors of this type while nobody sets one.
///
/// For the family defaults they are those that were seen: 400, and 403 for an
/// Authorization header that cannot be parsed (access logs of azul#7470); 500, and 502
/// for a malformed proxy response, which LocalStack takes for `DEFAULT_5XX`.
fn own_statuses(response_type: ResponseType) -> Vec<u16> {
    match (response_type, own_status(response_type)) {
        (_, Some(status)) => vec![status.get()],
        (ResponseType::Default4xx, None) => vec![400, 403],
        (ResponseType::Default5xx, None) => vec![500, 502],
        (_, None) => vec![500, 502, 504],
    }
}

fn from_entry(entry: &GatewayResponse, status: Option<StatusCode>, source: Source) -> Effective {
    let GatewayResponse { status: _, headers, templates } = entry;
    Effective {
        status,
        family_status: None,
        headers: headers.clone(),
        templates: templates.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HeaderName, HeaderValue};

    fn resolve<const N: usize>(
        written: [(ResponseType, Customization); N],
        response_type: ResponseType,
    ) -> Effective {
        let mut state = State::default();
        for (response_type, written) in written {
            state.insert_written(response_type, &written);
        }
        effective(response_type, &state)
    }

    fn with_status(number: i64) -> Customization {
        Customization { status: status(number), ..Customization::default() }
    }

    fn status(number: i64) -> Option<StatusCode> {
        StatusCode::try_from(number).ok()
    }

    #[test]
    fn customised_types_inherit_nothing() {
        let cors = Customization {
            headers: [(HeaderName::observed("A"), HeaderValue::literal("1"))].into(),
            ..with_status(418)
        };
        let written = || {
            [
                (ResponseType::Default4xx, cors.clone()),
                (ResponseType::Throttled, Customization::default()),
            ]
        };
        let own = resolve(written(), ResponseType::Throttled);
        assert_eq!((own.status, own.source), (status(429), Source::Own));
        assert!(own.headers.is_empty());
        let inherited = resolve(written(), ResponseType::Unauthorized);
        assert_eq!(inherited.status, status(418));
        assert_eq!(inherited.source, Source::FamilyDefault(ResponseType::Default4xx));
        assert_eq!(resolve(written(), ResponseType::IntegrationTimeout).source, Source::Builtin);
    }

    #[test]
    fn a_status_that_may_be_unset_leaves_room_for_the_family_defaults() {
        let family = (ResponseType::Default4xx, with_status(418));
        let unset = resolve(
            [family.clone(), (ResponseType::Throttled, Customization::default())],
            ResponseType::Throttled,
        );
        assert_eq!(unset.runtime_statuses(ResponseType::Throttled), [418, 429]);
        let set =
            resolve([family, (ResponseType::Throttled, with_status(429))], ResponseType::Throttled);
        assert_eq!(set.runtime_statuses(ResponseType::Throttled), [429]);
    }

    #[test]
    fn request_too_large_cannot_be_customised() {
        let written = [ResponseType::RequestTooLarge, ResponseType::Default4xx]
            .map(|response_type| (response_type, with_status(418)));
        let answer = resolve(written, ResponseType::RequestTooLarge);
        assert_eq!((answer.status, answer.source), (status(413), Source::Builtin));
    }

    #[test]
    fn a_family_default_without_a_status_leaves_each_error_its_own() {
        let written = || [(ResponseType::Default5xx, Customization::default())];
        assert_eq!(resolve(written(), ResponseType::IntegrationTimeout).status, status(504));
        let failure = resolve(written(), ResponseType::IntegrationFailure);
        assert_eq!(failure.status, None);
        assert_eq!(failure.runtime_statuses(ResponseType::IntegrationFailure), [500, 502, 504]);
    }

    #[test]
    fn a_shown_504_of_integration_failure_is_one_status_only_where_it_was_set() {
        const TYPE: ResponseType = ResponseType::IntegrationFailure;
        for (evidence, expected) in [
            (StatusEvidence::Explicit, vec![504]),
            (StatusEvidence::Unset, vec![500, 502, 504]),
            (StatusEvidence::Unknown, vec![500, 502, 504]),
        ] {
            let mut state = State::default();
            state.insert(TYPE, GatewayResponse::builtin(TYPE), evidence);
            assert_eq!(effective(TYPE, &state).runtime_statuses(TYPE), expected);
        }
    }
}
