//! The rules of the plan as small cases: what is live, what is wanted, what is done.

use std::collections::{BTreeMap, BTreeSet};

use time::macros::date;

use super::*;
use crate::desired::{DesiredResponse, ForeignPolicy, Ignore, Ignored, Matching, Unlisted};
use crate::digest::of_responses;
use crate::journal::Journal;
use crate::model::{
    Customization, HeaderName, HeaderValue, PatchOperation, ResponseType as T, StatusCode,
};
use crate::observed::{
    Configured, Deployment, Export, ObservedStage, Routes, Served, StagePointer,
};

const TODAY: Date = date!(2026 - 11 - 22);

fn unset() -> Customization {
    Customization::default()
}

fn status(number: i64) -> Customization {
    Customization { status: StatusCode::try_from(number).ok(), ..unset() }
}

fn header(name: &str, value: &str) -> Customization {
    Customization {
        headers: [(HeaderName::observed(name), HeaderValue::as_written(value))].into(),
        ..unset()
    }
}

fn template(media_type: &str, text: &str) -> Customization {
    Customization { templates: [(media_type.to_owned(), text.to_owned())].into(), ..unset() }
}

/// Both in one.
fn and(one: Customization, other: Customization) -> Customization {
    Customization {
        status: one.status.or(other.status),
        headers: one.headers.into_iter().chain(other.headers).collect(),
        templates: one.templates.into_iter().chain(other.templates).collect(),
    }
}

/// An API and what the file says of it.
#[derive(Clone)]
struct Scene {
    desired: DesiredApi,
    observed: ObservedApi,
    shows: ExportShows,
    rewrite: BTreeSet<T>,
}

fn scene(live: &[(T, Customization)], wanted: &[(T, Option<Customization>)]) -> Scene {
    let responses = live
        .iter()
        .map(|(response_type, custom)| {
            (*response_type, Live::Customized(custom.settle(*response_type)))
        })
        .collect();
    let wanted = wanted
        .iter()
        .map(|(response_type, custom)| {
            let desired = match custom {
                Some(custom) => DesiredResponse::Customized(custom.clone()),
                None => DesiredResponse::Default,
            };
            (*response_type, desired)
        })
        .collect();
    Scene {
        desired: DesiredApi {
            key: "orders".to_owned(),
            account: None,
            matching: Matching::Id("abcde12345".to_owned()),
            stages: Vec::new(),
            unlisted: Unlisted::Keep,
            deploy: DeployPolicy::Auto,
            foreign_changes: ForeignPolicy::Refuse,
            accept: BTreeSet::new(),
            responses: wanted,
            ignores: Vec::new(),
            allows: Vec::new(),
        },
        observed: ObservedApi {
            rest_api_id: "abcde12345".to_owned(),
            rest_api_name: None,
            tags: BTreeMap::new(),
            configured: Configured { responses, ..Configured::default() },
            stages: BTreeMap::new(),
            deployments: None,
            routes: None,
        },
        shows: ExportShows::Unproven,
        rewrite: BTreeSet::new(),
    }
}

fn export(responses: &[(T, Customization)]) -> Served {
    Served::Exported(Export {
        responses: responses.iter().cloned().collect(),
        without_templates: BTreeSet::new(),
        unknown_types: BTreeSet::new(),
        unknown_parameters: BTreeMap::new(),
        rest: serde_json::Value::Null,
    })
}

fn digest(responses: &[(T, Customization)]) -> Digest {
    let settled: Vec<_> = responses.iter().map(|(t, custom)| (*t, custom.settle(*t))).collect();
    of_responses(settled.iter().map(|(t, response)| (*t, response)))
}

impl Scene {
    /// A stage whose pointer was not read.
    fn stage(mut self, name: &str, served: Served) -> Self {
        self.desired.stages.push(name.to_owned());
        self.observed.stages.insert(name.to_owned(), ObservedStage { served, pointer: None });
        self
    }

    /// A stage at a deployment, with the whole history read.
    fn stage_at(self, name: &str, served: Served, deployment: &str) -> Self {
        let mut scene = self.stage(name, served);
        if let Some(stage) = scene.observed.stages.get_mut(name) {
            let deployment_id = Some(deployment.to_owned());
            stage.pointer = Some(StagePointer { deployment_id, canary: None });
        }
        scene.observed.deployments.get_or_insert_default();
        scene
    }

