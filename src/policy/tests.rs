//! Policies for an API that is made up.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use time::Date;
use time::macros::date;

use super::document::LARGEST_MANAGED_POLICY;
use super::grantee::Resets;
use super::*;
use crate::model::{Customization, ResponseType};
use crate::state::desired::{
    DeployPolicy, DesiredApi, DesiredResponse, Ignore, Ignored, Matching, Unlisted,
};

fn api() -> Grantee {
    Grantee {
        key: "orders".to_owned(),
        account: "default".to_owned(),
        place: Where::Region("eu-west-1".to_owned()),
        rest_api_id: Some("abc".to_owned()),
        found_by: None,
        stages: vec!["prod".to_owned()],
        ignored_stages: Vec::new(),
        deploy: DeployPolicy::Auto,
        customized: BTreeSet::from([ResponseType::Throttled]),
        reset: BTreeSet::new(),
        unlisted: Resets::None,
    }
}

fn document(verb: Verb, apis: &[Grantee]) -> Value {
    serde_json::to_value(Document::new(verb, apis)).expect("JSON")
}

#[test]
fn apply_is_granted_only_its_types_and_stage() {
    let arn = |path: &str| format!("arn:aws:apigateway:eu-west-1::/restapis/abc{path}");
    let found = document(Verb::Apply, &[api()]);
    assert_eq!(
        found,
        json!({"Version": "2012-10-17", "Statement": [
            {"Sid": "Read", "Effect": "Allow", "Action": ["apigateway:GET"], "Resource": [
                arn(""), arn("/deployments"), arn("/deployments/*"), arn("/gatewayresponses"),
                arn("/resources"), arn("/stages"), arn("/stages/prod"),
                arn("/stages/prod/exports/*"),
            ]},
            {"Sid": "CustomizeResponses", "Effect": "Allow",
                "Action": ["apigateway:PATCH", "apigateway:PUT"],
                "Resource": [arn("/gatewayresponses/THROTTLED")]},
            {"Sid": "Deploy", "Effect": "Allow", "Action": ["apigateway:POST"],
                "Resource": [arn("/deployments")],
                "Condition": {"StringEqualsIfExists":
                    {"apigateway:Request/StageName": ["", "prod"]}}},
            {"Sid": "MoveStages", "Effect": "Allow", "Action": ["apigateway:PATCH"],
                "Resource": [arn("/stages/prod")]},
            {"Sid": "LeaveTraces", "Effect": "Allow", "Action": ["apigateway:PATCH"],
                "Resource": [arn("/deployments/*")]},
            {"Sid": "RemoveDeployments", "Effect": "Allow", "Action": ["apigateway:DELETE"],
                "Resource": [arn("/deployments/*")]},
        ]})
    );
}

#[test]
fn read_only_verbs_are_granted_only_get() {
    for verb in [Verb::Plan, Verb::Drift, Verb::Explain, Verb::Import, Verb::Deployments] {
        let reset = Grantee { unlisted: Resets::Any, ..api() };
        let found = document(verb, &[reset]);
        for statement in found["Statement"].as_array().expect("a list") {
            assert_eq!(statement["Action"], json!(["apigateway:GET"]), "{verb:?}");
        }
    }
}

#[test]
fn deploy_never_is_granted_no_deployment() {
    let never = Grantee { deploy: DeployPolicy::Never, ..api() };
    let text = document(Verb::Apply, &[never]).to_string();
    assert!(!text.contains("POST") && !text.contains("MoveStages"), "{text}");
}

#[test]
fn resources_name_the_partition_and_wildcards_for_unknown_ids() {
    let of = |place: Where| {
        let api = Grantee { place, rest_api_id: None, found_by: Some("its name"), ..api() };
        let apis = [api];
        let notes = notes(Verb::Plan, &apis, &Document::new(Verb::Plan, &apis), &[]);
        (document(Verb::Plan, &apis).to_string(), notes.join("\n"))
    };
    let region = |region: &str| of(Where::Region(region.to_owned())).0;
    assert!(region("cn-north-1").contains("arn:aws-cn:apigateway:cn-north-1::/restapis/*/"));
    assert!(region("us-gov-west-1").contains("arn:aws-us-gov:apigateway:us-gov-west-1::"));
    for partition in ["aws", "aws-cn"] {
        let (text, notes) = of(Where::AnyRegion { partition });
        assert!(text.contains(&format!("\"arn:{partition}:apigateway:*::/restapis\"")), "{text}");
        assert!(notes.contains(&format!("in the partition {partition}.")), "{notes}");
    }
}

/// A file that ignores a stage and a type, and resets what it does not list.
fn desired() -> DesiredApi {
    let ignore =
        |what| Ignore { what, reason: "theirs".to_owned(), until: Some(date!(2026 - 12 - 31)) };
    DesiredApi {
        stages: vec!["beta".to_owned(), "prod".to_owned()],
        deploy: DeployPolicy::Auto,
        unlisted: Unlisted::Reset,
        responses: [(
            ResponseType::Throttled,
            DesiredResponse::Customized(Customization::default()),
        )]
        .into(),
        ignores: vec![
            ignore(Ignored::Stage("prod".to_owned())),
            ignore(Ignored::Type(ResponseType::WafFiltered)),
        ],
        ..DesiredApi::unmanaged("orders".to_owned(), Matching::Id("abc".to_owned()))
    }
}

