//! What a client gets: a type's own entry, else its family default's, else the built-in.
//!
//! Sources: recorded and measured on AWS, a customised type answers alone and
//! inherits nothing; an un-customised one answers with its family default's headers
//! and templates, and with its status where one is set, else with the error's own.

use crate::model::{
    GatewayResponse, Headers, Live, ResponseType, StatusCode, Templates, builtin_templates,
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

/// What a client gets when the type occurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// `None`: the error's own status, which is not one number: 500, 502 or 504 for
    /// `INTEGRATION_FAILURE`, whatever the error was for the family defaults.
    pub status: Option<StatusCode>,
    pub headers: Headers,
    pub templates: Templates,
    pub source: Source,
}

/// Resolves one type against a state of all types.
#[must_use]
pub fn effective<'a>(
    response_type: ResponseType,
    state: impl Fn(ResponseType) -> &'a Live,
) -> Effective {
    if !is_customisable(response_type) {
        return builtin(response_type);
    }
    if let Live::Customized(own) = state(response_type) {
        return from_entry(own, own.status, Source::Own);
    }
    let family = response_type.family().default_type();
    match state(family) {
        Live::Customized(entry) if response_type != family => {
            let status = entry.status.or_else(|| own_status(response_type));
            from_entry(entry, status, Source::FamilyDefault(family))
        }
        Live::Customized(_) | Live::Default => builtin(response_type),
    }
}

/// Whether a stage heeds a customisation at all: "Customizing the default gateway
/// response for 413 REQUEST_TOO_LARGE isn't currently supported" (AWS, "Amazon API
/// Gateway important notes"), although the control plane accepts one.
#[must_use]
pub const fn is_customisable(response_type: ResponseType) -> bool {
    !matches!(response_type, ResponseType::RequestTooLarge)
}

fn builtin(response_type: ResponseType) -> Effective {
    Effective {
        status: own_status(response_type),
        headers: Headers::new(),
        templates: builtin_templates(),
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

fn from_entry(entry: &GatewayResponse, status: Option<StatusCode>, source: Source) -> Effective {
    let GatewayResponse { status: _, headers, templates } = entry;
    Effective { status, headers: headers.clone(), templates: templates.clone(), source }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{Customization, HeaderName, HeaderValue};

    fn resolve(state: &BTreeMap<ResponseType, Live>, response_type: ResponseType) -> Effective {
        effective(response_type, |t| state.get(&t).unwrap_or(&Live::Default))
    }

    fn status(number: i64) -> Option<StatusCode> {
        StatusCode::try_from(number).ok()
    }

    #[test]
    fn a_customised_type_inherits_nothing() {
        let cors = Customization {
            status: status(418),
            headers: [(HeaderName::observed("A"), HeaderValue::literal("1"))].into(),
            ..Customization::default()
        };
        let state = BTreeMap::from([
            (ResponseType::Default4xx, Live::Customized(cors.settle(ResponseType::Default4xx))),
            (
                ResponseType::Throttled,
                Live::Customized(Customization::default().settle(ResponseType::Throttled)),
            ),
        ]);
        let own = resolve(&state, ResponseType::Throttled);
        assert_eq!((own.status, own.source), (status(429), Source::Own));
        assert!(own.headers.is_empty());
        let inherited = resolve(&state, ResponseType::Unauthorized);
        assert_eq!(inherited.status, status(418));
        assert_eq!(inherited.source, Source::FamilyDefault(ResponseType::Default4xx));
        assert_eq!(resolve(&state, ResponseType::IntegrationTimeout).source, Source::Builtin);
    }

    #[test]
    fn nothing_customises_413() {
        let entry = Customization { status: status(418), ..Customization::default() };
        let state = [ResponseType::RequestTooLarge, ResponseType::Default4xx]
            .map(|t| (t, Live::Customized(entry.settle(t))))
            .into();
        let answer = resolve(&state, ResponseType::RequestTooLarge);
        assert_eq!((answer.status, answer.source), (status(413), Source::Builtin));
    }

    #[test]
    fn a_family_default_without_a_status_leaves_each_error_its_own() {
        let state = BTreeMap::from([(
            ResponseType::Default5xx,
            Live::Customized(Customization::default().settle(ResponseType::Default5xx)),
        )]);
        assert_eq!(resolve(&state, ResponseType::IntegrationTimeout).status, status(504));
        assert_eq!(resolve(&state, ResponseType::IntegrationFailure).status, None);
    }
}