    /// A deployment of gwr's that holds these responses.
    fn journal(mut self, id: &str, holds: &[(T, Customization)], message: &str) -> Self {
        let journal = Journal {
            digest: digest(holds),
            run: "0a".to_owned(),
            export: ExportShows::Unproven,
            previous: Vec::new(),
            message: message.to_owned(),
        };
        self.observed.deployments.get_or_insert_default().push(Deployment {
            id: id.to_owned(),
            created_at: None,
            description: Some(journal.to_string()),
        });
        self
    }

    fn shows(self, shows: ExportShows) -> Self {
        Self { shows, ..self }
    }

    fn plan(&self) -> ApiWork {
        let request = Request { rewrite: self.rewrite.clone(), ..Request::default() };
        plan_api(&self.desired, &self.observed, self.shows, &request, TODAY)
    }

    /// `THROTTLED create patch: replace /statusCode 418`, in the order of the calls.
    fn changes(&self) -> Vec<String> {
        self.plan()
            .changes
            .iter()
            .map(|(response_type, change)| {
                let call = match change.call() {
                    Call::Patch => "patch",
                    Call::Put => "put",
                    Call::Delete => "delete",
                };
                let operations: Vec<String> = change.operations().iter().map(short).collect();
                format!(
                    "{response_type} {} {call}: {}",
                    change.action().as_str(),
                    operations.join("; ")
                )
            })
            .collect()
    }

    fn hazards(&self) -> Vec<String> {
        self.plan().hazards.into_iter().map(|hazard| hazard.id).collect()
    }

    /// What becomes of each stage.
    fn stages(&self) -> Vec<String> {
        self.plan()
            .stages
            .iter()
            .map(|stage| match &stage.decision {
                Decision::Deploy(DeployReason::Changes) => "changes".to_owned(),
                Decision::Deploy(DeployReason::Behind(types)) => format!("behind {types:?}"),
                Decision::Keep(KeepReason::Unknown(_)) => "unknown".to_owned(),
                Decision::Keep(why) => format!("{why:?}"),
            })
            .collect()
    }
}

fn short(operation: &PatchOperation) -> String {
    let PatchOperation { op, path, value } = operation;
    let path = path
        .replace("/responseParameters/gatewayresponse.header.", "/h/")
        .replace("/responseTemplates/", "/t/");
    match value {
        Some(value) => format!("{op} {path} {value}"),
        None => format!("{op} {path}"),
    }
}

#[test]
fn one_call_for_each_type_with_the_fewest_operations() {
    let table: &[(&str, T, Option<Customization>, Option<Customization>, &[&str])] = &[
        ("nothing there, nothing wanted", T::Throttled, None, None, &[]),
        (
            "created with a status",
            T::Throttled,
            None,
            Some(status(418)),
            &["THROTTLED create patch: replace /statusCode 418"],
        ),
        (
            "created with a header",
            T::Throttled,
            None,
            Some(header("A", "'1'")),
            &["THROTTLED create patch: add /h/A '1'"],
        ),
        (
            "created with another json template: the built-in one is there",
            T::Throttled,
            None,
            Some(template("application/json", "{}")),
            &["THROTTLED create patch: replace /t/application~1json {}"],
        ),
        (
            "created with xml only: added before the built-in goes",
            T::Throttled,
            None,
            Some(template("application/xml", "<e/>")),
            &["THROTTLED create patch: add /t/application~1xml <e/>; remove /t/application~1json"],
        ),
        (
            "`{}`: customised with nothing but built-in values",
            T::Throttled,
            None,
            Some(unset()),
            &["THROTTLED create put: "],
        ),
        (
            "the built-in status, written: nothing else to say",
            T::Throttled,
            None,
            Some(status(429)),
            &["THROTTLED create put: "],
        ),
        ("the same", T::Throttled, Some(status(418)), Some(status(418)), &[]),
        (
            "unset is the type's own built-in value",
            T::Throttled,
            Some(status(429)),
            Some(unset()),
            &[],
        ),
        ("`{}` that is there", T::Throttled, Some(unset()), Some(unset()), &[]),
        (
            "another status",
            T::Throttled,
            Some(status(418)),
            Some(status(420)),
            &["THROTTLED update patch: replace /statusCode 420"],
        ),
        (
            "a status is unset by a whole Put",
            T::Throttled,
            Some(status(418)),
            Some(unset()),
            &["THROTTLED replace put: remove /statusCode"],
        ),
        (
            "a header's case is no difference",
            T::Throttled,
            Some(header("x-a", "'1'")),
            Some(header("X-A", "'1'")),
            &[],
        ),
        (
            "a header keeps the spelling it has",
            T::Throttled,
            Some(header("x-a", "'1'")),
            Some(header("X-A", "'2'")),
            &["THROTTLED update patch: replace /h/x-a '2'"],
        ),
        (
            "headers: replace, then add, then remove by name",
            T::Throttled,
            Some(and(header("A", "'1'"), header("C", "'1'"))),
            Some(and(header("A", "'2'"), header("B", "'1'"))),
            &["THROTTLED update patch: replace /h/A '2'; add /h/B '1'; remove /h/C"],
        ),
        (
            "a tilde and a slash are escaped",
            T::Throttled,
            None,
            Some(template("a~/b", "t")),
            &["THROTTLED create patch: add /t/a~0~1b t; remove /t/application~1json"],
        ),
        ("reset", T::Throttled, Some(status(418)), None, &["THROTTLED reset delete: "]),
        (
            "a family default has no status to begin with",
            T::Default4xx,
            None,
            Some(status(418)),
            &["DEFAULT_4XX create patch: replace /statusCode 418"],
        ),
        (
            "and a patch cannot unset it",
            T::Default4xx,
            Some(status(418)),
            Some(unset()),
            &["DEFAULT_4XX replace put: remove /statusCode"],
        ),
    ];
    for (name, response_type, live, wanted, expected) in table {
        let live: Vec<_> = live.iter().map(|custom| (*response_type, custom.clone())).collect();
        let scene = scene(&live, &[(*response_type, wanted.clone())]);
        assert_eq!(scene.changes(), *expected, "{name}");
    }
}

