//! The report from made-up reads: one table for types, one for stages, and the document
//! field by field.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use time::macros::date;

use super::*;
use crate::model::{Customization, HeaderName, HeaderValue, Live, StatusCode};
use crate::read::Look;
use crate::state::deployment_note::Journal;
use crate::state::desired::{ForeignPolicy, Ignored, Matching, Unlisted};
use crate::state::digest::of_responses;
use crate::state::observed::{Configured, Deployment, Export, StagePointer, Unread};

const TODAY: Date = date!(2026 - 10 - 01);

fn with_status(status: i64) -> Customization {
    Customization { status: StatusCode::try_from(status).ok(), ..Customization::default() }
}

fn with_header(value: &str) -> Customization {
    Customization {
        headers: [(HeaderName::observed("Retry-After"), HeaderValue::literal(value))].into(),
        ..Customization::default()
    }
}

fn desired(responses: impl IntoIterator<Item = (ResponseType, DesiredResponse)>) -> DesiredApi {
    DesiredApi {
        key: "orders".to_owned(),
        account: None,
        matching: Matching::Id("abcde12345".to_owned()),
        stages: vec!["prod".to_owned()],
        unlisted: Unlisted::Keep,
        deploy: DeployPolicy::Auto,
        foreign_changes: ForeignPolicy::Refuse,
        accept: BTreeSet::new(),
        responses: responses.into_iter().collect(),
        removals: BTreeMap::new(),
        ignores: Vec::new(),
        allows: Vec::new(),
    }
}

fn observed(configured: &[(ResponseType, Customization)], served: Served) -> ObservedApi {
    let responses = configured.iter().map(|(t, c)| (*t, Live::Customized(c.settle(*t)))).collect();
    let stage = ObservedStage { served, pointer: None };
    ObservedApi {
        rest_api_id: "abcde12345".to_owned(),
        rest_api_name: None,
        tags: BTreeMap::new(),
        configured: Configured { responses, ..Configured::default() },
        stages: BTreeMap::from([("prod".to_owned(), stage)]),
        beside: BTreeMap::new(),
        deployments: None,
        routes: None,
    }
}

fn exported(responses: &[(ResponseType, Customization)]) -> Served {
    Served::Exported(Export {
        responses: responses.iter().cloned().collect(),
        without_templates: BTreeSet::new(),
        unknown_types: BTreeSet::new(),
        unknown_parameters: BTreeMap::new(),
        rest: Value::Null,
        endpoint_disabled: false,
    })
}

fn found(desired: &DesiredApi, observed: &ObservedApi, shows: ExportShows) -> Found {
    compare(desired, observed, shows, &Request::default(), TODAY)
}

fn document(found: Result<Found, String>) -> Value {
    let target = ApiTarget {
        key: "orders".to_owned(),
        rest_api_id: "abcde12345".to_owned(),
        rest_api_name: None,
        account: "default".to_owned(),
        account_id: None,
        region: "us-east-1".to_owned(),
    };
    let report = Report::new(vec![ApiDrift { target, found }]);
    serde_json::to_value(Document::new(&report)).expect("a document")
}

const THROTTLED: ResponseType = ResponseType::Throttled;

