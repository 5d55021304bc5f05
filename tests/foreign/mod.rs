//! Undeployed work of others, and canaries: the binary against the sandbox, under each
//! way in which an export may show what it shows.

mod canary;
mod mirror;
mod unread;
mod written;

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::binary::{self, Run};
use crate::support::server::Server;

const EXPORTS: [&str; 3] = ["export=snapshot", "export=mirror", "export=mirror-all"];

const LAMBDA: &str = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:\
                      lambda:us-east-1:123456789012:function:orders/invocations";

/// A sandbox with one API, and a folder with a file for it.
struct Scene {
    server: Server,
    folder: TempDir,
    api: String,
}

impl Scene {
    /// With an API made by hand: MOCK, HTTP and Lambda methods, deployed to `prod`.
    fn by_hand(quirks: &[&str]) -> Self {
        let server = Server::start(quirks, &[]);
        let api = text(&server.done("POST", "/restapis", &json!({"name": "orders"})), "id");
        let scene = Self::of(server, api);
        scene.method("/orders", "GET", "MOCK", "NONE", None);
        scene.method("/orders", "POST", "HTTP_PROXY", "AWS_IAM", Some("http://old.example/o"));
        scene.method("/orders", "ANY", "AWS_PROXY", "NONE", Some(LAMBDA));
        scene.deploy();
        scene
    }

    fn of(server: Server, api: String) -> Self {
        let scene = Self { server, folder: tempfile::tempdir().expect("a folder"), api };
        scene.write("2", "");
        scene
    }

    /// The file: one header, and whatever else.
    fn write(&self, retry_after: &str, settings: &str) {
        let text = format!(
            "version = 1\n[accounts.main]\nregion = \"us-east-1\"\nquota_share = 1.0\n\
             deploy_interval = 0.05\n[apis.orders]\naccount = \"main\"\nmatch = {{ id = {:?} }}\n\
             stages = [\"prod\"]\n{settings}\n[apis.orders.responses.THROTTLED]\n\
             headers.Retry-After = {retry_after:?}\n",
            self.api
        );
        std::fs::write(self.folder.path().join("gwr.toml"), text).expect("a file");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let endpoint = ["--endpoint-url", self.server.url()];
        binary::command(self.folder.path(), &[arguments, &endpoint].concat())
    }

    fn gwr(&self, arguments: &[&str]) -> Run {
        binary::wait(self.command(arguments).spawn().expect("the binary runs"))
    }

    /// The first apply to an API that others deployed. Where it finds out that exports mirror
    /// the configuration, what could not be compared is accepted.
    fn first_apply(&self, arguments: &[&str]) {
        let apply = [&["apply", "--yes"], arguments].concat();
        let run = self.gwr(&apply);
        if run.code == Some(3) && run.stdout.contains("exports show the configuration here") {
            let digest = asked_for(&run.stdout);
            self.gwr(&[&apply[..], &["--accept-foreign", &digest]].concat()).exits(0);
        } else {
            run.exits(0);
        }
    }

    /// The plan of the stage, as the document tells it.
    fn stage(&self) -> Value {
        let run = self.gwr(&["plan", "-o", "json"]);
        // 3 where something could not be read.
        assert!(matches!(run.code, Some(0 | 3)), "{run}");
        let plan: Value = serde_json::from_str(&run.stdout).expect("a document");
        plan["apis"][0]["stages"][0].clone()
    }

    /// `what @ where` of each foreign change.
    fn foreign(&self) -> Vec<String> {
        let stage = self.stage();
        assert_eq!(stage["action"], "deploy", "{stage}");
        assert!(stage["foreign_digest"].is_string(), "{stage}");
        let changes = stage["foreign_changes"].as_array().expect("a list").iter();
        changes.map(|one| format!("{} @ {}", text(one, "what"), text(one, "where"))).collect()
    }