fn grantee(today: Date) -> Grantee {
    let place = Where::Region("eu-west-1".to_owned());
    Grantee::new(&desired(), "default".to_owned(), place, today)
}

/// While the entry has force no call is made for the stage, and the type is not reset.
#[test]
fn ignored_stages_and_types_are_not_granted() {
    let ignoring = grantee(date!(2026 - 12 - 31));
    for verb in [Verb::Plan, Verb::Apply, Verb::Drift, Verb::Explain] {
        let text = document(verb, std::slice::from_ref(&ignoring)).to_string();
        assert!(text.contains("stages/beta") && !text.contains("prod"), "{verb:?}: {text}");
    }
    let apply = document(Verb::Apply, std::slice::from_ref(&ignoring)).to_string();
    assert!(apply.contains("gatewayresponses/UNAUTHORIZED"), "{apply}");
    assert!(!apply.contains("WAF_FILTERED") && !apply.contains("gatewayresponses/*"), "{apply}");
    let deletes = |text: &Value| {
        let statements = text["Statement"].as_array().expect("a list").clone();
        statements.into_iter().find(|one| one["Sid"] == "ResetResponses").expect("it is there")
    };
    let reset = deletes(&document(Verb::Apply, std::slice::from_ref(&ignoring)));
    assert_eq!(reset["Resource"].as_array().map(Vec::len), Some(19), "{reset}");
    let notes = notes(
        Verb::Apply,
        std::slice::from_ref(&ignoring),
        &Document::new(Verb::Apply, std::slice::from_ref(&ignoring)),
        &[],
    )
    .join("\n");
    assert!(
        notes.contains("Stages that the file ignores are not included (orders: prod)"),
        "{notes}"
    );
    assert!(notes.contains("neither customises nor ignores"), "{notes}");
    // A run before the entry may have moved the stage.
    assert!(document(Verb::Rollback, &[ignoring]).to_string().contains("stages/prod"));
    let counting = document(Verb::Apply, &[grantee(date!(2027 - 01 - 01))]).to_string();
    assert!(counting.contains("stages/prod") && counting.contains("gatewayresponses/*"));
}

/// Of an API without a stage only the configuration comes back.
#[test]
fn rollback_without_stages_is_granted_no_deployment() {
    let none = Grantee { stages: Vec::new(), ..api() };
    let text = document(Verb::Rollback, std::slice::from_ref(&none)).to_string();
    assert!(!text.contains("deployments") && text.contains("/stages\""), "{text}");
    let notes = notes(Verb::Rollback, &[none], &Document::new(Verb::Rollback, &[]), &[]).join(" ");
    assert!(!notes.contains("PATCH on"), "{notes}");
}

#[test]
fn notes_mention_stages_only_if_they_can_move() {
    let never = Grantee { deploy: DeployPolicy::Never, ..api() };
    let of = |api: &Grantee| {
        let apis = std::slice::from_ref(api);
        notes(Verb::Apply, apis, &Document::new(Verb::Apply, apis), &[]).join("\n")
    };
    assert!(!of(&never).contains("PATCH on"), "{}", of(&never));
    assert!(of(&api()).contains("PATCH on a stage") && of(&api()).contains("PATCH on deployments"));
}

/// A fleet: as many policies as are needed, none too long, and each table in one.
#[test]
fn splits_policies_that_are_too_long() {
    let fleet: Vec<Grantee> = (0..40)
        .map(|number| Grantee {
            key: format!("api-{number:02}"),
            rest_api_id: Some(format!("abcdef{number:04}")),
            ..api()
        })
        .collect();
    assert_eq!(split(Verb::Apply, &fleet[..1]), []);
    let parts = split(Verb::Apply, &fleet);
    assert!(parts.len() > 2, "{parts:?}");
    assert!(parts.iter().all(|part| part.length <= LARGEST_MANAGED_POLICY), "{parts:?}");
    let keys: Vec<&String> = parts.iter().flat_map(|part| &part.keys).collect();
    assert_eq!(keys, fleet.iter().map(|api| &api.key).collect::<Vec<_>>());
    for Part { keys, length } in &parts {
        let of_part: Vec<Grantee> =
            fleet.iter().filter(|api| keys.contains(&api.key)).cloned().collect();
        assert_eq!(Document::new(Verb::Apply, &of_part).length(), *length);
    }
    let notes = notes(Verb::Apply, &fleet, &Document::new(Verb::Apply, &fleet), &parts);
    let note = notes.last().expect("a note");
    assert!(note.contains(&format!("it is {} of at most", parts.len())), "{note}");
    assert!(note.contains("A role takes 10 managed policies"), "{note}");
}
