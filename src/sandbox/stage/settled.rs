//! What a gateway response comes to: on the control plane, in an export, at run time.
//!
//! Recorded on AWS (LocalStack's validated snapshots `test_gateway_response_crud`
//! and `test_gateway_response_put`): a customised type inherits nothing and is
//! filled up with its own built-in values; an un-customised one shows its family
//! default's values, and still `defaultResponse: true`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::model::ResponseType;
use crate::sandbox::data::state::{Customization, Texts};
use crate::sandbox::quirks::{ExportStatus, ExportTemplates, Quirks, RuntimeStatus};

/// The template of every type that has none of its own.
pub(crate) const BUILTIN_TEMPLATE: &str = r#"{"message":$context.error.messageString}"#;

pub(crate) type Responses = BTreeMap<ResponseType, Customization>;

/// Where an answer's headers and templates come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Own,
    Family(ResponseType),
    Builtin,
}

/// A gateway response with nothing left open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) source: Source,
    pub(crate) status: Option<String>,
    pub(crate) parameters: Texts,
    pub(crate) templates: Texts,
}

pub(crate) fn builtin_templates() -> Texts {
    Texts::from([("application/json".to_owned(), BUILTIN_TEMPLATE.to_owned())])
}

fn builtin_status(of: ResponseType) -> Option<String> {
    of.builtin_status().map(|status| status.to_string())
}

/// What is customised for a type: by itself, or by its family's default.
fn customization(responses: &Responses, of: ResponseType) -> Option<(Source, &Customization)> {
    let family = of.family().default_type();
    responses
        .get(&of)
        .map(|own| (Source::Own, own))
        .or_else(|| responses.get(&family).map(|theirs| (Source::Family(family), theirs)))
}

/// What GetGatewayResponse shows.
pub(crate) fn settle(responses: &Responses, of: ResponseType) -> Settled {
    let Some((source, custom)) = customization(responses, of) else {
        return Settled {
            source: Source::Builtin,
            status: builtin_status(of),
            parameters: Texts::new(),
            templates: builtin_templates(),
        };
    };
    let Customization { status_code, response_parameters, response_templates } = custom;
    Settled {
        source,
        status: status_code.clone().or_else(|| builtin_status(of)),
        parameters: response_parameters.clone().unwrap_or_default(),
        templates: response_templates.clone().unwrap_or_else(builtin_templates),
    }
}

/// The GatewayResponse of the wire.
pub(crate) fn shown(responses: &Responses, of: ResponseType) -> Value {
    let Settled { source, status, parameters, templates } = settle(responses, of);
    let mut shown = json!({
        "responseType": of.as_str(),
        "responseParameters": parameters,
        "responseTemplates": templates,
        "defaultResponse": source != Source::Own,
    });
    if let Some(status) = status {
        shown["statusCode"] = Value::from(status);
    }
    shown
}

/// The status a stage answers with, where the error's own is `own`.
///
/// The 504 that the control plane shows for INTEGRATION_FAILURE is served only
/// when it was set: AWS was recorded to answer 500 for a customisation without a
/// status, and 502 in the field.
pub(crate) fn runtime_status(
    responses: &Responses,
    of: ResponseType,
    own: u16,
    quirks: &Quirks,
) -> u16 {
    let explicit = |of: ResponseType| {
        responses.get(&of).and_then(|custom| custom.status_code.as_deref()?.parse().ok())
    };
    let family = of.family().default_type();
    let status = match (responses.contains_key(&of), quirks.runtime_status) {
        (true, RuntimeStatus::Own) => explicit(of),
        (true, RuntimeStatus::Family) => explicit(of).or_else(|| explicit(family)),
        (false, _) => explicit(family),
    };
    status.unwrap_or(own)
}

