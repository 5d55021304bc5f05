//! What the first changes of gwr to an API may not remove quietly.

use super::*;

/// The hazard, where there is one.
fn takeover(scene: &Scene) -> Option<Hazard> {
    let mut found = scene.plan().hazards.into_iter().filter(|hazard| hazard.id == "takeover");
    let first = found.next();
    assert_eq!(found.next(), None, "it is reported once");
    first
}

/// What the message lists, where the hazard is found.
fn listed(scene: &Scene) -> Option<String> {
    let message = takeover(scene)?.message;
    let (_, rest) = message.split_once("apply would remove it: ").expect("the list");
    Some(rest.split_once("; to keep it").expect("how to keep it").0.to_owned())
}

/// A deployment that is not gwr's.
fn of_others(id: &str) -> Deployment {
    Deployment { id: id.to_owned(), created_at: None, description: Some("by hand".to_owned()) }
}

/// `THROTTLED` on an API with one deployment, which another tool made.
fn throttled(live: Customization, wanted: Option<Customization>) -> Scene {
    let mut scene = scene(&[(T::Throttled, live)], &[(T::Throttled, wanted)]);
    scene.observed.deployments = Some(vec![of_others("d1")]);
    scene
}

#[test]
fn a_configured_member_that_the_file_leaves_out_is_listed() {
    let xml = || template("application/xml", "<e/>");
    let json = || template("application/json", "{}");
    let builtin = || template("application/json", crate::model::response::BUILTIN_TEMPLATE);
    let whole = || and(status(418), and(header("A", "'1'"), json()));
    for (name, live, wanted, expected) in [
        ("all", whole(), unset(), Some("status 418, header A, template application/json")),
        ("the status", whole(), and(header("A", "'1'"), json()), Some("status 418")),
        ("the header", whole(), and(status(418), json()), Some("header A")),
        (
            "the template",
            whole(),
            and(status(418), header("A", "'1'")),
            Some("template application/json"),
        ),
        ("one of two templates", and(json(), xml()), json(), Some("template application/xml")),
        ("another template in its place", json(), xml(), Some("template application/json")),
        (
            "a built-in template that is set next to another",
            and(builtin(), xml()),
            xml(),
            Some("template application/json"),
        ),
        // Another value in its place is not a removal.
        ("another status", whole(), and(status(429), whole()), None),
        ("another header value", whole(), and(header("A", "'2'"), and(status(418), json())), None),
        ("another template text", whole(), and(whole(), template("application/json", "[]")), None),
        ("the built-in template, written", json(), builtin(), None),
        ("another spelling of the header", header("A-b", "'1'"), header("a-B", "'2'"), None),
        // GET shows these also where they are not set.
        ("the built-in status", status(429), header("A", "'1'"), None),
        ("the built-in template alone", header("A", "'1'"), and(header("A", "'1'"), xml()), None),
        ("nothing configured", unset(), whole(), None),
    ] {
        let scene = throttled(live, Some(wanted));
        assert!(!scene.changes().is_empty(), "{name}");
        let expected = expected.map(|members| format!("THROTTLED ({members})"));
        assert_eq!(listed(&scene), expected, "{name}");
    }
    let mut twice = header("A", "'1'");
    twice.headers.insert(HeaderName::observed("a"), HeaderValue::as_written("'2'"));
    assert_eq!(listed(&throttled(twice.clone(), Some(header("A", "'1'")))), None, "one is kept");
    assert!(listed(&throttled(twice, Some(unset()))).is_some());
}

#[test]
fn what_the_file_removes_explicitly_is_no_takeover() {
    let live = and(status(418), and(header("X-A", "'1'"), template("application/json", "{}")));
    let all = [
        Removal::Status,
        Removal::Header("x-a".to_owned()),
        Removal::Template("application/json".to_owned()),
    ];
    for (left, member) in
        ["status 418", "header X-A", "template application/json"].into_iter().enumerate()
    {
        let mut scene = throttled(live.clone(), Some(unset()));
        let mut removals: BTreeSet<Removal> = all.clone().into();
        scene.desired.removals.insert(T::Throttled, removals.clone());
        assert_eq!(listed(&scene), None);
        removals.remove(&all[left]);
        scene.desired.removals.insert(T::Throttled, removals);
        assert_eq!(listed(&scene), Some(format!("THROTTLED ({member})")));
        // Of another type it says nothing.
        scene.desired.removals.insert(T::QuotaExceeded, all.clone().into());
        assert_eq!(listed(&scene), Some(format!("THROTTLED ({member})")));
    }
    assert_eq!(listed(&throttled(live.clone(), None)), None, "`reset = true`");
    let mut unlisted = scene(&[(T::Throttled, live)], &[(T::WafFiltered, Some(status(418)))]);
    unlisted.desired.unlisted = Unlisted::Reset;
    assert_eq!(unlisted.changes().len(), 2);
    assert_eq!(listed(&unlisted), None, "`unlisted = \"reset\"`");
    unlisted.desired.unlisted = Unlisted::Keep;
    assert_eq!(listed(&unlisted), None, "an unmanaged type stays as it is");
}