#[test]
fn every_type_has_one_of_four_words() {
    let wanted = DesiredResponse::Customized(with_header("2"));
    let ignore =
        |until| Ignore { what: Ignored::Type(THROTTLED), reason: "known".to_owned(), until };
    let past = Some(date!(2026 - 09 - 30));
    for (name, wanted, ignores, configured, word) in [
        ("as wanted", Some(wanted.clone()), vec![], Some(with_header("2")), Some("in_sync")),
        ("otherwise", Some(wanted.clone()), vec![], Some(with_header("3")), Some("drifted")),
        ("absent", Some(wanted), vec![], None, Some("drifted")),
        (
            "not reset",
            Some(DesiredResponse::Default),
            vec![],
            Some(with_status(420)),
            Some("drifted"),
        ),
        ("reset", Some(DesiredResponse::Default), vec![], None, Some("in_sync")),
        ("not in the file", None, vec![], Some(with_status(420)), Some("unmanaged")),
        ("nowhere", None, vec![], None, None),
        ("ignored", None, vec![ignore(None)], Some(with_status(420)), Some("ignored")),
        ("ignored and absent", None, vec![ignore(Some(TODAY))], None, Some("ignored")),
        ("no longer ignored", None, vec![ignore(past)], Some(with_status(420)), Some("unmanaged")),
    ] {
        let mut api = desired(wanted.map(|wanted| (THROTTLED, wanted)));
        api.ignores = ignores;
        let live: Vec<_> = configured.map(|entry| (THROTTLED, entry)).into_iter().collect();
        let shown =
            document(Ok(found(&api, &observed(&live, Served::NotRead), ExportShows::Unproven)));
        let responses = shown["apis"][0]["responses"].as_array().expect("a list");
        let words: Vec<&str> = responses.iter().filter_map(|r| r["status"].as_str()).collect();
        assert_eq!(words, word.into_iter().collect::<Vec<_>>(), "{name}");
        assert_eq!(shown["apis"][0]["stages"], json!([]), "{name}: nobody looked");
    }
}

#[test]
fn everything_is_managed_where_the_rest_is_reset() {
    let mut api = desired([]);
    api.unlisted = Unlisted::Reset;
    let live = [(THROTTLED, with_status(420))];
    let found = found(&api, &observed(&live, Served::NotRead), ExportShows::Unproven);
    assert_eq!(found.responses.len(), 21);
    assert_eq!(found.drifted().count(), 1);
}

/// A deployment of gwr's that holds these, made for the stage.
fn journal(id: &str, responses: &[(ResponseType, Customization)], previous: &str) -> Deployment {
    let settled: Vec<_> = responses.iter().map(|(t, c)| (*t, c.settle(*t))).collect();
    let journal = Journal {
        digest: of_responses(settled.iter().map(|(t, response)| (*t, response))),
        run: "r".to_owned(),
        export: ExportShows::Unproven,
        previous: vec![("prod".to_owned(), previous.to_owned())],
        message: String::new(),
    };
    Deployment {
        id: id.to_owned(),
        created_at: Some(1_790_000_000),
        description: Some(journal.to_string()),
    }
}

fn of_others(id: &str) -> Deployment {
    Deployment { id: id.to_owned(), created_at: Some(1_780_000_000), description: None }
}

