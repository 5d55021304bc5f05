//! What differs between two gateway responses, and how a patch says it.
//!
//! Two levels, one to one: a [`Difference`] is what a person reads, a
//! [`PatchOperation`] is what is sent. Only one difference has no operation: a
//! status that is to be unset, for which the service knows no patch.

use crate::model::{
    GatewayResponse, HeaderName, HeaderValue, PatchOp, PatchOperation, STATUS_PATH, StatusCode,
    header_path, template_path,
};

/// One member of a response that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// `to: None` unsets it.
    Status {
        from: Option<StatusCode>,
        to: Option<StatusCode>,
    },
    /// `name` is spelled as it is live, where it is live.
    Header {
        name: HeaderName,
        edit: Edit<HeaderValue>,
    },
    Template {
        media_type: String,
        edit: Edit<String>,
    },
}

/// What becomes of an entry of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit<T> {
    Add(T),
    Replace { from: T, to: T },
    Remove(T),
}

impl<T> Edit<T> {
    /// The value before, where there was one.
    pub fn from(&self) -> Option<&T> {
        match self {
            Self::Add(_) => None,
            Self::Replace { from, to: _ } | Self::Remove(from) => Some(from),
        }
    }

    /// The value after, where there is one.
    pub fn to(&self) -> Option<&T> {
        match self {
            Self::Add(to) | Self::Replace { from: _, to } => Some(to),
            Self::Remove(_) => None,
        }
    }

    const fn op(&self) -> PatchOp {
        match self {
            Self::Add(_) => PatchOp::Add,
            Self::Replace { .. } => PatchOp::Replace,
            Self::Remove(_) => PatchOp::Remove,
        }
    }
}

impl Difference {
    /// The operation that settles the difference, as a patch document writes it.
    ///
    /// For an unset status this is `remove /statusCode`, which tells a reader what
    /// happens and which the service does not take: see [`Difference::patchable`].
    #[must_use]
    pub fn operation(&self) -> PatchOperation {
        match self {
            Self::Status { from: _, to: Some(to) } => PatchOperation::set_status(*to),
            Self::Status { from: _, to: None } => {
                PatchOperation { op: PatchOp::Remove, path: STATUS_PATH.to_owned(), value: None }
            }
            Self::Header { name, edit } => PatchOperation {
                op: edit.op(),
                path: header_path(name),
                value: edit.to().map(ToString::to_string),
            },
            Self::Template { media_type, edit } => PatchOperation {
                op: edit.op(),
                path: template_path(media_type),
                value: edit.to().cloned(),
            },
        }
    }

    /// Whether UpdateGatewayResponse can say it.
    #[must_use]
    pub const fn patchable(&self) -> bool {
        !matches!(self, Self::Status { from: _, to: None })
    }
}

/// Everything in which `to` differs from `from`, in a fixed order: the status,
/// headers by name, templates by media type; within each map what is added or
/// replaced comes before what is removed, so that no map is ever empty on the way.
///
/// Names of headers are compared as HTTP compares them. Where a live response
/// holds several spellings of one name, the one that is wanted (or the first) is
/// kept and the others are removed.
#[must_use]
pub fn diff(from: &GatewayResponse, to: &GatewayResponse) -> Vec<Difference> {
    let GatewayResponse { status, headers, templates } = to;
    let mut differences = Vec::new();
    if from.status != *status {
        differences.push(Difference::Status { from: from.status, to: *status });
    }

    let mut removed = Vec::new();
    let mut kept = Vec::new();
    for (wanted, value) in headers {
        let live = from
            .headers
            .get_key_value(wanted)
            .or_else(|| from.headers.iter().find(|(name, _)| name.same_as(wanted)));
        match live {
            None => differences
                .push(Difference::Header { name: wanted.clone(), edit: Edit::Add(value.clone()) }),
            Some((name, old)) => {
                kept.push(name);
                if old != value {
                    differences.push(Difference::Header {
                        name: name.clone(),
                        edit: Edit::Replace { from: old.clone(), to: value.clone() },
                    });
                }
            }
        }
    }
    for (name, old) in &from.headers {
        if !kept.contains(&name) {
            removed
                .push(Difference::Header { name: name.clone(), edit: Edit::Remove(old.clone()) });
        }
    }
    differences.append(&mut removed);

    for (media_type, text) in templates {
        let edit = match from.templates.get(media_type) {
            None => Edit::Add(text.clone()),
            Some(old) if old == text => continue,
            Some(old) => Edit::Replace { from: old.clone(), to: text.clone() },
        };
        differences.push(Difference::Template { media_type: media_type.clone(), edit });
    }
    for (media_type, old) in &from.templates {
        if !templates.contains_key(media_type) {
            differences.push(Difference::Template {
                media_type: media_type.clone(),
                edit: Edit::Remove(old.clone()),
            });
        }
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Customization, ResponseType};

    fn response(
        status: i64,
        headers: &[(&str, &str)],
        templates: &[(&str, &str)],
    ) -> GatewayResponse {
        GatewayResponse {
            status: StatusCode::try_from(status).ok(),
            headers: headers
                .iter()
                .map(|(name, value)| (HeaderName::observed(*name), HeaderValue::as_written(*value)))
                .collect(),
            templates: templates
                .iter()
                .map(|(media_type, text)| ((*media_type).to_owned(), (*text).to_owned()))
                .collect(),
        }
    }

    fn operations(from: &GatewayResponse, to: &GatewayResponse) -> Vec<String> {
        diff(from, to)
            .iter()
            .map(Difference::operation)
            .map(|PatchOperation { op, path, value }| {
                format!("{op} {path} {}", value.as_deref().unwrap_or("-"))
            })
            .collect()
    }

    #[test]
    fn equal_responses_have_no_difference() {
        let one = response(429, &[("A", "'1'")], &[("application/json", "{}")]);
        assert_eq!(diff(&one, &one), []);
    }

    #[test]
    fn the_spelling_of_a_header_is_no_difference_and_is_kept() {
        let live = response(429, &[("x-a", "'1'"), ("x-b", "'1'")], &[]);
        let wanted = response(429, &[("X-A", "'1'"), ("X-B", "'2'")], &[]);
        assert_eq!(
            operations(&live, &wanted),
            ["replace /responseParameters/gatewayresponse.header.x-b '2'"]
        );
    }

    #[test]
    fn a_second_spelling_of_a_header_goes() {
        let live = response(429, &[("X-A", "'1'"), ("x-a", "'1'")], &[]);
        let wanted = response(429, &[("x-a", "'1'")], &[]);
        assert_eq!(
            operations(&live, &wanted),
            ["remove /responseParameters/gatewayresponse.header.X-A -"]
        );
    }

    #[test]
    fn templates_are_added_before_the_last_is_removed() {
        let live = response(429, &[], &[("application/xml", "<e/>")]);
        let wanted = Customization::default().settle(ResponseType::Throttled);
        assert_eq!(
            operations(&live, &wanted),
            [
                "add /responseTemplates/application~1json {\"message\":$context.error.messageString}",
                "remove /responseTemplates/application~1xml -",
            ]
        );
    }

    #[test]
    fn a_status_can_be_replaced_but_not_unset_by_a_patch() {
        let set = response(418, &[], &[]);
        let unset = GatewayResponse { status: None, ..set.clone() };
        assert_eq!(operations(&unset, &set), ["replace /statusCode 418"]);
        assert!(diff(&unset, &set).iter().all(Difference::patchable));
        assert!(!diff(&set, &unset).iter().all(Difference::patchable));
    }
}