/// GET shows 504 for a status that is not set; only what is known to be set is removed.
#[test]
fn a_504_that_may_be_unset_is_not_listed() {
    const TYPE: T = T::IntegrationFailure;
    let live = |custom: Customization| [(TYPE, custom)];
    let wanted = [(TYPE, Some(header("A", "'1'")))];
    let unknown = scene(&live(status(504)), &wanted);
    assert_eq!(
        unknown.changes(),
        ["INTEGRATION_FAILURE replace put: remove /statusCode; add /h/A '1'"]
    );
    assert_eq!(listed(&unknown), None);
    let served = |custom: Customization| {
        scene(&live(status(504)), &wanted).stage("prod", export(&live(custom)))
    };
    assert_eq!(listed(&served(unset())), None, "the export shows that it is not set");
    let expected = Some("INTEGRATION_FAILURE (status 504)".to_owned());
    assert_eq!(listed(&served(status(504))), expected, "the export shows that it is set");
    let other = scene(&live(status(503)), &wanted);
    assert_eq!(listed(&other), Some("INTEGRATION_FAILURE (status 503)".to_owned()));
}

#[test]
fn types_that_lose_the_same_members_are_listed_together() {
    let lost = || header("X-A", "'1'");
    let live = [
        (T::Throttled, and(status(430), lost())),
        (T::QuotaExceeded, lost()),
        (T::Default4xx, lost()),
    ];
    let wanted = live.clone().map(|(response_type, _)| (response_type, Some(unset())));
    let scene = scene(&live, &wanted);
    let expected = "DEFAULT_4XX, QUOTA_EXCEEDED (header X-A), THROTTLED (status 430, header X-A)";
    assert_eq!(listed(&scene).as_deref(), Some(expected));
}

/// A deployment by gwr is the proof of an earlier run; nothing else is.
#[test]
fn only_a_deployment_by_gwr_makes_it_a_later_run() {
    let dropping = || throttled(header("A", "'1'"), Some(unset()));
    let with = |deployments: Option<Vec<Deployment>>| {
        let mut scene = dropping();
        scene.observed.deployments = deployments;
        takeover(&scene).map(|hazard| (hazard.refuses, hazard.message))
    };
    let almost = |text: &str| Deployment { description: Some(text.to_owned()), ..of_others("d2") };
    for (deployments, reason) in [
        (None, "unknown, because its deployments were not read"),
        (Some(vec![]), "None of the API's deployments was made by gwr."),
        (Some(vec![of_others("d1")]), "None of the API's deployments was made by gwr."),
        (
            Some(vec![of_others("d1"), almost("gwr/1 sha256:12 run=1"), almost("made by gwr")]),
            "None of the API's deployments was made by gwr.",
        ),
    ] {
        let (refuses, message) = with(deployments).expect("the hazard");
        assert!(refuses, "{message}");
        assert!(message.contains(reason), "{reason}: {message}");
        assert!(message.contains("`gwr import --api-id abcde12345`"), "{message}");
    }
    // Also where no stage points at it any more.
    let mut later = dropping().journal("d2", &[], "");
    assert_eq!(takeover(&later), None);
    later.observed.deployments.as_mut().expect("a list").retain(|one| one.id == "d1");
    assert!(takeover(&later).is_some());
}

#[test]
fn it_informs_where_gwr_does_not_deploy_or_it_is_accepted() {
    let mut never = throttled(header("A", "'1'"), Some(unset()));
    never.desired.deploy = DeployPolicy::Never;
    assert_eq!(takeover(&never).map(|hazard| hazard.refuses), Some(false));
    never.observed.deployments = None;
    let hazard = takeover(&never).expect("the hazard");
    assert!(!hazard.refuses);
    assert!(hazard.message.contains("`deploy = \"never\"`"), "{}", hazard.message);
    let mut accepted = throttled(header("A", "'1'"), Some(unset()));
    accepted.desired.accept.insert("lost-cors".to_owned());
    assert_eq!(takeover(&accepted).map(|hazard| hazard.refuses), Some(true));
    accepted.desired.accept.insert("takeover".to_owned());
    assert_eq!(takeover(&accepted).map(|hazard| hazard.refuses), Some(false));
}

/// GetDeployments is read only where it can show that apply does not refuse.
#[test]
fn the_history_is_read_where_a_change_drops_something() {
    let needs = |scene: &Scene| needs(scene).history;
    let unread = |wanted: Customization| {
        let mut scene = throttled(header("A", "'1'"), Some(wanted));
        scene.observed.deployments = None;
        scene
    };
    // Without stages nothing else needs it.
    let mut dropping = unread(unset());
    assert!(needs(&dropping));
    assert!(!needs(&unread(header("A", "'2'"))));
    dropping.desired.removals.insert(T::Throttled, [Removal::Header("a".to_owned())].into());
    assert!(!needs(&dropping));
    let mut never = unread(unset());
    never.desired.deploy = DeployPolicy::Never;
    assert!(!needs(&never));
    let mut read = unread(unset());
    read.observed.deployments = Some(Vec::new());
    assert!(!needs(&read));
}
