//! From the SDK's types to ours.
//!
//! What is only inherited is dropped here, at the door: an entry with
//! `defaultResponse: true` shows its family default's values, which are no state of
//! its own. A missing status of a customised type is its built-in one.
//!
//! `responseParameters` may hold keys that set no header (`gatewayresponse.path.X`
//! is documented, and has no meaning in a response). They are kept apart as
//! *unknown parameters*: visible to whoever reports them, and neither drift nor part
//! of a digest. A patch leaves them alone; a Put, which replaces everything, would
//! drop them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasher;

use aws_sdk_apigateway::types;

use crate::model::openapi::{bad_status, headers, status};
use crate::model::{Customization, GatewayResponse, Live, ResponseType};
use crate::state::observed::{
    Canary, Configured, Deployment, DeploymentSummary, IntegrationConfiguration,
    MethodConfiguration, MethodSummary, Resource, RestApi, StagePointer,
};

/// The members that the three answers with a gateway response have in common.
pub(crate) struct Parts {
    pub response_type: Option<String>,
    pub status_code: Option<String>,
    pub response_parameters: Option<HashMap<String, String>>,
    pub response_templates: Option<HashMap<String, String>>,
    pub default_response: bool,
}

/// `Parts` of an SDK type; the SDK has a type of its own for every operation.
macro_rules! parts {
    ($answer:expr) => {{
        let answer = $answer;
        $crate::aws::convert::responses::Parts {
            response_type: answer.response_type.map(|t| t.as_str().to_owned()),
            status_code: answer.status_code,
            response_parameters: answer.response_parameters,
            response_templates: answer.response_templates,
            default_response: answer.default_response,
        }
    }};
}
pub(crate) use parts;

/// The answer of GetGatewayResponses.
///
/// # Errors
/// When an entry has no type, or an invalid status.
pub(crate) fn configured(items: Vec<types::GatewayResponse>) -> Result<Configured, String> {
    let mut responses: BTreeMap<_, _> = ResponseType::ALL.map(|t| (t, Live::Default)).into();
    let mut unknown_types = BTreeSet::new();
    let mut unknown_parameters = BTreeMap::new();
    for item in items {
        let parts = parts!(item);
        let name = parts.response_type.clone().ok_or("an entry has no `responseType`")?;
        match name.parse::<ResponseType>() {
            Ok(response_type) => {
                let (live, unknown) = live(response_type, parts)?;
                responses.insert(response_type, live);
                if !unknown.is_empty() {
                    unknown_parameters.insert(response_type, unknown);
                }
            }
            Err(_) => {
                unknown_types.insert(name);
            }
        }
    }
    Ok(Configured { responses, unknown_types, unknown_parameters })
}

/// One entry, with the parameters that set no header.
///
/// # Errors
/// When the status is invalid.
pub(crate) fn live(
    response_type: ResponseType,
    parts: Parts,
) -> Result<(Live, BTreeMap<String, String>), String> {
    let Parts {
        response_type: _,
        status_code,
        response_parameters,
        response_templates,
        default_response,
    } = parts;
    if default_response {
        return Ok((Live::Default, BTreeMap::new()));
    }
    let status = status_code
        .map(|text| status(&text).ok_or_else(|| bad_status(response_type, &text)))
        .transpose()?;
    let (headers, unknown) = headers(response_parameters.unwrap_or_default());
    let settled =
        Customization { status, headers, templates: BTreeMap::new() }.settle(response_type);
    let response = GatewayResponse {
        // An empty table is not an absent one: it may be all that a patch has left.
        templates: match response_templates {
            Some(templates) => ordered(templates),
            None => settled.templates,
        },
        status: settled.status,
        headers: settled.headers,
    };
    Ok((Live::Customized(response), unknown))
}

pub(crate) fn rest_api(api: types::RestApi) -> Result<RestApi, String> {
    Ok(RestApi {
        id: api.id.ok_or("an API has no `id`")?,
        name: api.name.unwrap_or_default(),
        tags: ordered(api.tags.unwrap_or_default()),
    })
}