/// The recorded rule: values of entries with `defaultResponse: true` are inherited.
/// They are dropped when the answer is read; here nothing may look at the family.
#[test]
fn what_a_type_inherits_is_no_state_of_it() {
    let family = (T::Default4xx, status(418));
    let wanted = [(T::Default4xx, Some(status(418))), (T::Throttled, None)];
    assert_eq!(scene(&[family], &wanted).changes(), Vec::<String>::new());
}

#[test]
fn a_put_where_the_base_of_a_patch_is_not_certain() {
    let cors = header("A", "'*'");
    let there = scene(&[(T::Default4xx, cors.clone())], &[(T::Throttled, Some(status(418)))]);
    assert_eq!(there.changes(), ["THROTTLED create put: replace /statusCode 418"]);
    let other = scene(&[(T::Default5xx, cors.clone())], &[(T::Throttled, Some(status(418)))]);
    assert_eq!(other.changes(), ["THROTTLED create patch: replace /statusCode 418"]);
    let itself = scene(&[(T::Default4xx, cors.clone())], &[(T::Default4xx, Some(status(418)))]);
    assert_eq!(
        itself.changes(),
        ["DEFAULT_4XX update patch: replace /statusCode 418; remove /h/A"]
    );
    // One that will be there only later is no base: the family defaults come last.
    let later = scene(&[], &[(T::Throttled, Some(status(418))), (T::Default4xx, Some(cors))]);
    assert_eq!(
        later.changes(),
        [
            "THROTTLED create patch: replace /statusCode 418",
            "DEFAULT_4XX create patch: add /h/A '*'"
        ]
    );
}

#[test]
fn integration_failure_without_a_status_is_put() {
    let create = |custom| scene(&[], &[(T::IntegrationFailure, Some(custom))]).changes();
    assert_eq!(create(header("A", "'1'")), ["INTEGRATION_FAILURE create put: add /h/A '1'"]);
    assert_eq!(create(unset()), ["INTEGRATION_FAILURE create put: "]);
    assert_eq!(
        create(and(status(503), header("A", "'1'"))),
        ["INTEGRATION_FAILURE create patch: replace /statusCode 503; add /h/A '1'"]
    );
    // An explicit 504 is something else than the 504 that is shown.
    assert_eq!(create(status(504)), ["INTEGRATION_FAILURE create patch: replace /statusCode 504"]);
    // From an explicit status to none.
    let live = [(T::IntegrationFailure, status(503))];
    let back = scene(&live, &[(T::IntegrationFailure, Some(unset()))]).changes();
    assert_eq!(back, ["INTEGRATION_FAILURE replace put: remove /statusCode"]);
}

