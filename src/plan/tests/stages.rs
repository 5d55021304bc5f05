//! Which stages are deployed to, on which evidence.

use super::*;
use crate::state::observed::{ConfiguredApi, Resource, RestApiDetail, Unread};

#[test]
fn deploy_never_configures_and_moves_nothing() {
    let mut never = scene(&[], &[(T::Throttled, Some(status(418)))]).stage("prod", export(&[]));
    never.desired.deploy = DeployPolicy::Never;
    assert_eq!(never.stages(), ["DeployNever"]);
    assert!(never.plan().is_needed());
    assert!(!never.plan().creates_deployment());
}

/// Unknown is never clean, whoever deploys; and whom a stage is left to is no rival.
#[test]
fn deploy_never_is_no_reason_not_to_know() {
    let live = [(T::Throttled, status(418))];
    let wanted = [(T::Throttled, Some(status(418)))];
    let unreadable =
        || Served::Unreadable(Unread { why: "denied".to_owned(), ..Unread::default() });
    let never = |scene: Scene| {
        let desired = DesiredApi { deploy: DeployPolicy::Never, ..scene.desired.clone() };
        Scene { desired, ..scene }
    };
    let unread = never(scene(&live, &wanted).stage("prod", unreadable()));
    assert_eq!(unread.stages(), ["unknown"]);
    assert!(needs(&unread).history);
    for holds in [&live[..], &[]] {
        let told = scene(&live, &wanted).stage_at("prod", unreadable(), "d1");
        let told = never(told.journal("d1", holds, ""));
        assert_eq!(told.stages(), ["DeployNever"], "its description tells: {holds:?}");
    }
    // Its owner has moved it behind what gwr once deployed.
    let mut behind = scene(&live, &wanted).stage_at("prod", unreadable(), "d1");
    let journal = Journal {
        digest: digest(&[]),
        run: "0a".to_owned(),
        export: ExportShows::Unproven,
        previous: vec![("prod".to_owned(), "d1".to_owned())],
        message: String::new(),
    };
    let deployed = |id: &str, at, description| Deployment {
        id: id.to_owned(),
        created_at: Some(at),
        description,
    };
    behind.observed.deployments =
        Some(vec![deployed("d1", 1, None), deployed("d2", 2, Some(journal.to_string()))]);
    assert_eq!(behind.hazards(), ["moved-back"]);
    let behind = never(behind);
    assert_eq!((behind.stages(), behind.hazards()), (vec!["unknown".to_owned()], Vec::new()));
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
    let unread = || Unread { why: "models".to_owned(), ..Unread::default() };
    let unreadable = || Served::Unreadable(unread());
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
            ["contradiction", "contradiction", by_digest],
        ),
        (
            "and the other way round",
            export(&old),
            Some(&live),
            ["contradiction", "contradiction", "Current"],
        ),
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
    assert_eq!(export_shows([&agrees], &BTreeMap::new()), ExportShows::Unproven);
    assert_eq!(export_shows([&agrees, &differs], &BTreeMap::new()), ExportShows::Snapshot);
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
    assert_eq!(export_shows([&told], &BTreeMap::new()), ExportShows::Mirror);
    assert_eq!(export_shows([&told, &differs], &BTreeMap::new()), ExportShows::Snapshot);
}

/// An API with one GET method.
fn one_route(path: &str) -> ConfiguredApi {
    let methods = BTreeSet::from(["GET".to_owned()]);
    let resource = Resource {
        id: "r".to_owned(),
        path: path.to_owned(),
        methods,
        configured: BTreeMap::new(),
    };
    let detail = RestApiDetail {
        id: "abcde12345".to_owned(),
        name: "orders".to_owned(),
        tags: BTreeMap::new(),
        policy: None,
        binary_media_types: BTreeSet::new(),
        disable_execute_api_endpoint: false,
        endpoint_types: BTreeSet::new(),
    };
    ConfiguredApi { detail, resources: vec![resource] }
}

#[test]
fn a_later_stage_takes_the_deployment_of_an_earlier_one() {
    let wanted = [(T::Throttled, Some(status(418)))];
    let live = [(T::Throttled, status(418))];
    let with_routes = |mut scene: Scene, same: bool| {
        let configured = one_route("/");
        let held = if same { configured.summary() } else { one_route("/old").summary() };
        let deployed = BTreeMap::from([("d2".to_owned(), Ok(held))]);
        scene.observed.routes = Some(Routes { configured: Ok(configured), deployed });
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
