//! Which calls are made for which differences, and in which order.

use super::*;

/// Why, of which type, what is live, what is wanted, what is called.
type Row<'a> = (&'a str, T, Option<Customization>, Option<Customization>, &'a [&'a str]);

#[test]
fn one_call_for_each_type_with_the_fewest_operations() {
    let table: &[Row<'_>] = &[
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
            vec!["takeover".to_owned()],
        ),
        (
            "explicit, and it is unset",
            &shown_504,
            Some(&json),
            vec!["INTEGRATION_FAILURE update patch: replace /statusCode 504".to_owned()],
            vec!["flattened-status".to_owned()],
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
fn the_same_input_gives_the_same_plan() {
    let wanted: Vec<_> = T::ALL.into_iter().map(|t| (t, Some(status(418)))).collect();
    let live = [(T::Throttled, status(420)), (T::Default4xx, header("A", "'1'"))];
    let scene = scene(&live, &wanted).stage("prod", export(&[]));
    assert_eq!(scene.plan(), scene.clone().plan());
}