/// Which of the two a stage serves while the member's own is unset was never measured.
#[test]
fn a_built_in_status_is_sent_where_the_family_default_gets_one() {
    let wanted = [(T::Throttled, Some(status(429))), (T::Default4xx, Some(status(400)))];
    assert_eq!(
        scene(&[], &wanted).changes(),
        [
            "THROTTLED create patch: replace /statusCode 429",
            "DEFAULT_4XX create patch: replace /statusCode 400",
        ]
    );
}

#[test]
fn the_order_is_by_name_with_the_family_defaults_last() {
    let wanted: Vec<_> = T::ALL.into_iter().rev().map(|t| (t, Some(status(418)))).collect();
    let order: Vec<T> = scene(&[], &wanted).plan().changes.into_iter().map(|(t, _)| t).collect();
    let mut names: Vec<&str> = order.iter().map(|t| t.as_str()).collect();
    assert_eq!(names.split_off(19), ["DEFAULT_4XX", "DEFAULT_5XX"]);
    assert!(names.is_sorted());
    assert_eq!(names.len(), 19);
}

#[test]
fn what_the_file_does_not_name_is_left_or_reset() {
    let live = [(T::Throttled, status(418)), (T::WafFiltered, status(418))];
    let mut keep = scene(&live, &[(T::Unauthorized, Some(status(418)))]);
    assert_eq!(keep.changes(), ["UNAUTHORIZED create patch: replace /statusCode 418"]);
    assert_eq!(keep.plan().unmanaged, [T::Throttled, T::WafFiltered]);

    keep.desired.unlisted = Unlisted::Reset;
    let until = |day| Ignore {
        what: Ignored::Type(T::WafFiltered),
        reason: "theirs".to_owned(),
        until: Some(day),
    };
    keep.desired.ignores = vec![until(TODAY)];
    let reset = "THROTTLED reset delete: ";
    let create = "UNAUTHORIZED create patch: replace /statusCode 418";
    assert_eq!(keep.changes(), [reset, create]);
    assert_eq!(keep.plan().unmanaged, Vec::<T>::new());
    // The day after, the entry has no force.
    keep.desired.ignores = vec![until(date!(2026 - 11 - 21))];
    assert_eq!(keep.changes(), [reset, create, "WAF_FILTERED reset delete: "]);
}

/// GET shows 504 for both; the export of a stage that serves the same tells.
#[test]
fn an_explicit_504_is_told_by_the_export() {
    const TYPE: T = T::IntegrationFailure;
    let live = |custom: &Customization| [(TYPE, custom.clone())];
    let json = template("application/json", "{}");
    let shown_504 = and(status(504), json.clone());
    let ask = |wanted: &Customization, served: Option<&Customization>| {
        let scene = scene(&live(&json), &[(TYPE, Some(wanted.clone()))]);
        match served {
            Some(served) => scene.stage("prod", export(&live(served))),
            None => scene,
        }
    };
    let none = Vec::<String>::new();
    for (name, wanted, served, changes, hazards) in [
        ("unset, and so it is", &json, Some(&json), none.clone(), none.clone()),
        ("explicit, and so it is", &shown_504, Some(&shown_504), none.clone(), none.clone()),
        (
            "unset, and it is explicit",
            &json,
            Some(&shown_504),
            vec!["INTEGRATION_FAILURE replace put: remove /statusCode".to_owned()],
            none.clone(),
        ),
        (
            "explicit, and it is unset",
            &shown_504,
            Some(&json),
            vec!["INTEGRATION_FAILURE update patch: replace /statusCode 504".to_owned()],
            none.clone(),
        ),
        ("nobody tells", &json, None, none.clone(), vec!["status-unknowable".to_owned()]),
        (
            "nobody tells, explicit",
            &shown_504,
            None,
            none.clone(),
            vec!["status-unknowable".to_owned()],
        ),
    ] {
        let scene = ask(wanted, served);
        assert_eq!((scene.changes(), scene.hazards()), (changes, hazards), "{name}");
    }
    // `--rewrite`: one Put.
    let mut rewritten = ask(&json, None);
    rewritten.rewrite.insert(TYPE);
    assert_eq!(rewritten.hazards(), none);
    assert_eq!(rewritten.changes(), ["INTEGRATION_FAILURE replace put: remove /statusCode"]);
    // Another difference: the status is made certain at no cost.
    let other = scene(&live(&json), &[(TYPE, Some(header("A", "'1'")))]);
    assert_eq!(other.changes().len(), 1);
    assert!(
        other.changes()[0].contains(" put: remove /statusCode; add /h/A '1'"),
        "{other:?}",
        other = other.changes()
    );
    // What fills statusCode in is no witness against the one who put it without.
    let by_journal = scene(&live(&json), &[(TYPE, Some(json.clone()))])
        .stage_at("prod", export(&live(&shown_504)), "d1")
        .journal("d1", &live(&json), &Journal::unset_integration_failure(""));
    assert_eq!(by_journal.changes(), none);
    assert_eq!(by_journal.hazards(), none);
}

