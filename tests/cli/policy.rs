//! `gwr policy`: enough for its verb, and nothing in it that the verb can do without.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};

use super::*;

/// A file with one type of each kind: patched, put, and reset.
fn file(matching: &str) -> String {
    format!(
        "version = 1\n[apis.orders]\nmatch = {matching}\nstages = [\"prod\"]\n\
         responses.ACCESS_DENIED.status = 404\nresponses.UNAUTHORIZED = {{}}\n\
         responses.THROTTLED.reset = true\n"
    )
}

const BY_ID: &str = "{ id = \"abcde12345\" }";
const BY_NAME: &str = "{ name = \"orders\" }";

impl Place {
    /// The policy for a verb; what is said of it beside.
    fn policy(&self, verb: &str, more: &[&str]) -> (Value, String) {
        let run = self.run(&[&["policy", verb], more].concat());
        run.exits(0);
        (serde_json::from_str(&run.stdout).expect("JSON"), run.stderr)
    }

    fn enforce(&self, policy: &Value) {
        self.server.done("POST", "/_sandbox/policy", policy);
    }
}

/// A server with one type that is to be reset, deployed; nothing else.
fn place(file: &str) -> Place {
    let place = Place::new(file);
    place.server.put(API, "THROTTLED", &json!({"statusCode": "420"}));
    place.server.deploy(API, &["prod"]);
    place
}

/// A policy that forbids nothing, for what others do.
fn everything() -> Value {
    let all = json!({"Effect": "Allow", "Action": ["*"], "Resource": ["*"]});
    json!({"Version": "2012-10-17", "Statement": [all]})
}

/// Every action on every resource of a policy.
fn grants(policy: &Value) -> BTreeSet<(String, String)> {
    let texts = |value: &Value| -> Vec<String> {
        let all = value.as_array().expect("a list").iter();
        all.map(|text| text.as_str().expect("a text").to_owned()).collect()
    };
    let statements = policy["Statement"].as_array().expect("a list").iter();
    statements
        .flat_map(|one| {
            let resources = texts(&one["Resource"]);
            texts(&one["Action"]).into_iter().flat_map(move |action| {
                resources.clone().into_iter().map(move |r| (action.clone(), r))
            })
        })
        .collect()
}