    fn path(&self, rest: &str) -> String {
        format!("/restapis/{}{rest}", self.api)
    }

    fn resource(&self, path: &str) -> String {
        let all = self.server.done("GET", &self.path("/resources"), &Value::Null);
        let all = all["item"].as_array().expect("a list").clone();
        let id = |path: &str| all.iter().find(|one| one["path"] == path).map(|one| text(one, "id"));
        id(path).unwrap_or_else(|| {
            let root = self.path(&format!("/resources/{}", id("/").expect("a root")));
            text(&self.server.done("POST", &root, &json!({"pathPart": &path[1..]})), "id")
        })
    }

    fn method_path(&self, path: &str, verb: &str) -> String {
        self.path(&format!("/resources/{}/methods/{verb}", self.resource(path)))
    }

    fn method(&self, path: &str, verb: &str, kind: &str, auth: &str, uri: Option<&str>) {
        let method = self.method_path(path, verb);
        self.server.done("PUT", &method, &json!({"authorizationType": auth}));
        self.server.done("PUT", &format!("{method}/responses/200"), &json!({}));
        let integration = match uri {
            None => json!({"type": kind, "requestTemplates": {"application/json": "{}"}}),
            Some(uri) => json!({"type": kind, "httpMethod": "POST", "uri": uri}),
        };
        self.server.done("PUT", &format!("{method}/integration"), &integration);
    }

    fn patch(&self, path: &str, operations: &Value) {
        self.server.done("PATCH", path, &json!({"patchOperations": operations}));
    }

    fn change_uri(&self) {
        let path = self.method_path("/orders", "POST") + "/integration";
        self.patch(&path, &replace("/uri", "http://new.example/o"));
    }

    fn deploy(&self) -> String {
        let made =
            self.server.done("POST", &self.path("/deployments"), &json!({"stageName": "prod"}));
        text(&made, "id")
    }

    fn writes(&self) -> usize {
        let rows = self.server.calls();
        rows.iter().filter(|row| !row.operation.starts_with("Get")).count()
    }

    /// Applies, and works on the API while one of gwr's calls is held up.
    fn apply_while(&self, operation: &str, arguments: &[&str], work: impl Fn(&Self)) -> Run {
        self.server.faults(&json!([
            {"operation": operation, "kind": "delay", "hold_s": 1.5, "count": 1},
        ]));
        let command = [&["apply", "--yes"], arguments].concat();
        let running = self.command(&command).spawn().expect("the binary runs");
        let begun = Instant::now();
        while !self.is_held() {
            assert!(begun.elapsed() < Duration::from_secs(30), "{operation} never came");
            std::thread::sleep(Duration::from_millis(20));
        }
        work(self);
        let run = binary::wait(running);
        self.server.faults(&json!([]));
        run
    }

    fn is_held(&self) -> bool {
        let faults = self.server.done("GET", "/_sandbox/faults", &Value::Null);
        faults["faults"][0]["seen"].as_u64() > Some(0)
    }
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}")).to_owned()
}

/// The digest that a message asks to accept.
fn asked_for(text: &str) -> String {
    let (_, rest) = text.split_once("--accept-foreign ").expect("a way out");
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == ':').collect()
}

fn replace(path: &str, value: &str) -> Value {
    json!([{"op": "replace", "path": path, "value": value}])
}

fn accepts(stage: &Value) -> String {
    text(stage, "foreign_digest")
}

type Work = fn(&Scene);

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",
    "Action":"execute-api:Invoke","Resource":"execute-api:/*"}]}"#;