/// A deployment that is made anyway would show what was unknowable.
#[test]
fn an_unknowable_504_is_made_certain_with_a_deployment() {
    const TYPE: T = T::IntegrationFailure;
    let live = [(TYPE, status(504))];
    let wanted = [(TYPE, Some(unset())), (T::Throttled, Some(status(418)))];
    let scene = scene(&live, &wanted).stage("prod", export(&[]));
    assert_eq!(
        scene.changes(),
        [
            "INTEGRATION_FAILURE replace put: remove /statusCode",
            "THROTTLED create patch: replace /statusCode 418",
        ]
    );
    assert_eq!(scene.hazards(), Vec::<String>::new());
}

#[test]
fn deploy_never_configures_and_moves_nothing() {
    let mut never = scene(&[], &[(T::Throttled, Some(status(418)))]).stage("prod", export(&[]));
    never.desired.deploy = DeployPolicy::Never;
    assert_eq!(never.stages(), ["DeployNever"]);
    assert!(never.plan().is_needed());
    assert!(!never.plan().creates_deployment());
}

#[test]
fn a_stage_is_deployed_where_a_managed_type_changes_or_is_served_otherwise() {
    let wanted = [(T::Throttled, Some(status(418)))];
    let live = [(T::Throttled, status(418))];
    let theirs = [(T::Throttled, status(418)), (T::WafFiltered, status(418))];
    let old = [(T::Throttled, status(420))];
    for (name, configured, served, expected) in [
        ("a change", &live[..0], &live[..0], "changes"),
        ("served as it is configured", &live, &live, "Current"),
        ("served otherwise", &live, &old, "behind [Throttled]"),
        ("not served at all", &live, &live[..0], "behind [Throttled]"),
        ("others' types cause nothing", &theirs, &live, "Current"),
        ("nor where only the stage has them", &live, &theirs, "Current"),
    ] {
        let scene = scene(configured, &wanted).stage("prod", export(served));
        assert_eq!(scene.stages(), [expected], "{name}");
    }
    let mut ignored = scene(&live, &wanted).stage("prod", export(&old));
    ignored.desired.ignores.push(Ignore {
        what: Ignored::Stage("prod".to_owned()),
        reason: "theirs".to_owned(),
        until: None,
    });
    assert_eq!(ignored.stages(), ["Ignored"]);
    let skipped = scene(&live, &wanted).stage("prod", Served::NotRead);
    assert_eq!(skipped.stages(), ["NotLooked"]);
    assert!(!skipped.plan().is_needed());
}

#[test]
fn a_verdict_goes_as_far_as_its_evidence() {
    use ExportShows::{Mirror, Snapshot, Unproven};
    let wanted = [(T::Throttled, Some(status(418)))];
    let live = [(T::Throttled, status(418))];
    let old = [(T::Throttled, status(420))];
    let unreadable = || Served::Unreadable("models".to_owned());
    // What is served by the export, what gwr's deployment holds (if it is one of
    // gwr's), and the verdict under Unproven, Snapshot and Mirror.
    let behind = "behind [Throttled]";
    let by_digest = "behind []";
    for (name, served, journal, expected) in [
        ("both say so", export(&live), Some(&live), ["Current", "Current", "Current"]),
        ("the export alone", export(&live), None, ["Current", "Current", "unknown"]),
        ("the export alone, behind", export(&old), None, [behind, behind, "unknown"]),
        ("both say it is behind", export(&old), Some(&old), [behind, behind, by_digest]),
        (
            "they contradict each other",
            export(&live),
            Some(&old),
            ["unknown", "unknown", by_digest],
        ),
        ("and the other way round", export(&old), Some(&live), ["unknown", "unknown", "Current"]),
        ("only the digest", unreadable(), Some(&live), ["Current", "Current", "Current"]),
        ("only the digest, behind", unreadable(), Some(&old), [by_digest; 3]),
        ("neither", unreadable(), None, ["unknown"; 3]),
    ] {
        for (shows, expected) in [Unproven, Snapshot, Mirror].into_iter().zip(expected) {
            let mut scene =
                scene(&live, &wanted).stage_at("prod", served.clone(), "d1").shows(shows);
            if let Some(holds) = journal {
                scene = scene.journal("d1", holds, "");
            }
            assert_eq!(scene.stages(), [expected], "{name}, {shows:?}");
        }
    }
}