/// The policy with one action less on one resource.
fn without(policy: &Value, grant: &(String, String)) -> Value {
    let (action, resource) = grant;
    let mut statements = Vec::new();
    for one in policy["Statement"].as_array().expect("a list") {
        for known in one["Action"].as_array().expect("a list") {
            let mut left = one.clone();
            left["Action"] = json!([known]);
            if known == action.as_str() {
                let resources = left["Resource"].as_array_mut().expect("a list");
                resources.retain(|known| known != resource.as_str());
            }
            statements.push(left);
        }
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Runs a verb with its policy, and then with each part of it missing: it must fail, or
/// at least say what it could not do. `spare` is what only another case needs.
fn is_least(verb: &str, make: impl Fn() -> Place, arguments: &[&str], spare: &[&str]) {
    let whole = make();
    let (policy, _) = whole.policy(verb, &[]);
    whole.enforce(&policy);
    let good = whole.run(arguments);
    assert!(matches!(good.code, Some(0 | 2)), "{verb} with its policy: {good}\n{policy:#}");
    assert!(!good.stderr.contains("not authorized"), "{good}");
    let mut tried = 0;
    for grant in grants(&policy) {
        let (action, resource) = &grant;
        let told = format!("{action} {resource}");
        if spare.iter().any(|spare| told.ends_with(spare)) {
            continue;
        }
        let place = make();
        place.enforce(&without(&policy, &grant));
        let run = place.run(arguments);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(said.contains("not authorized"), "{verb} works without {told}: {run}");
        let path = resource.split("::").nth(1).expect("a path");
        let path = path.trim_end_matches('*').replace("/*/", &format!("/{API}/"));
        let path = path.replace("??????????", API);
        assert!(said.contains(action) && said.contains(&path), "{told} is not named: {run}");
        let made_up_for = told == SUMMARY || told.ends_with(TRACES);
        let writes = ["apply", "rollback", "prune"].contains(&verb) && !made_up_for;
        assert!(!writes || matches!(run.code, Some(1 | 3 | 4)), "without {told}: {run}");
        tried += 1;
    }
    assert!(tried > 1, "{verb}: {policy:#}");
}

/// The resource that an export is checked as is not known: of the two, the sandbox asks
/// for the path.
const EXPORT: &str = "stages/prod";

/// The summary of a deployment is made up for by exports, where there are some.
const SUMMARY: &str =
    "apigateway:GET arn:aws:apigateway:us-east-1::/restapis/abcde12345/deployments/*";

/// What is removed is only what turned out unusable.
const UNUSABLE: &str = "DELETE arn:aws:apigateway:us-east-1::/restapis/abcde12345/deployments/*";

/// What a way back leaves in descriptions: without it the stage is back all the same.
const TRACES: &str = "PATCH arn:aws:apigateway:us-east-1::/restapis/abcde12345/deployments/*";

/// The API itself, which is read where `--api` asks for a live name.
const LIVE_NAME: &str = "::/restapis/abcde12345";

#[test]
fn a_plan_needs_what_its_policy_allows() {
    for matching in [BY_ID, BY_NAME] {
        is_least("plan", || place(&file(matching)), &["plan"], &[EXPORT]);
    }
}

/// Nothing is deployed, and the stages are looked at all the same.
#[test]
fn a_plan_that_deploys_nothing_needs_what_its_policy_allows() {
    let never = file(BY_ID).replace("responses.ACCESS", "deploy = \"never\"\nresponses.ACCESS");
    let histories = ["abcde12345/stages", "abcde12345/deployments"];
    let spare = [&histories[..], &[EXPORT, LIVE_NAME]].concat();
    is_least("plan", || place(&never), &["plan"], &spare);
    // Histories are read where an export cannot be.
    let make = || {
        let place = place(&never);
        place.server.faults(&json!([{"operation": "GetExport", "kind": "400", "count": null}]));
        place
    };
    let place = make();
    let (policy, _) = place.policy("plan", &[]);
    for history in histories {
        let resource = format!("arn:aws:apigateway:us-east-1::/restapis/{history}");
        let place = make();
        place.enforce(&without(&policy, &("apigateway:GET".to_owned(), resource.clone())));
        let run = place.run(&["plan"]);
        run.exits(1).tells(&format!("`apigateway:GET` on `{resource}`"));
    }
}

/// Unknown is never clean, whoever deploys the stage; a digest may tell.
#[test]
fn a_stage_that_nobody_may_read_is_told_and_is_not_clean() {
    for deploy in ["auto", "never"] {
        let file = format!(
            "version = 1\n[apis.orders]\nmatch = {BY_ID}\nstages = [\"prod\"]\ndeploy = {deploy:?}\n\
             responses.THROTTLED.status = 420\n"
        );
        let place = place(&file);
        let (policy, _) = place.policy("plan", &[]);
        let export = format!("/restapis/{API}/stages/prod/exports/");
        let resource = format!("arn:aws:apigateway:us-east-1::{export}");
        let denied = ("apigateway:GET".to_owned(), format!("{resource}*"));
        place.enforce(&without(&policy, &denied));
        let run = place.run(&["plan", "--detailed-exitcode"]);
        run.exits(3).tells(&format!("`apigateway:GET` on `{resource}oas30`"));
        place.run(&["drift"]).exits(3);
    }
    // Deployed by gwr: the description says what the stage serves.
    let place = place(ONE);
    place.run(&["apply", "--yes", "--accept", "takeover"]).exits(0);
    let never = ONE.replace("stages =", "deploy = \"never\"\nstages =");
    place.write("gwr.toml", never.as_bytes());
    let (policy, _) = place.policy("plan", &[]);
    let resource = format!("arn:aws:apigateway:us-east-1::/restapis/{API}/stages/prod/exports/*");
    place.enforce(&without(&policy, &("apigateway:GET".to_owned(), resource)));
    place.run(&["plan", "--detailed-exitcode"]).exits(0).tells("access denied");
}

#[test]
fn an_apply_needs_what_its_policy_allows() {
    // Which of the two a type needs depends on what it is like when it is changed.
    let types = ["gatewayresponses/UNAUTHORIZED", "gatewayresponses/ACCESS_DENIED"];
    let spare = [&types[..], &[UNUSABLE, TRACES]].concat();
    is_least("apply", || place(&file(BY_ID)), &["apply", "--yes"], &spare);
    for (calls, name) in [("PATCH", "ACCESS_DENIED"), ("PUT", "UNAUTHORIZED")] {
        let place = place(&file(BY_ID));
        let (policy, _) = place.policy("apply", &[]);
        let path = format!("/restapis/{API}/gatewayresponses/{name}");
        let resource = format!("arn:aws:apigateway:us-east-1::{path}");
        place.enforce(&without(&policy, &(format!("apigateway:{calls}"), resource.clone())));
        let run = place.run(&["apply", "--yes"]);
        assert!(matches!(run.code, Some(1 | 3)), "{run}");
        assert!(
            run.stdout.contains(&format!("apigateway:{calls} on resource: {resource}")),
            "{run}"
        );
    }
}

#[test]
fn a_drift_needs_what_its_policy_allows() {
    is_least("drift", || place(&file(BY_ID)), &["drift"], &[EXPORT, LIVE_NAME]);
}

/// Without stages the history is for `takeover` alone.
#[test]
fn an_api_without_stages_needs_its_history_for_a_takeover() {
    let file = format!(
        "version = 1\n[apis.orders]\nmatch = {BY_ID}\nresponses.THROTTLED.headers.X-A = \"1\"\n"
    );
    is_least("plan", || place(&file), &["plan"], &[LIVE_NAME]);
    is_least("drift", || place(&file), &["drift"], &[LIVE_NAME]);
    let (policy, _) = place(&file.replace("[apis.orders]", "[apis.orders]\ndeploy = \"never\""))
        .policy("plan", &[]);
    assert!(!policy.to_string().contains("deployments"), "{policy:#}");
}

#[test]
fn an_explanation_needs_what_its_policy_allows() {
    let explain = ["explain", "--of", "served"];
    is_least("explain", || place(&file(BY_ID)), &explain, &[EXPORT, LIVE_NAME]);
}

#[test]
fn an_import_needs_what_its_policy_allows() {
    let make = || {
        let place = place(&file(BY_ID));
        place.server.put(API, "INTEGRATION_FAILURE", &json!({"statusCode": "504"}));
        place.server.deploy(API, &["prod"]);
        place
    };
    // By the id, and by the name: each does without what the other needs.
    is_least("import", make, &["import", "--api-id", API], &["::/restapis"]);
    is_least("import", make, &["import", "--name", "orders"], &[LIVE_NAME]);
    let (_, said) = make().policy("import", &[]);
    assert!(said.contains("an import with `--api-id` alone does without it"), "{said}");
}

/// The file knows the id alone, and the live name is asked for.
#[test]
fn an_api_is_found_by_its_live_name_with_every_policy() {
    let place = place(&file(BY_ID).replace("apis.orders", "apis.shop"));
    for verb in ["plan", "drift", "explain", "deployments"] {
        let (policy, _) = place.policy(verb, &[]);
        place.enforce(&policy);
        let run = place.run(&[verb, "--api", "orders"]);
        assert!(matches!(run.code, Some(0 | 2)), "{verb}: {run}");
        place.enforce(&everything());
    }
}

#[test]
fn the_history_needs_what_its_policy_allows() {
    is_least("deployments", || place(&file(BY_ID)), &["deployments"], &[LIVE_NAME]);
    let make = || {
        let place = place(&file(BY_ID));
        for _ in 0..2 {
            place.server.deploy(API, &["prod"]);
        }
        place
    };
    let prune = ["deployments", "--prune", "--keep", "1", "--all-owners", "--yes"];
    is_least("prune", make, &prune, &[LIVE_NAME]);
}

#[test]
fn a_rollback_needs_what_its_policy_allows() {
    let make = || {
        let place = place(&file(BY_ID));
        // To be put, to be patched, and to be deleted.
        place.server.put(API, "THROTTLED", &json!({}));
        place.server.put(API, "ACCESS_DENIED", &json!({"statusCode": "418"}));
        place.server.deploy(API, &["prod"]);
        place.run(&["apply", "--yes", "--record", "record.json"]).exits(0);
        place
    };
    // By the record: the stage is looked at, never exported, and ids are known.
    // Where the trace cannot be left, the stage is back all the same, and that is told.
    let spare = ["exports/*", "restapis/abcde12345/deployments", LIVE_NAME];
    is_least("rollback", make, &["rollback", "record.json", "--yes"], &spare);
}

/// What gwr itself takes back it writes down, with no more than its policy: the next run
/// must not take it for somebody else's work.
#[test]
fn a_stage_that_is_taken_back_leaves_its_trace() {
    let file = file(BY_ID).replace("[\"prod\"]", "[\"beta\", \"prod\"]");
    let place = Place::with(&file, &[seed(API, "orders", &["beta", "prod"])]);
    // A template of an integration, which no plan can list; on `beta` already.
    let resources = place.server.done("GET", &format!("/restapis/{API}/resources"), &Value::Null);
    let root = resources["item"][0]["id"].as_str().expect("a resource").to_owned();
    let path = format!("/restapis/{API}/resources/{root}/methods/GET/integration");
    let template = json!({"application/json": "{\"statusCode\": 201}"});
    place.server.done("PUT", &path, &json!({"type": "MOCK", "requestTemplates": template}));
    place.server.deploy(API, &["beta"]);
    let (policy, said) = place.policy("apply", &[]);
    assert!(said.contains("PATCH on deployments/* records in a deployment's"), "{said}");
    place.enforce(&policy);
    let run = place.run(&["apply", "--yes"]);
    run.exits(3);
    assert!(run.stdout.contains("it was moved back at once"), "{run}");
    place.enforce(&everything());
    let traces = |place: &Place| {
        let all = place.server.deployments(API).into_iter();
        let says = |one: &Value| one["description"].to_string().contains("reverted=prod");
        all.filter(says).count()
    };
    assert_eq!(traces(&place), 1, "{:#?}", place.server.deployments(API));
}

/// An entry of the file that ignores a stage takes it out, and no call is missing.
#[test]
fn a_stage_that_is_ignored_is_not_granted() {
    let ignore = "[[apis.orders.ignore]]\nstage = \"prod\"\nreason = \"theirs\"\n";
    for stages in ["[\"beta\", \"prod\"]", "[\"prod\"]"] {
        let file = file(BY_ID).replace("[\"prod\"]", stages) + ignore;
        let make = || Place::with(&file, &[seed(API, "orders", &["beta", "prod"])]);
        for verb in ["plan", "drift", "explain", "apply"] {
            let place = make();
            let (policy, said) = place.policy(verb, &[]);
            assert!(!policy.to_string().contains("prod"), "{verb}: {policy:#}");
            assert!(said.contains("(orders: prod)"), "{said}");
            place.enforce(&policy);
            let arguments = if verb == "apply" { vec![verb, "--yes"] } else { vec![verb] };
            let run = place.run(&arguments);
            assert!(matches!(run.code, Some(0 | 2)), "{verb}: {run}");
            assert!(!run.stderr.contains("not authorized"), "{verb}: {run}");
        }
    }
}

/// Where a saved plan is held against the stages, which the API may have although the file
/// names none.
#[test]
fn a_saved_plan_without_stages_is_applied_with_its_policy() {
    let place = place(&file(BY_ID).replace("[\"prod\"]", "[]"));
    place.run(&["plan", "--out", "plan.json"]).exits(0);
    let (policy, _) = place.policy("apply", &[]);
    place.enforce(&policy);
    place.run(&["apply", "plan.json", "--yes"]).exits(0);
}

/// What is ignored stays as it is, whatever is unlisted.
#[test]
fn an_ignored_type_may_not_be_reset() {
    let ignore = "[[apis.orders.ignore]]\ntype = \"WAF_FILTERED\"\nreason = \"theirs\"\n";
    let file = file(BY_ID).replace("responses.ACC", "unlisted = \"reset\"\nresponses.ACC") + ignore;
    let place = place(&file);
    place.server.put(API, "WAF_FILTERED", &json!({"statusCode": "418"}));
    place.server.put(API, "QUOTA_EXCEEDED", &json!({"statusCode": "418"}));
    place.server.deploy(API, &["prod"]);
    let (policy, _) = place.policy("apply", &[]);
    place.enforce(&policy);
    let path = |name: &str| format!("/restapis/{API}/gatewayresponses/{name}");
    assert_eq!(place.server.call("DELETE", &path("WAF_FILTERED"), &Value::Null).status, 403);
    assert_eq!(place.server.call("DELETE", &path("UNAUTHORIZED"), &Value::Null).status, 403);
    place.run(&["apply", "--yes"]).exits(0);
    place.enforce(&everything());
    let left = place.server.customized(API).into_iter();
    let left: Vec<Value> = left.map(|one| one["responseType"].clone()).collect();
    assert!(left.contains(&json!("WAF_FILTERED")) && !left.contains(&json!("QUOTA_EXCEEDED")));
}

/// Whatever an export is checked as, and whatever a CreateDeployment without a stage
/// carries.
#[test]
fn a_policy_is_right_whatever_is_not_documented() {
    for quirk in ["policy-export=stage", "policy-stage-name=empty"] {
        let place = Place::under(&[quirk], &file(BY_ID), &[seed(API, "orders", &["prod"])]);
        let (policy, _) = place.policy("apply", &[]);
        place.enforce(&policy);
        place.run(&["apply", "--yes"]).exits(0);
        place.run(&["drift"]).exits(0);
    }
}

#[test]
fn a_policy_allows_no_more_than_its_verb_needs() {
    let place = place(&file(BY_ID));
    let (policy, said) = place.policy("apply", &[]);
    assert!(said.contains("A deployment ships the whole API"), "{said}");
    place.enforce(&policy);
    let refused = |method: &str, path: &str, body: Value| {
        let answer = place.server.call(method, path, &body);
        assert_eq!(answer.status, 403, "{method} {path}: {answer:?}");
    };
    let api = format!("/restapis/{API}");
    refused("PUT", &format!("{api}/gatewayresponses/WAF_FILTERED"), json!({}));
    refused("DELETE", &format!("{api}/gatewayresponses/ACCESS_DENIED"), Value::Null);
    // A stage that the file does not name, by either way.
    refused("POST", &format!("{api}/deployments"), json!({"stageName": "beta"}));
    refused("PATCH", &format!("{api}/stages/beta"), json!({"patchOperations": []}));
    refused("GET", "/restapis", Value::Null);
    refused("DELETE", &api, Value::Null);
}

#[test]
fn what_is_not_known_offline_is_said_and_can_be_asked() {
    let place = place(&file(BY_NAME));
    let before = place.server.calls().len();
    let (policy, said) = place.policy("plan", &[]);
    assert_eq!(place.server.calls().len(), before, "offline");
    assert!(said.contains("Found by its name") && said.contains("--resolve"), "{said}");
    assert!(policy.to_string().contains("/restapis/*/gatewayresponses\""), "{policy}");
    let (resolved, said) = place.policy("plan", &["--resolve"]);
    assert!(!said.contains("--resolve"), "{said}");
    assert!(resolved.to_string().contains("/restapis/abcde12345/gatewayresponses\""), "{resolved}");
    assert!(!resolved.to_string().contains("/restapis/*"), "{resolved}");
    for (region, arn) in [
        ("cn-north-1", "arn:aws-cn:apigateway:cn-north-1::/restapis"),
        ("us-gov-east-1", "arn:aws-us-gov:apigateway:us-gov-east-1::/restapis"),
    ] {
        let (policy, _) = place.policy("apply", &["--region", region]);
        assert!(policy.to_string().contains(arn), "{policy}");
        // And a server in that partition takes it.
        place.enforce(&policy);
        place.run(&["plan", "--region", region]).exits(0);
    }
    place.run(&["plan"]).exits(1).tells("gwr policy");
    place.run(&["policy", "destroy"]).exits(1);
}

#[test]
fn a_sandbox_enforces_a_policy_from_its_start() {
    let place = place(&file(BY_ID));
    place.write("policy.json", b"{}");
    let run = |arguments: &[&str]| binary::run(place.path(), arguments);
    run(&["sandbox", "--listen", "0", "--policy", "policy.json"]).exits(1).tells("no IAM policy");
    run(&["sandbox", "--policy", "nowhere.json"]).exits(1).tells("nowhere.json");

    let (policy, _) = place.policy("plan", &[]);
    place.write("policy.json", policy.to_string().as_bytes());
    let serve = ["sandbox", "--listen", "127.0.0.1:0", "--policy", "policy.json"];
    let mut child = binary::command(place.path(), &serve).spawn().expect("the binary runs");
    let mut said = String::new();
    let read = BufReader::new(child.stderr.take().expect("stderr")).read_line(&mut said);
    child.kill().expect("it ends");
    child.wait().expect("it has ended");
    read.expect("a line");
    assert_eq!(
        said,
        "It has no authentication: anyone who can reach it can do what the policy in policy.json allows.\n"
    );
}