/// A resource policy. AWS returns the document escaped once more than JSON does
/// (`{\"Version\":…`), which Terraform's provider undoes as well.
pub(crate) fn policy(text: String) -> serde_json::Value {
    serde_json::from_str(&text)
        .ok()
        .filter(serde_json::Value::is_object)
        .or_else(|| {
            let inner: String = serde_json::from_str(&format!("\"{text}\"")).ok()?;
            serde_json::from_str(&inner).ok()
        })
        .unwrap_or(serde_json::Value::String(text))
}

pub(crate) fn pointer(
    deployment_id: Option<String>,
    canary: Option<types::CanarySettings>,
) -> StagePointer {
    StagePointer {
        deployment_id: deployment_id.filter(|id| !id.is_empty()),
        canary: canary.map(|settings| Canary {
            deployment_id: settings.deployment_id.filter(|id| !id.is_empty()),
            percent_traffic: settings.percent_traffic.to_string(),
        }),
    }
}

/// Deployments, newest first; of two in the same instant the greater id first, so
/// that the order is one.
pub(crate) fn deployments(items: Vec<types::Deployment>) -> Result<Vec<Deployment>, String> {
    let mut dated = items
        .into_iter()
        .map(|item| {
            let at = item.created_date;
            Ok((
                at.map(|at| at.as_nanos()),
                Deployment {
                    id: item.id.ok_or("a deployment has no `id`")?,
                    created_at: at.map(|at| at.secs()),
                    description: item.description,
                },
            ))
        })
        .collect::<Result<Vec<_>, &str>>()?;
    dated.sort_by(|(at, one), (other_at, other)| {
        other_at.cmp(at).then_with(|| other.id.cmp(&one.id))
    });
    Ok(dated.into_iter().map(|(_, deployment)| deployment).collect())
}

pub(crate) fn summary(
    paths: HashMap<String, HashMap<String, types::MethodSnapshot>>,
) -> DeploymentSummary {
    paths
        .into_iter()
        .map(|(path, methods)| {
            let methods = methods
                .into_iter()
                .map(|(method, snapshot)| {
                    (
                        method,
                        MethodSummary {
                            authorization_type: authorization(snapshot.authorization_type),
                            api_key_required: snapshot.api_key_required,
                        },
                    )
                })
                .collect();
            (path, methods)
        })
        .collect()
}

pub(crate) fn resource(item: types::Resource) -> Result<Resource, String> {
    let configured: BTreeMap<_, _> = item
        .resource_methods
        .unwrap_or_default()
        .into_iter()
        .map(|(name, method)| (name, method_configuration(method)))
        .collect();
    Ok(Resource {
        id: item.id.ok_or("a resource has no `id`")?,
        path: item.path.ok_or("a resource has no `path`")?,
        methods: configured.keys().cloned().collect(),
        configured,
    })
}

fn method_configuration(method: types::Method) -> MethodConfiguration {
    MethodConfiguration {
        summary: MethodSummary {
            authorization_type: authorization(method.authorization_type),
            api_key_required: method.api_key_required.unwrap_or(false),
        },
        authorizer_id: method.authorizer_id,
        request_validator_id: method.request_validator_id,
        integration: method.method_integration.map(|integration| IntegrationConfiguration {
            kind: integration.r#type.map(|kind| kind.as_str().to_owned()),
            http_method: integration.http_method,
            uri: integration.uri,
            connection_id: integration.connection_id,
        }),
    }
}

fn authorization(text: Option<String>) -> String {
    text.unwrap_or_else(|| "NONE".to_owned())
}