#[test]
fn an_export_that_differs_from_the_configuration_proves_a_snapshot() {
    let live = [(T::Throttled, status(418))];
    let agrees = scene(&live, &[]).stage("prod", export(&live)).observed;
    let differs = scene(&live, &[]).stage("prod", export(&[])).observed;
    assert_eq!(export_shows([&agrees]), ExportShows::Unproven);
    assert_eq!(export_shows([&agrees, &differs]), ExportShows::Snapshot);
    let mut told = agrees.clone();
    let journal = Journal {
        digest: digest(&live),
        run: "0a".to_owned(),
        export: ExportShows::Mirror,
        previous: Vec::new(),
        message: String::new(),
    };
    told.deployments = Some(vec![Deployment {
        id: "d1".to_owned(),
        created_at: None,
        description: Some(journal.to_string()),
    }]);
    assert_eq!(export_shows([&told]), ExportShows::Mirror);
    assert_eq!(export_shows([&told, &differs]), ExportShows::Snapshot);
}

#[test]
fn a_later_stage_takes_the_deployment_of_an_earlier_one() {
    let wanted = [(T::Throttled, Some(status(418)))];
    let live = [(T::Throttled, status(418))];
    let with_routes = |mut scene: Scene, same: bool| {
        let configured = BTreeMap::from([("/".to_owned(), BTreeMap::new())]);
        let held = if same { configured.clone() } else { BTreeMap::new() };
        let deployed = BTreeMap::from([("d2".to_owned(), held)]);
        scene.observed.routes = Some(Routes { configured, deployed });
        scene
    };
    let two = || {
        scene(&live, &wanted)
            .stage_at("beta", export(&live), "d2")
            .stage_at("prod", export(&[]), "d1")
            .journal("d2", &live, "")
            .shows(ExportShows::Snapshot)
    };
    let reused = with_routes(two(), true).plan();
    assert_eq!(reused.reuse.as_deref(), Some("d2"));
    assert!(reused.deploys() && !reused.creates_deployment());
    // Other routes, or none that are known: a deployment of its own.
    assert_eq!(with_routes(two(), false).plan().reuse, None);
    assert_eq!(two().plan().reuse, None);
    // One that gwr did not make holds nobody knows what.
    let mut foreign = with_routes(two(), true);
    foreign.observed.deployments = Some(Vec::new());
    assert_eq!(foreign.plan().reuse, None);
    // With a change nothing that is there is enough.
    let mut changing = with_routes(two(), true);
    changing.desired.responses.insert(T::WafFiltered, DesiredResponse::Customized(status(418)));
    assert_eq!(changing.plan().reuse, None);
    assert!(changing.plan().creates_deployment());
}

#[test]
fn history_is_read_only_where_it_is_needed() {
    let wanted = [(T::Throttled, Some(status(418)))];
    let live = [(T::Throttled, status(418))];
    let needs = |scene: &Scene| {
        let request = Request::default();
        needs_history(&scene.desired, &scene.observed, scene.shows, &request, TODAY)
    };
    assert!(!needs(&scene(&live, &wanted).stage("prod", export(&live))));
    assert!(needs(&scene(&live, &wanted).stage("prod", export(&[]))));
    assert!(needs(&scene(&[], &wanted).stage("prod", export(&[]))));
    assert!(needs(&scene(&live, &wanted).stage("prod", Served::Unreadable(String::new()))));
    let mirror = scene(&live, &wanted).stage("prod", export(&live)).shows(ExportShows::Mirror);
    assert!(needs(&mirror));
    let mut never = scene(&[], &wanted).stage("prod", export(&[]));
    never.desired.deploy = DeployPolicy::Never;
    assert!(!needs(&never));
}

#[test]
fn the_same_input_gives_the_same_plan() {
    let wanted: Vec<_> = T::ALL.into_iter().map(|t| (t, Some(status(418)))).collect();
    let live = [(T::Throttled, status(420)), (T::Default4xx, header("A", "'1'"))];
    let scene = scene(&live, &wanted).stage("prod", export(&[]));
    assert_eq!(scene.plan(), scene.clone().plan());
}