#[test]
fn work_that_others_left_undeployed_is_refused_and_can_be_accepted() {
    let add_route: Work = |scene| scene.method("/new", "GET", "MOCK", "NONE", None);
    let change_authorization: Work = |scene| {
        let path = scene.method_path("/orders", "GET");
        scene.patch(&path, &replace("/authorizationType", "AWS_IAM"));
    };
    let require_key: Work = |scene| {
        let path = scene.method_path("/orders", "GET");
        scene.patch(&path, &replace("/apiKeyRequired", "true"));
    };
    let customise: Work = |scene| {
        scene.server.put(&scene.api, "WAF_FILTERED", &json!({"statusCode": "418"}));
    };
    let set_policy: Work = |scene| scene.patch(&scene.path(""), &replace("/policy", POLICY));
    let disable: Work =
        |scene| scene.patch(&scene.path(""), &replace("/disableExecuteApiEndpoint", "true"));
    // What is done, what is told of it, and under which exports that can be seen while
    // nobody knows yet what exports show.
    let table: [(Work, &str, &[&str]); 7] = [
        (add_route, "route added @ GET /new", &EXPORTS),
        (change_authorization, "authorization changed @ GET /orders", &EXPORTS),
        (require_key, "API key changed @ GET /orders", &EXPORTS),
        (Scene::change_uri, "integration uri changed @ POST /orders", &EXPORTS[..2]),
        (set_policy, "resource policy added @ the API", &EXPORTS[..2]),
        (disable, "default endpoint changed @ the API", &EXPORTS[..2]),
        (customise, "gateway response added @ WAF_FILTERED", &EXPORTS[..1]),
    ];
    for (work, told, exports) in table {
        for export in exports {
            let scene = Scene::by_hand(&[export]);
            work(&scene);
            let foreign = scene.foreign();
            assert!(foreign.contains(&told.to_owned()), "{export}: {foreign:?} lacks {told}");
            if *export != "export=mirror-all" {
                assert_eq!(foreign, [told], "{export}");
            }
            let before = scene.writes();
            scene.gwr(&["apply", "--yes"]).exits(4).tells("--accept-foreign sha256:");
            let wrong = format!("sha256:{}", "0".repeat(64));
            scene.gwr(&["apply", "--yes", "--accept-foreign", &wrong]).exits(4);
            assert_eq!(scene.writes(), before, "{export}: {told}");
            scene.first_apply(&["--accept-foreign", &accepts(&scene.stage())]);
            // gwr's own deployment is remembered, also where exports prove nothing.
            scene.write("3", "");
            assert_eq!(scene.foreign(), [""; 0], "{export}: {told}");
            scene.gwr(&["apply", "--yes"]).exits(0);
        }
    }
}

#[test]
fn the_file_decides_what_becomes_of_it() {
    for policy in ["warn", "allow"] {
        let scene = Scene::by_hand(&[]);
        scene.change_uri();
        scene.write("2", &format!("foreign_changes = {policy:?}"));
        let run = scene.gwr(&["apply", "--yes"]);
        run.exits(0);
        assert!(run.stdout.contains("http://old.example/o → http://new.example/o"), "{run}");
        assert!(run.stdout.contains(&format!("foreign_changes = {policy:?}")), "{run}");
    }
}

#[test]
fn under_a_mirror_what_others_do_after_gwr_is_seen_as_far_as_can_be() {
    for export in &EXPORTS[1..] {
        let scene = Scene::by_hand(&[export]);
        scene.first_apply(&[]);
        scene.write("3", "");
        assert_eq!(scene.foreign(), [""; 0], "{export}");
        scene.change_uri();
        scene.server.put(&scene.api, "WAF_FILTERED", &json!({"statusCode": "418"}));
        let foreign = scene.foreign();
        assert_eq!(foreign.len(), 2, "{foreign:?}");
        assert!(foreign.iter().all(|one| one.starts_with("not compared @ ")), "{foreign:?}");
        scene.gwr(&["apply", "--yes"]).exits(4).tells("not compared");

        // Others deploy: nobody can tell what they deployed, until gwr does once more.
        scene.deploy();
        let foreign = scene.foreign();
        assert!(foreign.iter().all(|one| one.starts_with("not compared @ ")), "{foreign:?}");
        let digest = accepts(&scene.stage());
        scene.gwr(&["apply", "--yes", "--accept-foreign", &digest]).exits(0);
        scene.write("4", "");
        assert_eq!(scene.foreign(), [""; 0], "{export}");
    }
}

