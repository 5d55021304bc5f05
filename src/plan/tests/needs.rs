//! What is read for a plan beyond configurations and exports.

use super::*;
use crate::state::observed::Unread;

const LIVE: [(T, Customization); 0] = [];

/// `-`, `history`, or `routes` with the deployments whose summaries are read.
fn read(scene: &Scene) -> String {
    match needs(scene) {
        Needs { history: true, routes } => {
            assert_eq!(routes, None, "which deployments matter is not known before the history");
            "history".to_owned()
        }
        Needs { history: false, routes: None } => "-".to_owned(),
        Needs { history: false, routes: Some(ids) } => {
            format!("routes {}", ids.into_iter().collect::<Vec<_>>().join(" "))
        }
    }
}

#[test]
fn needs_only_what_the_plan_depends_on() {
    let live = [(T::Throttled, status(418))];
    let file = [(T::Throttled, Some(status(418)))];
    let settled = || scene(&live, &file);
    let changing = || scene(&LIVE, &file);
    let unreadable = || Served::Unreadable(Unread::default());
    let never = |mut scene: Scene| {
        scene.desired.deploy = DeployPolicy::Never;
        scene
    };
    let with_routes = |mut scene: Scene| {
        let configured = Err(Unread::default());
        scene.observed.routes = Some(Routes { configured, deployed: BTreeMap::new() });
        scene
    };
    let two = |held: &[(T, Customization)], reusable: &[(T, Customization)]| {
        settled()
            .stage_at("beta", export(held), "d2")
            .stage_at("prod", export(&[]), "d1")
            .journal("d2", reusable, "")
    };
    let table = [
        ("no stage, no change", settled(), "-"),
        ("no stage", changing(), "-"),
        ("current", settled().stage("prod", export(&live)), "-"),
        ("behind", settled().stage("prod", export(&[])), "history"),
        ("a change", changing().stage("prod", export(&[])), "history"),
        ("a change, stage not looked at", changing().stage("prod", Served::NotRead), "history"),
        ("not looked at", settled().stage("prod", Served::NotRead), "-"),
        ("no such stage", settled().stage("prod", Served::NoSuchStage), "history"),
        ("no export", settled().stage("prod", unreadable()), "history"),
        ("a mirror", settled().stage("prod", export(&live)).shows(ExportShows::Mirror), "history"),
        ("never deployed, a change", never(changing().stage("prod", export(&[]))), "-"),
        ("never deployed, no export", never(settled().stage("prod", unreadable())), "history"),
        ("history read: current", settled().stage_at("prod", export(&live), "d1"), "-"),
        ("history read: behind", settled().stage_at("prod", export(&[]), "d1"), "routes d1"),
        ("history read: a change", changing().stage_at("prod", export(&[]), "d1"), "routes d1"),
        (
            "history read: a change, stage not looked at",
            changing().stage_at("prod", Served::NotRead, "d1"),
            "-",
        ),
        ("a deployment to reuse", two(&live, &live), "routes d1 d2"),
        ("another digest is not reused", two(&live, &[]), "routes d1 d2"),
        ("everything read", with_routes(two(&live, &live)), "-"),
    ];
    for (name, scene, wanted) in table {
        assert_eq!(read(&scene), wanted, "{name}");
    }
}

/// The deployment that a plan reuses is one whose summary was read for it.
#[test]
fn reads_the_summary_of_every_deployment_that_a_plan_reuses() {
    let live = [(T::Throttled, status(418))];
    let file = [(T::Throttled, Some(status(418)))];
    let unknown_status = [(T::IntegrationFailure, header("A", "'1'"))];
    let one = scene(&live, &file)
        .stage_at("beta", export(&live), "d2")
        .stage_at("prod", export(&[]), "d1")
        .journal("d2", &live, "");
    assert_eq!(needs(&one).routes, Some(["d1".to_owned(), "d2".to_owned()].into()));
    // The write that makes an unknown status certain leaves nothing to reuse.
    let file = [(T::IntegrationFailure, Some(header("A", "'1'")))];
    let rewrite = scene(&unknown_status, &file)
        .stage_at("beta", Served::NotRead, "d2")
        .stage_at("prod", export(&[]), "d1")
        .journal("d2", &unknown_status, "");
    assert_eq!(rewrite.plan().changes.len(), 1);
    assert_eq!(needs(&rewrite).routes, Some(["d1".to_owned()].into()));
}
