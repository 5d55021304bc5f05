//! The comparison as tables: one API as an export and as a configuration, and what one
//! edit of either makes of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::change::{Foreign, ForeignChange, ForeignSubject};
use super::compare::{Comparison, foreign_of, ships};
use super::document::ChangeDocument;
use super::exported::{unlisted_in_export, unlisted_routes};
use super::policy::normalized;
use super::sides::{of_configured, of_export};
use crate::model::{Customization, Live, ResponseType};
use crate::state::deployment_note::Journal;
use crate::state::digest::{Digest, of_responses};
use crate::state::export_shows::ExportShows;
use crate::state::observed::{
    Configured, ConfiguredApi, Export, IntegrationConfiguration, MethodConfiguration,
    MethodSummary, Resource, RestApiDetail, Routes, Served, Unread,
};

const LAMBDA: &str = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:\
                      lambda:eu-west-1:123456789012:function:orders/invocations";
const DEPLOYMENT: &str = "dep001";

/// What GetRestApi and GetResources say of the API.
fn configured() -> ConfiguredApi {
    let method = |kind: &str, http_method: Option<&str>, uri: Option<&str>| MethodConfiguration {
        summary: MethodSummary { authorization_type: "NONE".to_owned(), api_key_required: false },
        authorizer_id: None,
        request_validator_id: Some(String::new()),
        integration: Some(IntegrationConfiguration {
            kind: Some(kind.to_owned()),
            http_method: http_method.map(str::to_owned),
            uri: uri.map(str::to_owned),
            connection_id: None,
        }),
    };
    let mut custom = method("AWS_PROXY", Some("POST"), Some(LAMBDA));
    custom.summary.authorization_type = "CUSTOM".to_owned();
    custom.authorizer_id = Some("auth01".to_owned());
    let mut iam = method("HTTP_PROXY", Some("GET"), Some("http://${stageVariables.host}/o"));
    iam.summary =
        MethodSummary { authorization_type: "AWS_IAM".to_owned(), api_key_required: true };
    iam.request_validator_id = Some("val001".to_owned());
    let resource = |path: &str, methods: Vec<(&str, MethodConfiguration)>| Resource {
        id: format!("id{path}"),
        path: path.to_owned(),
        methods: methods.iter().map(|(name, _)| (*name).to_owned()).collect(),
        configured: methods.into_iter().map(|(name, one)| (name.to_owned(), one)).collect(),
    };
    ConfiguredApi {
        detail: RestApiDetail {
            id: "abcde12345".to_owned(),
            name: "orders".to_owned(),
            tags: BTreeMap::new(),
            policy: Some(json!({
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke",
                    "Resource": "arn:aws:execute-api:eu-west-1:123456789012:abcde12345/*",
                }],
            })),
            binary_media_types: BTreeSet::from(["image/png".to_owned(), "a/b".to_owned()]),
            disable_execute_api_endpoint: false,
            endpoint_types: BTreeSet::new(),
        },
        resources: vec![
            resource("/", vec![]),
            resource(
                "/orders",
                vec![
                    ("ANY", custom),
                    ("GET", iam),
                    ("OPTIONS", method("MOCK", Some("OPTIONS"), None)),
                ],
            ),
        ],
    }
}

/// The same API as its stage's export shows it.
fn exported() -> Value {
    json!({
        "openapi": "3.0.1",
        "info": {"title": "orders"},
        "paths": {"/orders": {
            "x-amazon-apigateway-any-method": {
                "responses": {"200": {"description": "200 response", "content": {}}},
                "security": [{"gate": []}],
                "x-amazon-apigateway-integration": {
                    "type": "aws_proxy", "httpMethod": "POST", "uri": LAMBDA,
                    "passthroughBehavior": "when_no_match",
                },
            },
            "get": {
                "security": [{"api_key": []}, {"sigv4": []}],
                "x-amazon-apigateway-auth": {"type": "AWS_IAM"},
                "x-amazon-apigateway-request-validator": "all",
                "x-amazon-apigateway-integration": {
                    "type": "http_proxy", "httpMethod": "GET",
                    "uri": "http://${stageVariables.host}/o",
                },
            },
            "options": {
                "x-amazon-apigateway-integration": {
                    "type": "mock", "requestTemplates": {"application/json": "{}"},
                },
            },
        }},
        "components": {"securitySchemes": {
            "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
            "sigv4": {"type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4"},
            "gate": {
                "type": "apiKey", "x-amazon-apigateway-authtype": "custom",
                "x-amazon-apigateway-authorizer": {"type": "token"},
            },
        }},
        "x-amazon-apigateway-policy": {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["execute-api:Invoke"],
                "Resource": ["execute-api:/*"],
            },
        },
        "x-amazon-apigateway-binary-media-types": ["a/b", "image/png"],
    })
}