/// An API as OpenAPI describes it: authorizer, API key, validator, models, CORS, policy.
fn document() -> Value {
    let response = json!({"200": {"description": "ok", "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/Order"}},
    }}});
    json!({
        "openapi": "3.0.1",
        "info": {"title": "orders", "version": "1.0.0", "description": "Orders"},
        "paths": {
            "/orders/{id}": {
                "get": {
                    "operationId": "getOrder",
                    "parameters": [
                        {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
                        {"name": "q", "in": "query", "schema": {"type": "string"}},
                    ],
                    "responses": response,
                    "security": [{"gate": []}, {"api_key": []}],
                    "x-amazon-apigateway-request-validator": "all",
                    "x-amazon-apigateway-integration": {
                        "type": "http_proxy", "httpMethod": "get",
                        "uri": "http://${stageVariables.host}/orders/{id}",
                        "requestParameters": {
                            "integration.request.path.id": "method.request.path.id",
                        },
                        "responses": {"default": {"statusCode": "200"}},
                    },
                },
                "options": {
                    "responses": {"200": {"description": "ok", "headers": {
                        "Access-Control-Allow-Origin": {"schema": {"type": "string"}},
                    }}},
                    "x-amazon-apigateway-integration": {
                        "type": "mock",
                        "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
                        "responses": {"default": {"statusCode": "200", "responseParameters": {
                            "method.response.header.Access-Control-Allow-Origin": "'*'",
                        }}},
                    },
                },
            },
            "/{proxy+}": {"x-amazon-apigateway-any-method": {
                "x-amazon-apigateway-auth": {"type": "AWS_IAM"},
                "x-amazon-apigateway-integration": {
                    "type": "aws_proxy", "httpMethod": "POST", "uri": LAMBDA,
                },
            }},
        },
        "components": {
            "schemas": {"Order": {"type": "object"}},
            "securitySchemes": {
                "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
                "gate": {
                    "type": "apiKey", "name": "Authorization", "in": "header",
                    "x-amazon-apigateway-authtype": "custom",
                    "x-amazon-apigateway-authorizer": {
                        "type": "token", "authorizerUri": LAMBDA,
                    },
                },
            },
        },
        "x-amazon-apigateway-request-validators": {
            "all": {"validateRequestBody": true, "validateRequestParameters": true},
        },
        "x-amazon-apigateway-binary-media-types": ["image/png", "application/pdf"],
        "x-amazon-apigateway-gateway-responses": {
            "DEFAULT_4XX": {"responseParameters": {"gatewayresponse.header.X-T": "'1'"}},
            "INTEGRATION_FAILURE": {"responseTemplates": {"application/json": "{}"}},
        },
        "x-amazon-apigateway-policy": {
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke",
                "Resource": "execute-api:/*",
            }],
        },
    })
}

fn imported(quirks: &[&str]) -> Scene {
    let server = Server::start(quirks, &[]);
    let api = text(&server.done("POST", "/restapis?mode=import", &document()), "id");
    let scene = Scene::of(server, api);
    scene.deploy();
    scene
}

fn put_over(quirks: &[&str]) -> Scene {
    let scene = Scene::by_hand(quirks);
    let path = scene.path("?mode=overwrite");
    scene.server.done("PUT", &path, &document());
    scene.deploy();
    scene
}