pub(crate) fn ordered<S: BuildHasher>(map: HashMap<String, String, S>) -> BTreeMap<String, String> {
    map.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HeaderName, StatusCode};
    use aws_sdk_apigateway::primitives::DateTime;

    fn item(name: &str) -> types::builders::GatewayResponseBuilder {
        types::GatewayResponse::builder().response_type(name.into())
    }

    fn text(key: &str) -> String {
        key.to_owned()
    }

    #[test]
    fn inherited_values_are_no_state() {
        let entry = item("THROTTLED")
            .status_code("599")
            .response_parameters("gatewayresponse.header.X", "'inherited'")
            .default_response(true)
            .build();
        let configured = configured(vec![entry]).expect("well-formed");
        assert_eq!(configured.get(ResponseType::Throttled), &Live::Default);
        assert_eq!(configured.responses.len(), 21);
    }

    #[test]
    fn what_sets_no_header_is_kept_apart() {
        let entry = item("THROTTLED")
            .status_code("429")
            .response_parameters("gatewayresponse.header.X-A", "'1'")
            .response_parameters("GatewayResponse.Header.X-B", "'2'")
            .response_parameters("gatewayresponse.path.x", "'3'")
            .response_parameters("gatewayresponse.header.", "'4'")
            .build();
        let configured = configured(vec![entry]).expect("well-formed");
        let live = configured.get(ResponseType::Throttled);
        let headers = &live.customized().expect("customised").headers;
        let names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["X-A"]);
        assert_eq!(
            configured.unknown_parameters[&ResponseType::Throttled]
                .keys()
                .cloned()
                .collect::<Vec<_>>(),
            [
                text("GatewayResponse.Header.X-B"),
                text("gatewayresponse.header."),
                text("gatewayresponse.path.x"),
            ]
        );
    }

    #[test]
    fn statuses_are_settled_or_refused() {
        let of = |entry: types::GatewayResponse| {
            configured(vec![entry]).map(|c| {
                let live = c.responses.into_values().find_map(|live| live.customized().cloned());
                live.expect("one is customised").status.map(StatusCode::get)
            })
        };
        assert_eq!(of(item("DEFAULT_4XX").build()), Ok(None));
        assert_eq!(of(item("THROTTLED").build()), Ok(Some(429)));
        assert_eq!(of(item("THROTTLED").status_code("418").build()), Ok(Some(418)));
        for wrong in ["", "abc", "99", "600", "4e2", "99999999999999999999"] {
            let refused = of(item("THROTTLED").status_code(wrong).build());
            assert!(
                refused.as_ref().is_err_and(|text| text.contains("THROTTLED")),
                "{wrong:?}: {refused:?}"
            );
        }
    }

    #[test]
    fn an_empty_table_of_templates_is_not_an_absent_one() {
        let templates = |entry: types::GatewayResponse| {
            let (live, _) = live(ResponseType::Throttled, parts!(entry)).expect("well-formed");
            live.customized().expect("customised").templates.len()
        };
        assert_eq!(templates(item("THROTTLED").build()), 1);
        let empty = item("THROTTLED").set_response_templates(Some(HashMap::new()));
        assert_eq!(templates(empty.build()), 0);
    }

    #[test]
    fn unknown_types_are_reported() {
        let configured = configured(vec![item("TEAPOT").build()]).expect("well-formed");
        assert_eq!(configured.unknown_types, BTreeSet::from([text("TEAPOT")]));
        assert!(configured.responses.values().all(|l| *l == Live::Default));
    }

    #[test]
    fn policies_are_unescaped() {
        let document = serde_json::json!({"Version": "2012-10-17"});
        assert_eq!(policy(text(r#"{"Version":"2012-10-17"}"#)), document);
        assert_eq!(policy(text(r#"{\"Version\":\"2012-10-17\"}"#)), document);
        assert_eq!(policy(text("?")), serde_json::json!("?"));
    }

    #[test]
    fn deployments_come_newest_first() {
        let at = |id: &str, seconds: f64| {
            types::Deployment::builder()
                .id(id)
                .created_date(DateTime::from_secs_f64(seconds))
                .build()
        };
        let undated = types::Deployment::builder().id("z").build();
        let sorted = deployments(vec![at("a", 1.2), undated, at("b", 1.4), at("c", 1.2)]);
        let ids: Vec<_> =
            sorted.expect("well-formed").into_iter().map(|d| (d.id, d.created_at)).collect();
        assert_eq!(
            ids,
            [(text("b"), Some(1)), (text("c"), Some(1)), (text("a"), Some(1)), (text("z"), None)]
        );
    }

    #[test]
    fn canary_percentages_compare_as_text() {
        let canary = |percent| {
            let settings = types::CanarySettings::builder().percent_traffic(percent);
            pointer(None, Some(settings.build())).canary.map(|c| c.percent_traffic)
        };
        assert_eq!(canary(0.0), Some(text("0")));
        assert_eq!(canary(12.5), Some(text("12.5")));
    }
}