fn export(rest: Value) -> Export {
    Export {
        responses: BTreeMap::new(),
        without_templates: BTreeSet::new(),
        unknown_types: BTreeSet::new(),
        unknown_parameters: BTreeMap::new(),
        rest,
        endpoint_disabled: false,
    }
}

/// One comparison; what is not set is as deployed and unchanged since.
struct Case {
    configured: ConfiguredApi,
    served: Served,
    responses: Configured,
    deployed: ConfiguredApi,
    journal: Option<Journal>,
    shows: ExportShows,
}

impl Case {
    fn new() -> Self {
        Self {
            configured: configured(),
            served: Served::Exported(export(exported())),
            responses: Configured::default(),
            deployed: configured(),
            journal: None,
            shows: ExportShows::Unproven,
        }
    }

    fn routes(&self) -> Routes {
        Routes {
            configured: Ok(self.configured.clone()),
            deployed: BTreeMap::from([(DEPLOYMENT.to_owned(), Ok(self.deployed.summary()))]),
        }
    }

    fn foreign(&self) -> Foreign {
        let routes = self.routes();
        let comparison = Comparison {
            undone: None,
            routes: &routes,
            configured: &self.responses,
            served: &self.served,
            deployment: Some(DEPLOYMENT),
            journal: self.journal.as_ref(),
            export_shows: self.shows,
        };
        foreign_of(&comparison, |response_type| response_type == ResponseType::Throttled)
    }

    /// As gwr would have written it with its deployment of what is now `self`.
    fn remembered(&self) -> Journal {
        let managed = |response_type| response_type == ResponseType::Throttled;
        let ships = ships(&self.routes(), &self.responses.responses, managed).expect("read");
        Journal {
            digest: of_responses([]),
            run: "0a1b".to_owned(),
            export: self.shows,
            previous: Vec::new(),
            message: ships.note("ticket"),
        }
    }
}

fn described(foreign: &Foreign) -> Vec<String> {
    let documents = foreign.changes().iter().cloned().map(ChangeDocument::from);
    documents.map(|ChangeDocument { what, place, .. }| format!("{what} @ {place}")).collect()
}

fn route<'a>(api: &'a mut ConfiguredApi, method: &str) -> &'a mut MethodConfiguration {
    api.resources[1].configured.get_mut(method).expect("a method")
}

#[test]
fn an_api_that_was_deployed_and_not_changed_since_shows_nothing() {
    assert_eq!(described(&Case::new().foreign()), [""; 0]);
}

#[test]
fn lists_each_edit_with_its_place() {
    type Edit = fn(&mut ConfiguredApi);
    let table: [(Edit, &[&str]); 11] = [
        (
            |api| {
                api.resources[0].methods.insert("GET".to_owned());
                let new = MethodConfiguration::default();
                api.resources[0].configured.insert("GET".to_owned(), new);
            },
            &["route added @ GET /"],
        ),
        (
            |api| {
                api.resources[1].methods.remove("GET");
                api.resources[1].configured.remove("GET");
            },
            &["route removed @ GET /orders"],
        ),
        (
            |api| "NONE".clone_into(&mut route(api, "GET").summary.authorization_type),
            &["authorization changed @ GET /orders"],
        ),
        (
            |api| route(api, "GET").summary.api_key_required = false,
            &["API key changed @ GET /orders"],
        ),
        (
            |api| route(api, "GET").request_validator_id = None,
            &["request validator removed @ GET /orders"],
        ),
        (
            |api| route(api, "ANY").request_validator_id = Some("val001".to_owned()),
            &["request validator added @ ANY /orders"],
        ),
        (
            |api| {
                let integration = route(api, "ANY").integration.as_mut().expect("one");
                integration.uri = Some("http://elsewhere".to_owned());
                integration.kind = Some("HTTP_PROXY".to_owned());
                integration.http_method = Some("ANY".to_owned());
            },
            &[
                "integration method changed @ ANY /orders",
                "integration type changed @ ANY /orders",
                "integration uri changed @ ANY /orders",
            ],
        ),
        (
            |api| {
                let integration = route(api, "OPTIONS").integration.as_mut().expect("one");
                integration.uri = Some("http://a mock leads nowhere".to_owned());
            },
            &[],
        ),
        (|api| api.detail.policy = None, &["resource policy removed @ the API"]),
        (
            |api| api.detail.disable_execute_api_endpoint = true,
            &["default endpoint changed @ the API"],
        ),
        (
            |api| api.detail.binary_media_types = BTreeSet::from(["image/gif".to_owned()]),
            &[
                "binary media type added @ the API",
                "binary media type removed @ the API",
                "binary media type removed @ the API",
            ],
        ),
    ];
    for (edit, wanted) in table {
        let mut case = Case::new();
        edit(&mut case.configured);
        assert_eq!(described(&case.foreign()), wanted);
    }
}