/// As Terraform's provider makes one: every member sent, empty ones too.
fn terraform(quirks: &[&str]) -> Scene {
    let server = Server::start(quirks, &[]);
    let api = json!({
        "name": "orders", "description": "Managed by Terraform", "apiKeySource": "HEADER",
        "binaryMediaTypes": ["*/*"], "disableExecuteApiEndpoint": true,
        "endpointConfiguration": {"types": ["REGIONAL"]},
        "policy": POLICY,
    });
    let api = text(&server.done("POST", "/restapis", &api), "id");
    let scene = Scene::of(server, api);
    let done = |path: &str, body: &Value| scene.server.done("POST", &scene.path(path), body);
    let validator = json!({"name": "body", "validateRequestBody": true});
    let validator = text(&done("/requestvalidators", &validator), "id");
    let authorizer = json!({
        "name": "gate", "type": "TOKEN", "authorizerUri": LAMBDA,
        "identitySource": "method.request.header.Authorization",
    });
    let authorizer = text(&done("/authorizers", &authorizer), "id");
    for verb in ["GET", "POST", "PUT"] {
        let method = scene.method_path("/orders", verb);
        let body = json!({
            "authorizationType": "CUSTOM", "authorizerId": authorizer, "apiKeyRequired": true,
            "requestValidatorId": validator, "requestModels": {}, "requestParameters": {},
        });
        scene.server.done("PUT", &method, &body);
        let integration = json!({
            "type": "AWS_PROXY", "httpMethod": "POST", "uri": LAMBDA, "requestParameters": {},
            "requestTemplates": {}, "timeoutInMillis": 29000, "cacheKeyParameters": [],
            "connectionType": "INTERNET", "passthroughBehavior": "WHEN_NO_MATCH",
        });
        scene.server.done("PUT", &format!("{method}/integration"), &integration);
    }
    let made = text(&done("/deployments", &json!({"description": "Terraform"})), "id");
    done(
        "/stages",
        &json!({"stageName": "prod", "deploymentId": made, "variables": {"host": "h"}}),
    );
    scene
}

#[test]
fn an_api_that_was_deployed_and_left_alone_shows_nothing() {
    type Make = fn(&[&str]) -> Scene;
    let makers: [Make; 4] = [Scene::by_hand, imported, put_over, terraform];
    for make in makers {
        for export in EXPORTS {
            for others in [&["export-status=resolved", "export-templates=resolved"][..], &[]] {
                let scene = make(&[&[export], others].concat());
                assert_eq!(scene.foreign(), [""; 0], "{export} {others:?}");
                scene.first_apply(&[]);
                scene.gwr(&["plan", "--detailed-exitcode"]).exits(0);
                scene.write("3", "");
                assert_eq!(scene.foreign(), [""; 0], "{export} {others:?}");
            }
        }
    }
}

#[test]
fn another_authorizer_and_another_validator_are_seen() {
    let scene = terraform(&[]);
    let other = json!({"name": "other", "type": "TOKEN", "authorizerUri": LAMBDA,
        "identitySource": "method.request.header.Authorization"});
    let other = text(&scene.server.done("POST", &scene.path("/authorizers"), &other), "id");
    let path = scene.method_path("/orders", "POST");
    scene.patch(&path, &replace("/authorizerId", &other));
    scene.patch(&path, &replace("/requestValidatorId", ""));
    assert_eq!(
        scene.foreign(),
        ["authorizer changed @ POST /orders", "request validator removed @ POST /orders"]
    );
}

#[test]
fn what_comes_between_plan_and_deployment_is_not_served() {
    for export in EXPORTS {
        for held in ["UpdateGatewayResponse", "CreateDeployment"] {
            let scene = Scene::by_hand(&[export]);
            scene.first_apply(&[]);
            scene.write("3", "");
            let before = scene.server.pointer(&scene.api, "prod");
            let deployments = scene.server.deployments(&scene.api).len();
            let moves = || {
                let calls = scene.server.calls();
                calls.iter().filter(|row| row.operation == "UpdateStage").count()
            };
            let moved = moves();
            let run = scene.apply_while(held, &[], |scene| {
                scene.method("/new", "GET", "MOCK", "NONE", None);
            });
            run.exits(3);
            assert!(run.stdout.contains("+ route GET /new"), "{run}");
            assert_eq!(scene.server.pointer(&scene.api, "prod"), before);
            assert_eq!(scene.server.deployments(&scene.api).len(), deployments, "{run}");
            assert_eq!(moves(), moved, "nothing was moved");
            let digest = accepts(&scene.stage());
            scene.gwr(&["apply", "--yes", "--accept-foreign", &digest]).exits(0);
        }
    }
}

