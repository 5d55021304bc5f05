use super::*;
use crate::model::ResponseType as T;
use crate::sandbox::wire::error::Code;

fn op(op: &str, path: Option<&str>, value: Option<&str>) -> PatchOperation {
    PatchOperation {
        op: Some(op.to_owned()),
        path: path.map(str::to_owned),
        value: value.map(str::to_owned),
        from: None,
    }
}

fn quirks(settings: &[&str]) -> Quirks {
    let mut quirks = Quirks::default();
    for setting in settings {
        quirks.set(setting).expect("a quirk");
    }
    quirks
}

fn texts(pairs: &[(&str, &str)]) -> Texts {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// What `test_update_gateway_response` put before it tried the failing patches.
fn recorded() -> Responses {
    Responses::from([(
        T::Default4xx,
        Customization {
            status_code: Some("404".to_owned()),
            response_parameters: Some(texts(&[
                ("gatewayresponse.header.Access-Control-Allow-Origin", "'a.b.c'"),
                ("gatewayresponse.header.x-request-path", "method.request.path.petId"),
            ])),
            response_templates: Some(texts(&[
                ("application/json", "{}"),
                ("application/xml", "<x/>"),
            ])),
        },
    )])
}

const ORIGIN: &str = "/responseParameters/gatewayresponse.header.Access-Control-Allow-Origin";

#[test]
fn recorded_failures() {
    type Row = (&'static str, Option<&'static str>, Option<&'static str>, Code, &'static str);
    let rows: [(T, Row); 10] = [
        (
            T::Default4xx,
            (
                "add",
                Some("/statusCode"),
                Some("444"),
                Code::BadRequest,
                "Invalid patch path /statusCode",
            ),
        ),
        (
            T::Default4xx,
            (
                "remove",
                Some("/statusCode"),
                None,
                Code::BadRequest,
                "Invalid patch path /statusCode",
            ),
        ),
        (
            T::Default5xx,
            (
                "replace",
                Some(ORIGIN),
                Some("'example.com'"),
                Code::NotFound,
                "Invalid parameter name specified",
            ),
        ),
        (
            T::Default4xx,
            ("add", None, Some("'example.com'"), Code::BadRequest, "Invalid patch path null"),
        ),
        (
            T::Default4xx,
            (
                "add",
                Some("/wrongPath"),
                Some("'x'"),
                Code::BadRequest,
                "Invalid patch path /wrongPath",
            ),
        ),
        (
            T::Default4xx,
            (
                "replace",
                Some("/responseTemplates/application~1xml"),
                None,
                Code::BadRequest,
                "Invalid null or empty value in responseTemplates",
            ),
        ),
        (
            T::Default4xx,
            (
                "replace",
                Some(ORIGIN),
                None,
                Code::BadRequest,
                "Invalid null or empty value in responseParameters",
            ),
        ),
        // Recorded for siblings: an unescaped slash, a bare map, a missing key.
        (
            T::Default4xx,
            (
                "add",
                Some("/responseTemplates/application/xml"),
                Some("x"),
                Code::BadRequest,
                "Invalid patch path /responseTemplates/application/xml",
            ),
        ),
        (
            T::Default4xx,
            (
                "replace",
                Some("/responseParameters"),
                Some("x"),
                Code::BadRequest,
                "Invalid patch path /responseParameters",
            ),
        ),
        (
            T::Default4xx,
            (
                "remove",
                Some("/responseTemplates/text~1html"),
                None,
                Code::NotFound,
                "Content-Type specified was not found",
            ),
        ),
    ];
    for (of, (name, path, value, code, message)) in rows {
        let responses = recorded();
        let patched = patch(&responses, of, &[op(name, path, value)], &Quirks::default());
        assert_eq!(patched.failure, Some(Failure::new(code, message)), "{name} {path:?}");
        assert_eq!(patched.stored, responses.get(&of).cloned());
    }
}

#[test]
fn recorded_successes() {
    let first = patch(
        &Responses::new(),
        T::Default4xx,
        &[op("replace", Some("/statusCode"), Some("444"))],
        &Quirks::default(),
    );
    let stored = first.stored.expect("customised");
    assert_eq!((stored.status_code.as_deref(), stored.response_templates), (Some("444"), None));

    let three = patch(
        &recorded(),
        T::Default4xx,
        &[
            op("replace", Some("/statusCode"), Some("444")),
            op("replace", Some(ORIGIN), Some("'example.com'")),
            op("add", Some("/responseTemplates/application~1xml"), Some("<y/>")),
        ],
        &Quirks::default(),
    );
    let stored = three.stored.expect("customised");
    assert_eq!(three.failure, None);
    assert_eq!(stored.status_code.as_deref(), Some("444"));
    assert_eq!(stored.response_templates.expect("templates")["application/xml"], "<y/>");
}

#[test]
fn a_failing_operation_undoes_the_others_or_not() {
    let operations = [
        op("replace", Some("/statusCode"), Some("499")),
        op("replace", Some("/responseParameters/gatewayresponse.header.none"), Some("'x'")),
    ];
    let responses = recorded();
    let all = patch(&responses, T::Default4xx, &operations, &Quirks::default());
    assert_eq!(all.stored, responses.get(&T::Default4xx).cloned());
    let some = patch(&responses, T::Default4xx, &operations, &quirks(&["patch-atomic=no"]));
    assert_eq!(some.stored.expect("customised").status_code.as_deref(), Some("499"));
    let failure = some.failure.expect("a failure");
    assert_eq!(failure.changes, crate::sandbox::wire::error::Changes::Kept);
}

#[test]
fn what_a_first_patch_starts_from() {
    let operations = [op("add", Some("/responseParameters/gatewayresponse.header.X"), Some("'1'"))];
    let stored = |settings: &[&str]| {
        patch(&recorded(), T::Throttled, &operations, &quirks(settings)).stored.expect("customised")
    };
    let plain = stored(&[]);
    assert_eq!(plain.status_code, None);
    assert_eq!(plain.response_parameters.map(|map| map.len()), Some(1));
    let inherited = stored(&["patch-base=resolved"]);
    assert_eq!(inherited.status_code.as_deref(), Some("404"));
    assert_eq!(inherited.response_parameters.map(|map| map.len()), Some(3));
    assert_eq!(stored(&["patch-status=explicit"]).status_code.as_deref(), Some("429"));
}

#[test]
fn templates_at_the_edge() {
    let json = Some("/responseTemplates/application~1json");
    let run = |operation: PatchOperation, settings: &[&str]| {
        patch(&Responses::new(), T::Throttled, &[operation], &quirks(settings))
    };
    assert_eq!(run(op("replace", json, Some("{}")), &[]).failure, None);
    assert!(
        run(op("replace", json, Some("{}")), &["patch-replace-default-template=error"])
            .failure
            .is_some()
    );
    let left = |settings: &[&str]| {
        run(op("remove", json, None), settings).stored.expect("customised").response_templates
    };
    assert_eq!(left(&[]), None);
    assert_eq!(left(&["last-template=empty"]), Some(Texts::new()));
}

#[test]
fn header_case_is_distinct_or_merged() {
    let operations = [
        op("add", Some("/responseParameters/gatewayresponse.header.X-A"), Some("'1'")),
        op("add", Some("/responseParameters/gatewayresponse.header.x-a"), Some("'2'")),
    ];
    let keys = |settings: &[&str]| {
        let patched = patch(&Responses::new(), T::Throttled, &operations, &quirks(settings));
        patched.stored.and_then(|custom| custom.response_parameters).map(|map| map.len())
    };
    assert_eq!(keys(&[]), Some(2));
    assert_eq!(keys(&["header-case=merge"]), Some(1));
}