#[test]
fn lists_an_authorizer_that_differs_from_that_of_other_routes() {
    let two = |id: &str| {
        let mut case = Case::new();
        for api in [&mut case.configured, &mut case.deployed] {
            let any = route(api, "ANY").clone();
            for method in ["POST", "PUT"] {
                api.resources[1].methods.insert(method.to_owned());
                api.resources[1].configured.insert(method.to_owned(), any.clone());
            }
        }
        let mut rest = exported();
        let any = rest["paths"]["/orders"]["x-amazon-apigateway-any-method"].clone();
        rest["paths"]["/orders"]["post"] = any.clone();
        rest["paths"]["/orders"]["put"] = any;
        case.served = Served::Exported(export(rest));
        route(&mut case.configured, "POST").authorizer_id = Some(id.to_owned());
        case.foreign()
    };
    assert_eq!(described(&two("auth01")), [""; 0]);
    assert_eq!(described(&two("auth02")), ["authorizer changed @ POST /orders"]);
}

#[test]
fn unmanaged_responses_are_foreign_and_managed_ones_are_not() {
    let custom = Live::Customized(Customization::default().settle(ResponseType::WafFiltered));
    let mut case = Case::new();
    case.responses.responses.insert(ResponseType::Throttled, custom.clone());
    assert_eq!(described(&case.foreign()), [""; 0]);
    case.responses.responses.insert(ResponseType::WafFiltered, custom);
    assert_eq!(described(&case.foreign()), ["gateway response added @ WAF_FILTERED"]);
}

#[test]
fn what_cannot_be_compared_is_named_and_counts() {
    let call = "GetExport: access denied".to_owned();
    let unreadable = Served::Unreadable(Unread { call, why: "403".to_owned(), hint: None });
    let mut case = Case { served: unreadable.clone(), ..Case::new() };
    let foreign = case.foreign();
    assert_eq!(foreign.changes().len(), 2, "{foreign:?}");
    assert!(foreign.changes().iter().all(|change| change.edit().is_none()));

    // gwr's own deployment of the same is remembered, under a mirror too.
    case.journal = Some(case.remembered());
    assert_eq!(described(&case.foreign()), [""; 0]);
    case.served = Case::new().served;
    case.shows = ExportShows::Mirror;
    assert_eq!(described(&case.foreign()), [""; 0]);

    // Then another client changes the API, and the mirror shows it on both sides.
    let uri = Some("http://elsewhere".to_owned());
    route(&mut case.configured, "GET").integration.as_mut().expect("one").uri = uri;
    let mut rest = exported();
    rest["paths"]["/orders"]["get"]["x-amazon-apigateway-integration"]["uri"] =
        json!("http://elsewhere");
    case.served = Served::Exported(export(rest));
    for shows in [ExportShows::Mirror, ExportShows::Unproven, ExportShows::Snapshot] {
        case.shows = shows;
        let foreign = case.foreign();
        assert_eq!(foreign.changes().len(), 1, "{shows:?} {foreign:?}");
        assert_eq!(foreign.changes()[0].edit(), None);
    }
}

#[test]
fn an_export_that_shows_other_routes_than_configured_is_not_a_mirror() {
    let mut case = Case { shows: ExportShows::Mirror, ..Case::new() };
    case.configured.resources[1].methods.remove("OPTIONS");
    case.configured.resources[1].configured.remove("OPTIONS");
    let uri = Some("http://elsewhere".to_owned());
    route(&mut case.configured, "GET").integration.as_mut().expect("one").uri = uri;
    assert_eq!(
        described(&case.foreign())[..2],
        ["integration uri changed @ GET /orders", "route removed @ OPTIONS /orders"]
    );
}

#[test]
fn an_export_of_another_deployment_proves_nothing() {
    let mut case = Case::new();
    case.deployed.resources[1].methods.remove("OPTIONS");
    case.deployed.resources[1].configured.remove("OPTIONS");
    let foreign = case.foreign();
    assert_eq!(described(&foreign)[..1], ["route added @ OPTIONS /orders"]);
    assert_eq!(foreign.changes()[1].edit(), None);
}

#[test]
fn the_list_is_sorted_and_its_digest_is_of_its_ids() {
    let change = |place: &str| ForeignChange::added(ForeignSubject::Route, Some(place), json!({}));
    let one = Foreign::new(vec![change("GET /b"), change("GET /a"), change("GET /b")]);
    assert_eq!(described(&one), ["route added @ GET /a", "route added @ GET /b"]);
    assert_eq!(one, Foreign::new(vec![change("GET /a"), change("GET /b")]));
    let id =
        |place: &str| json!({"subject": "route", "change": "added", "place": place, "after": {}});
    assert_eq!(*one.digest(), Digest::of(&json!([id("GET /a"), id("GET /b")])));
}