#[test]
fn what_only_an_export_shows_moves_the_stage_back() {
    let change_timeout: Work = |scene| {
        let path = scene.method_path("/orders", "POST") + "/integration";
        scene.patch(&path, &replace("/timeoutInMillis", "1000"));
    };
    for (work, told) in [
        (Scene::change_uri as Work, "~ integration uri POST /orders"),
        (change_timeout, "~ integration timeoutInMillis POST /orders"),
    ] {
        for export in EXPORTS {
            let scene = Scene::by_hand(&[export]);
            scene.first_apply(&[]);
            scene.write("3", "");
            let before = scene.server.pointer(&scene.api, "prod");
            let run = scene.apply_while("CreateDeployment", &[], work);
            run.exits(3);
            assert!(run.stdout.contains(told), "{export}: {run}");
            assert!(run.stdout.contains("moved back"), "{export}: {run}");
            assert_eq!(scene.server.pointer(&scene.api, "prod"), before, "{export}");
        }
    }
    // What no plan can list has a digest of its own.
    let scene = Scene::by_hand(&[]);
    change_timeout(&scene);
    assert_eq!(scene.foreign(), [""; 0]);
    let run = scene.gwr(&["apply", "--yes"]);
    run.exits(3);
    let digest = run.stdout.split("--accept-foreign ").nth(1).expect("a way on").trim();
    let digest = digest.split_whitespace().next().expect("a digest");
    scene.gwr(&["apply", "--yes", "--accept-foreign", digest]).exits(0);
    assert_eq!(scene.foreign_or_nothing(), Value::Null);
}

/// What no summary shows is told by exports alone: where there is none any more after the
/// move, nobody can tell, and that counts as work of others.
#[test]
fn an_export_that_is_gone_after_the_move_is_not_taken_for_good() {
    let scene = Scene::by_hand(&[]);
    scene.gwr(&["apply", "--yes"]).exits(0);
    scene.write("3", "");
    let denied = json!([{"operation": "GetExport", "kind": "403", "nth": 2, "count": null}]);
    scene.server.faults(&denied);
    let pointed = scene.server.pointer(&scene.api, "prod");
    let run = scene.gwr(&["apply", "--yes"]);
    assert!(run.exits(3).stdout.contains("and was moved back at once"), "{run}");
    assert!(run.stdout.contains("undeployed work of others may have come along"), "{run}");
    assert_eq!(scene.server.pointer(&scene.api, "prod"), pointed, "{run}");
}

impl Scene {
    fn foreign_or_nothing(&self) -> Value {
        self.stage()["foreign_changes"].as_array().and_then(|list| list.first().cloned()).into()
    }
}

#[test]
fn the_dearer_reads_are_made_only_where_a_deployment_is_planned() {
    let scene = Scene::by_hand(&[]);
    scene.gwr(&["apply", "--yes"]).exits(0);
    let reads = |scene: &Scene| {
        let rows = scene.server.calls();
        let dear = ["GetRestApi", "GetResources", "GetDeployment"];
        rows.iter().filter(|row| dear.contains(&row.operation.as_str())).count()
    };
    let before = reads(&scene);
    scene.gwr(&["plan"]).exits(0);
    scene.write("3", "");
    scene.gwr(&["plan", "--skip-served"]).exits(0);
    assert_eq!(reads(&scene), before);
    scene.gwr(&["plan"]).exits(0);
    assert_eq!(reads(&scene), before + 3);
}