#[test]
fn a_stage_is_as_certain_as_its_evidence() {
    let now = [(THROTTLED, with_header("2"))];
    let old = [(THROTTLED, with_header("1"))];
    let other = [(THROTTLED, with_header("2")), (ResponseType::Unauthorized, with_status(420))];
    let unread = || {
        let call = "GetExport: access denied".to_owned();
        Served::Unreadable(Unread { call, why: "403".to_owned(), hint: None })
    };
    let mirror = ExportShows::Mirror;
    let unproven = ExportShows::Unproven;
    for (name, served, deployments, shows, status, evidence, behind) in [
        ("export agrees", exported(&now), None, unproven, "current", "export", vec![]),
        ("export differs", exported(&old), None, unproven, "behind", "export", vec!["THROTTLED"]),
        (
            "only what is unmanaged differs",
            exported(&other),
            None,
            unproven,
            "current",
            "export",
            vec![],
        ),
        (
            "a mirror proves nothing",
            exported(&now),
            Some(vec![of_others("d")]),
            mirror,
            "unknown",
            "none",
            vec![],
        ),
        (
            "beside a mirror the digest does",
            exported(&now),
            Some(vec![journal("d", &now, "c")]),
            mirror,
            "current",
            "digest",
            vec![],
        ),
        (
            "beside a mirror an old digest",
            exported(&now),
            Some(vec![journal("d", &old, "c")]),
            mirror,
            "behind",
            "digest",
            vec![],
        ),
        (
            "gwr moved away from it",
            exported(&now),
            Some(vec![journal("e", &now, "d"), of_others("d")]),
            mirror,
            "behind",
            "digest",
            vec![],
        ),
        (
            "no export, no digest",
            unread(),
            Some(vec![of_others("d")]),
            unproven,
            "unknown",
            "none",
            vec![],
        ),
        (
            "no export, the digest agrees",
            unread(),
            Some(vec![journal("d", &now, "c")]),
            unproven,
            "current",
            "digest",
            vec![],
        ),
        (
            "they contradict each other",
            exported(&now),
            Some(vec![journal("d", &old, "c")]),
            unproven,
            "unknown",
            "none",
            vec![],
        ),
    ] {
        let api = desired([(THROTTLED, DesiredResponse::Customized(with_header("2")))]);
        let mut live = observed(&now, served);
        if deployments.is_some() {
            let pointer = StagePointer { deployment_id: Some("d".to_owned()), canary: None };
            live.stages.get_mut("prod").expect("prod").pointer = Some(pointer);
        }
        live.deployments = deployments;
        let report = document(Ok(found(&api, &live, shows)));
        let stage = &report["apis"][0]["stages"][0];
        assert_eq!(stage["status"], status, "{name}");
        assert_eq!(stage["evidence"], evidence, "{name}");
        assert_eq!(stage["behind"], json!(behind), "{name}");
        let foreign = stage["foreign_changes"].as_array().expect("a list");
        let places: Vec<&str> = foreign.iter().filter_map(|one| one["where"].as_str()).collect();
        let others = if name.starts_with("only") { vec!["UNAUTHORIZED"] } else { vec![] };
        assert_eq!(places, others, "{name}");
        let word = if status == "unknown" { "unknown" } else { "in_sync" };
        assert_eq!(report["apis"][0]["status"], word, "{name}: unknown is never clean");
        let open =
            needs_history(&api, &observed(&now, live.stages["prod"].served.clone()), shows, TODAY);
        // Without the history nothing contradicts an export that agrees.
        let agrees = evidence == "export" && status == "current" || name.starts_with("they");
        assert_eq!(open, !agrees, "{name}: read more?");
    }
}

/// A part of the clients get what the canary serves: where that is not known, it is not
/// known what the stage serves.
#[test]
fn a_canary_is_current_only_by_the_digest_of_its_deployment() {
    let now = [(THROTTLED, with_header("2"))];
    let old = [(THROTTLED, with_header("1"))];
    for (name, own, canary, status, note) in [
        ("of others", &now, of_others("c"), "unknown", "not made by gwr"),
        ("of gwr, the same", &now, journal("c", &now, "b"), "current", "by its digest"),
        ("of gwr, another", &now, journal("c", &old, "b"), "unknown", "a different configuration"),
        ("the stage's own", &now, of_others("d"), "current", "what the stage serves"),
        ("of others, on a stage behind", &old, of_others("c"), "behind", "was not compared"),
    ] {
        let api = desired([(THROTTLED, DesiredResponse::Customized(with_header("2")))]);
        let mut live = observed(&now, exported(&now));
        let canary_settings = crate::state::observed::Canary {
            deployment_id: Some(canary.id.clone()),
            percent_traffic: "50".to_owned(),
        };
        live.stages.get_mut("prod").expect("prod").pointer = Some(StagePointer {
            deployment_id: Some("d".to_owned()),
            canary: Some(canary_settings),
        });
        live.deployments = Some(vec![canary, journal("d", own, "a")]);
        let report = document(Ok(found(&api, &live, ExportShows::Unproven)));
        let stage = &report["apis"][0]["stages"][0];
        assert_eq!(stage["status"], status, "{name}: {stage}");
        let told = stage["note"].as_str().expect("a note");
        assert!(told.contains("it has a canary (50 percent of its traffic, deployment "), "{told}");
        assert!(told.contains(note), "{name}: {told}");
        assert_eq!(report["summary"]["unknown"], i32::from(status == "unknown"), "{name}");
    }
}