#[test]
fn policies_that_mean_the_same_are_the_same() {
    let policy = |statement: Value| normalized(&json!({"Statement": statement}));
    let one = json!([{"Action": "a", "Resource": ["execute-api:/b", "execute-api:/a"]}]);
    let other = json!({"Action": ["a"], "Resource": [
        "arn:aws-cn:execute-api:cn-north-1:123456789012:abcde12345/a", "execute-api:/b",
    ]});
    assert_eq!(policy(one.clone()), policy(other));
    assert_eq!(normalized(&json!(json!({"Statement": one}).to_string())), policy(one));
    assert_ne!(policy(json!({"Effect": "Allow"})), policy(json!({"Effect": "Deny"})));
    assert_eq!(normalized(&json!("no policy")), json!("no policy"));
}

#[test]
fn a_new_deployment_holds_only_what_was_listed() {
    let served = configured().summary();
    let mut listed = configured();
    route(&mut listed, "GET").summary.api_key_required = false;
    let mut late = listed.clone();
    "NONE".clone_into(&mut route(&mut late, "ANY").summary.authorization_type);
    let unlisted = |served, new: &ConfiguredApi| {
        described(&unlisted_routes(served, &listed.summary(), &new.summary()))
    };
    assert_eq!(unlisted(Some(&served), &listed), [""; 0]);
    assert_eq!(unlisted(Some(&served), &late), ["authorization changed @ ANY /orders"]);
    assert_eq!(unlisted(None, &late), ["authorization changed @ ANY /orders"]);
    // A change that was reverted meanwhile is not shipped.
    assert_eq!(unlisted(Some(&served), &configured()), [""; 0]);
}

#[test]
fn an_export_after_the_move_shows_only_what_was_listed() {
    type Edit = fn(&mut Value);
    let table: [(Edit, &[&str]); 8] = [
        (|_| {}, &[]),
        (
            |rest| {
                rest["paths"]["/orders"]["get"]["x-amazon-apigateway-integration"]["uri"] =
                    json!("http://listed");
            },
            &[],
        ),
        (
            |rest| {
                rest["paths"]["/orders"]["get"]["x-amazon-apigateway-integration"]["uri"] =
                    json!("http://changed again");
            },
            &["integration uri changed @ GET /orders"],
        ),
        (
            |rest| {
                rest["paths"]["/orders"]["get"]["x-amazon-apigateway-integration"]["timeoutInMillis"] =
                    json!(50);
            },
            &["integration timeoutInMillis changed @ GET /orders"],
        ),
        (|rest| rest["paths"]["/new"]["get"] = json!({}), &["route added @ GET /new"]),
        (
            |rest| rest["components"]["schemas"]["Order"] = json!({"type": "object"}),
            &["model added @ Order"],
        ),
        (
            |rest| rest["x-amazon-apigateway-minimum-compression-size"] = json!(1),
            &["x-amazon-apigateway-minimum-compression-size added @ the API"],
        ),
        (
            |rest| {
                rest["paths"]["/orders"]["get"]["security"] = json!([]);
                rest["x-amazon-apigateway-policy"]["Version"] = json!("1999");
            },
            &["authorization changed @ GET /orders", "resource policy changed @ the API"],
        ),
    ];
    let listed = Foreign::new(vec![ForeignChange::changed(
        ForeignSubject::IntegrationUri,
        Some("GET /orders"),
        json!("http://${stageVariables.host}/o"),
        json!("http://listed"),
    )]);
    for (edit, wanted) in table {
        let mut after = exported();
        edit(&mut after);
        let found = unlisted_in_export(&export(exported()), &export(after), &listed);
        assert_eq!(described(&found), wanted);
    }
}

#[test]
fn what_comes_with_a_listed_route_is_listed() {
    let mut after = exported();
    after["paths"]["/new"]["get"] = json!({"security": [{"new": []}]});
    after["components"]["schemas"] = json!({"New": {}});
    after["components"]["securitySchemes"]["new"] = json!({});
    let listed = Foreign::new(vec![ForeignChange::added(
        ForeignSubject::Route,
        Some("GET /new"),
        json!({}),
    )]);
    let found = unlisted_in_export(&export(exported()), &export(after), &listed);
    assert_eq!(described(&found), [""; 0]);
}

#[test]
fn both_sides_of_the_sample_are_one_view() {
    let (mut served, mut live) = (of_export(&export(exported())), of_configured(&configured()));
    for view in [&mut served, &mut live] {
        for route in view.routes.values_mut() {
            // Names on one side, ids on the other.
            route.authorizer = route.authorizer.take().map(|_| String::new());
            route.validator = route.validator.take().map(|_| String::new());
        }
    }
    assert_eq!(served, live);
}