/// The value of `x-amazon-apigateway-gateway-responses`; `None` while nothing is
/// customised, because then an export has no such key.
pub(crate) fn exported(responses: &Responses, quirks: &Quirks) -> Option<Value> {
    let one = |of: ResponseType, custom: &Customization| {
        let Customization { status_code, response_parameters, response_templates } = custom;
        let mut shown = Map::new();
        let status = status_code.clone().or_else(|| match quirks.export_status {
            ExportStatus::Stored => None,
            ExportStatus::Resolved => builtin_status(of),
        });
        if let Some(status) = status.and_then(|status| status.parse::<u16>().ok()) {
            shown.insert("statusCode".to_owned(), Value::from(status));
        }
        if let Some(parameters) = response_parameters.as_ref().filter(|them| !them.is_empty()) {
            shown.insert("responseParameters".to_owned(), json!(parameters));
        }
        let templates = response_templates.clone().or_else(|| match quirks.export_templates {
            ExportTemplates::Stored => None,
            ExportTemplates::Resolved => Some(builtin_templates()),
        });
        if let Some(templates) = templates {
            shown.insert("responseTemplates".to_owned(), json!(templates));
        }
        Value::Object(shown)
    };
    (!responses.is_empty()).then(|| {
        responses.iter().map(|(of, custom)| (of.as_str().to_owned(), one(*of, custom))).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ResponseType as T;

    fn custom(status: Option<&str>, header: Option<&str>) -> Customization {
        Customization {
            status_code: status.map(str::to_owned),
            response_parameters: header
                .map(|name| Texts::from([(name.to_owned(), "'x'".to_owned())])),
            response_templates: None,
        }
    }

    /// The sequence recorded in `test_gateway_response_put`.
    #[test]
    fn a_family_default_is_inherited_by_those_that_have_nothing_of_their_own() {
        let responses = Responses::from([
            (T::Default5xx, custom(Some("599"), Some("gatewayresponse.header.a"))),
            (T::AuthorizerFailure, custom(None, Some("gatewayresponse.header.b"))),
        ]);
        for of in T::ALL {
            let shown = shown(&responses, of);
            let own = matches!(of, T::Default5xx | T::AuthorizerFailure);
            assert_eq!(shown["defaultResponse"], !own, "{of}");
            let expected = match (of, of.family() == crate::model::Family::Server) {
                (T::AuthorizerFailure, _) => Some("500".to_owned()),
                (_, true) => Some("599".to_owned()),
                (_, false) => builtin_status(of),
            };
            assert_eq!(shown.get("statusCode").cloned(), expected.map(Value::from), "{of}");
        }
        let own = settle(&responses, T::AuthorizerFailure);
        assert_eq!(own.parameters.keys().collect::<Vec<_>>(), ["gatewayresponse.header.b"]);
        assert_eq!(own.templates, builtin_templates());
    }

    #[test]
    fn integration_failure_keeps_its_own_status_until_one_is_set() {
        let quirks = Quirks::default();
        let mut responses = Responses::new();
        let status =
            |responses: &Responses| runtime_status(responses, T::IntegrationFailure, 500, &quirks);
        assert_eq!(status(&responses), 500);
        responses.insert(T::IntegrationFailure, custom(None, None));
        assert_eq!(status(&responses), 500);
        responses.insert(T::Default5xx, custom(Some("599"), None));
        assert_eq!(status(&responses), 500);
        responses.insert(T::IntegrationFailure, custom(Some("504"), None));
        assert_eq!(status(&responses), 504);
        responses.remove(&T::IntegrationFailure);
        assert_eq!(status(&responses), 599);
    }

    #[test]
    fn an_export_shows_what_was_stored() {
        let mut quirks = Quirks::default();
        assert_eq!(exported(&Responses::new(), &quirks), None);
        let responses = Responses::from([
            (T::Default4xx, custom(None, Some("gatewayresponse.header.a"))),
            (T::Throttled, custom(Some("430"), None)),
            (T::Unauthorized, custom(None, None)),
        ]);
        assert_eq!(
            exported(&responses, &quirks),
            Some(json!({
                "DEFAULT_4XX": {"responseParameters": {"gatewayresponse.header.a": "'x'"}},
                "THROTTLED": {"statusCode": 430},
                "UNAUTHORIZED": {},
            }))
        );
        quirks.set("export-status=resolved").expect("a quirk");
        let shown = exported(&responses, &quirks).expect("customised");
        assert_eq!(shown["UNAUTHORIZED"]["statusCode"], 401);
        assert_eq!(shown["DEFAULT_4XX"].get("statusCode"), None);
    }
}