#[test]
fn the_document_is_what_was_promised() {
    let mut api = desired([
        (THROTTLED, DesiredResponse::Customized(with_header("2"))),
        (ResponseType::IntegrationFailure, DesiredResponse::Customized(with_header("9"))),
    ]);
    api.stages.push("beta".to_owned());
    api.ignores.push(Ignore {
        what: Ignored::Stage("beta".to_owned()),
        reason: "no export".to_owned(),
        until: Some(date!(2027 - 01 - 01)),
    });
    let configured =
        [(THROTTLED, with_status(420)), (ResponseType::Unauthorized, with_status(418))];
    let mut live = observed(&configured, exported(&[]));
    live.stages.get_mut("prod").expect("prod").pointer =
        Some(StagePointer { deployment_id: Some("d".to_owned()), canary: None });
    live.stages.insert("beta".to_owned(), ObservedStage { served: Served::NotRead, pointer: None });
    live.deployments = Some(vec![of_others("d")]);
    live.configured.unknown_types.insert("TEAPOT".to_owned());
    let mut report = document(Ok(found(&api, &live, ExportShows::Unproven)));
    let hazards = report["apis"][0]["hazards"].take();
    assert_eq!((&hazards[0]["id"], &hazards[0]["refuses"]), (&json!("takeover"), &json!(true)));
    assert_eq!(hazards.as_array().map(Vec::len), Some(1), "{hazards}");
    let builtin = json!({"application/json": "{\"message\":$context.error.messageString}"});
    let entry = |status: Option<u16>, headers: Value| {
        let mut entry = json!({ "headers": headers, "templates": builtin });
        if let Some(status) = status {
            entry["status"] = json!(status);
        }
        entry
    };
    assert_eq!(
        report,
        json!({
            "format_version": 1,
            "summary": {"apis": 1, "in_sync": 0, "drifted": 1, "unknown": 0, "stages_behind": 1},
            "apis": [{
                "name": "orders",
                "rest_api_id": "abcde12345",
                "status": "drifted",
                "responses": [
                    {
                        "response_type": "INTEGRATION_FAILURE",
                        "status": "drifted",
                        "desired": entry(None, json!({"Retry-After": "'9'"})),
                        "configured": null,
                    },
                    {
                        "response_type": "THROTTLED",
                        "status": "drifted",
                        "desired": entry(Some(429), json!({"Retry-After": "'2'"})),
                        "configured": entry(Some(420), json!({})),
                    },
                    {
                        "response_type": "UNAUTHORIZED",
                        "status": "unmanaged",
                        "desired": null,
                        "configured": entry(Some(418), json!({})),
                    },
                    {
                        "response_type": "TEAPOT",
                        "status": "unmanaged",
                        "desired": null,
                        "configured": null,
                    },
                ],
                "stages": [
                    {
                        "name": "prod",
                        "deployment_id": "d",
                        "deployed_at": "2026-05-28T20:26:40Z",
                        "status": "behind",
                        "evidence": "export",
                        "behind": ["THROTTLED"],
                        "foreign_changes": [{
                            "what": "gateway response added",
                            "where": "UNAUTHORIZED",
                            "after": entry(Some(418), json!({})),
                        }],
                    },
                    {
                        "name": "beta",
                        "status": "unknown",
                        "evidence": "none",
                        "behind": [],
                        "foreign_changes": [],
                        "note": "ignored until 2027-01-01: no export",
                    },
                ],
                "hazards": null,
            }],
        })
    );
    assert_eq!(
        document(Err("403".to_owned())),
        json!({
            "format_version": 1,
            "summary": {"apis": 1, "in_sync": 0, "drifted": 0, "unknown": 1, "stages_behind": 0},
            "apis": [{
                "name": "orders", "rest_api_id": "abcde12345", "status": "unknown",
                "responses": [], "stages": [], "hazards": [], "error": "403",
            }],
        })
    );
}

#[test]
fn metrics_are_open_metrics() {
    let api = desired([(THROTTLED, DesiredResponse::Customized(with_header("2")))]);
    let mut live = observed(&[], exported(&[]));
    live.stages.get_mut("prod").expect("prod").pointer =
        Some(StagePointer { deployment_id: Some("d".to_owned()), canary: None });
    live.deployments = Some(vec![of_others("d")]);
    let target = |key: &str| ApiTarget {
        key: key.to_owned(),
        rest_api_id: "id".to_owned(),
        rest_api_name: None,
        account: "main".to_owned(),
        account_id: None,
        region: "r".to_owned(),
    };
    let report = Report::new(vec![
        ApiDrift {
            target: target("a\"b\\c\nd"),
            found: Ok(found(&api, &live, ExportShows::Unproven)),
        },
        ApiDrift { target: target("z"), found: Err("403".to_owned()) },
    ]);
    let text = metrics(&report, Look::AtStages, 1_780_000_060, "");
    let one = "{api=\"a\\\"b\\\\c\\nd\",rest_api_id=\"id\",account=\"main\",region=\"r\"";
    for line in [
        "# TYPE gwr_drifted_types gauge".to_owned(),
        format!("gwr_drifted_types{one}}} 1"),
        format!("gwr_stage_behind{one},stage=\"prod\"}} 0"),
        format!("gwr_stage_unknown{one},stage=\"prod\"}} 0"),
        "# UNIT gwr_stage_deployment_age_seconds seconds".to_owned(),
        format!("gwr_stage_deployment_age_seconds{one},stage=\"prod\"}} 60"),
        "gwr_api_unknown{api=\"z\",rest_api_id=\"id\",account=\"main\",region=\"r\"} 1".to_owned(),
        "gwr_drift_last_run_timestamp_seconds 1780000060".to_owned(),
    ] {
        assert!(text.lines().any(|known| known == line), "no {line} in\n{text}");
    }
    assert!(!text.contains("gwr_drifted_types{api=\"z\""), "what is not known has no sample");
    assert!(text.ends_with("\n# EOF\n"), "{text}");

    // What could not be read is no success: the last one is kept.
    let success = |text: &str| {
        let sample = |line: &&str| line.starts_with("gwr_drift_last_success_timestamp_seconds ");
        text.lines().find(sample).map(ToOwned::to_owned)
    };
    assert_eq!(success(&text), None);
    let good = Report::new(report.apis.into_iter().take(1).collect());
    let before = metrics(&good, Look::AtStages, 1_780_000_000, "");
    let kept = Some("gwr_drift_last_success_timestamp_seconds 1780000000".to_owned());
    assert_eq!(success(&before), kept);
    let bad = Report::new(vec![ApiDrift { target: target("z"), found: Err("403".to_owned()) }]);
    assert_eq!(success(&metrics(&bad, Look::AtStages, 1_780_000_060, &before)), kept);
}

#[test]
fn the_fragment_is_as_aws_writes_it() {
    let api = desired([
        (THROTTLED, DesiredResponse::Customized(with_header("2"))),
        (ResponseType::Unauthorized, DesiredResponse::Customized(with_status(418))),
        (ResponseType::WafFiltered, DesiredResponse::Default),
        (ResponseType::Default4xx, DesiredResponse::Customized(Customization::default())),
    ]);
    assert_eq!(
        fragment(&api),
        json!({"x-amazon-apigateway-gateway-responses": {
            "DEFAULT_4XX": {},
            "THROTTLED": {"responseParameters": {"gatewayresponse.header.Retry-After": "'2'"}},
            "UNAUTHORIZED": {"statusCode": "418"},
        }})
    );
}
