//! Presets over each other, files over each other.

use proptest::prelude::*;

use std::collections::BTreeSet;

use crate::model::{HeaderName, ResponseType, StatusCode};
use crate::state::desired::{DesiredApi, DesiredResponse, Matching, Removal};

use super::rules::customized;
use super::{load_texts, messages};

const OF: ResponseType = ResponseType::Throttled;

/// One API that uses presets with these texts for `THROTTLED`, in order.
fn layered(layers: &[&str]) -> Option<DesiredResponse> {
    layered_api(layers).responses.remove(&OF)
}

fn layered_api(layers: &[&str]) -> DesiredApi {
    let names: Vec<String> = (0..layers.len()).map(|n| format!("\"p{n}\"")).collect();
    let presets: Vec<String> = (0..)
        .zip(layers)
        .map(|(n, layer): (usize, _)| format!("[presets.p{n}]\nTHROTTLED = {layer}\n"))
        .collect();
    let text = format!(
        "version = 1\n[apis.orders]\nmatch = {{ name = \"o\" }}\nuse = [{}]\n{}",
        names.join(", "),
        presets.concat()
    );
    let mut loaded = load_texts(&[&text]).unwrap();
    loaded.desired.apis.remove(0)
}

fn headers(layers: &[&str]) -> Vec<(String, String)> {
    match layered(layers) {
        Some(DesiredResponse::Customized(customization)) => customization
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
        other => panic!("{other:?}"),
    }
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    expected.iter().map(owned).collect()
}

#[test]
fn headers_merge_without_case_and_keep_the_last_spelling() {
    assert_eq!(
        headers(&[r#"{ headers = { X-A = "1", X-B = "1" } }"#, r#"{ headers = { x-a = "2" } }"#]),
        pairs(&[("x-a", "'2'"), ("X-B", "'1'")])
    );
}

#[test]
fn false_takes_away_what_came_before_and_only_that() {
    assert_eq!(
        headers(&[
            r#"{ headers = { X-A = "1", X-B = "1" } }"#,
            "{ headers = { x-a = false, X-C = false } }",
            r#"{ headers = { X-C = "3" } }"#,
        ]),
        pairs(&[("X-B", "'1'"), ("X-C", "'3'")])
    );
    assert_eq!(layered(&["{ status = 430 }", "false"]), None);
    let again = layered(&["{ status = 430 }", "false", "{}"]);
    let Some(DesiredResponse::Customized(customization)) = again else { panic!() };
    assert_eq!(customization.status, None);
}

/// What the file removes explicitly is known, until a later layer sets it again.
#[test]
fn explicit_removals_are_kept_until_the_member_is_set_again() {
    let status = Removal::Status;
    let header = Removal::Header("x-a".to_owned());
    let template = Removal::Template("a/b".to_owned());
    let all = r#"{ status = "default", headers = { X-a = false }, templates = { "a/b" = false } }"#;
    for (layers, expected) in [
        (&["{ status = 430 }"][..], &[][..]),
        (&[all], &[&status, &header, &template]),
        (&[all, "{}"], &[&status, &header, &template]),
        (&[r#"{ headers = { X-A = "1" } }"#, "{ headers = { x-A = false } }"], &[&header]),
        (&[all, "{ status = 430 }"], &[&header, &template]),
        (&[all, r#"{ headers = { x-A = "1" } }"#], &[&status, &template]),
        (&[all, r#"{ templates = { "a/b" = "1" } }"#], &[&status, &header]),
        (&[all, r#"{ templates = { "A/b" = "1" } }"#], &[&status, &header, &template]),
        // What comes before `false` or a reset counts for nothing, also not as a removal.
        (&[all, "false"], &[]),
        (&[all, "false", "{}"], &[]),
        (&[all, "{ reset = true }"], &[]),
        (&[all, "{ reset = true }", "{}"], &[]),
    ] {
        let api = layered_api(layers);
        let expected: BTreeSet<Removal> =
            expected.iter().map(|removal| (*removal).clone()).collect();
        let found = api.removals.get(&OF).cloned().unwrap_or_default();
        assert_eq!(found, expected, "{layers:?}");
    }
}

/// A later file sets or removes what an earlier one says.
#[test]
fn explicit_removals_come_from_the_file_that_speaks_last() {
    let file = |value: &str| {
        format!(
            "version = 1\n[apis.o]\nmatch = {{ name = \"o\" }}\n\
             [apis.o.responses.THROTTLED]\nheaders.X-A = {value}\n"
        )
    };
    let removed = |first: &str, second: &str| {
        let over = file(second).replace("X-A", "x-a");
        let loaded = load_texts(&[&file(first), &over]).unwrap();
        loaded.desired.apis[0].removes(OF, &Removal::Header("x-a".to_owned()))
    };
    assert!(removed("\"1\"", "false"));
    assert!(!removed("false", "\"1\""));
}

#[test]
fn reset_replaces_everything_and_can_be_customised_again() {
    let last = |layers: &[&str]| layered(layers).unwrap();
    assert_eq!(last(&["{ status = 430 }", "{ reset = true }"]), DesiredResponse::Default);
    let DesiredResponse::Customized(customization) = last(&[
        r#"{ status = 430, headers = { X-A = "1" } }"#,
        "{ reset = true }",
        r#"{ headers = { X-B = "1" } }"#,
    ]) else {
        panic!()
    };
    assert_eq!(customization.status, None);
    assert_eq!(customization.headers.len(), 1);
}

#[test]
fn status_replaces_and_default_unsets() {
    let status = |layers: &[&str]| match layered(layers) {
        Some(DesiredResponse::Customized(customization)) => customization.status,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        status(&["{ status = 430 }", "{ status = 431 }", "{}"]),
        StatusCode::try_from(431).ok()
    );
    assert_eq!(status(&["{ status = 430 }", "{ status = \"default\" }"]), None);
}

#[test]
fn templates_merge_by_media_type() {
    let Some(DesiredResponse::Customized(customization)) = layered(&[
        r#"{ templates = { "a/b" = "1", "a/c" = "1" } }"#,
        r#"{ templates = { "a/b" = "2", "a/c" = false } }"#,
    ]) else {
        panic!()
    };
    let templates: Vec<(&str, &str)> = customization
        .templates
        .iter()
        .map(|(media_type, text)| (media_type.as_str(), text.as_str()))
        .collect();
    assert_eq!(templates, [("a/b", "2")]);
}

const BASE: &str = r#"
version = 1
[defaults]
stages = ["beta"]
[accounts.main]
profile = "p"
region = "eu-west-1"
[apis.orders]
match = { name = "orders-api" }
[apis.orders.responses.THROTTLED]
reset = true
[apis.orders.responses.DEFAULT_4XX]
status = 400
headers = { X-A = "1", X-B = { from = "context.requestId" } }
[[apis.orders.ignore]]
stage = "beta"
reason = "x"
"#;

#[test]
fn later_files_win() {
    let over = r#"
        version = 1
        [defaults]
        stages = ["prod"]
        [accounts.main]
        role_arn = "arn:aws:iam::123456789012:role/gwr"
        [apis.orders]
        match = { id = "abc" }
        ignore = []
        [apis.orders.responses.THROTTLED]
        status = 430
        [apis.orders.responses.DEFAULT_4XX]
        headers = { x-a = "2", X-B = { literal = "b" } }
        [apis.other]
        match = { name = "other" }
    "#;
    let loaded = load_texts(&[BASE, over]).unwrap();
    let [orders, other] = loaded.desired.apis.as_slice() else { panic!() };
    assert_eq!(orders.matching, Matching::Id("abc".to_owned()));
    assert_eq!(orders.stages, ["prod"]);
    assert!(orders.ignores.is_empty());
    assert!(customized(orders, OF).status.is_some());
    let client = customized(orders, ResponseType::Default4xx);
    assert!(client.status.is_some());
    assert_eq!(client.headers.len(), 2);
    assert_eq!(client.headers[&HeaderName::observed("x-a")].as_str(), "'2'");
    assert_eq!(client.headers[&HeaderName::observed("X-B")].as_str(), "'b'");
    let account = &loaded.desired.accounts["main"];
    assert_eq!(account.region.as_deref(), Some("eu-west-1"));
    assert!(format!("{:?}", account.identity).starts_with("Role"));
    assert_eq!(other.key, "other");
}

#[test]
fn errors_point_at_the_file_that_has_them() {
    let errors = load_texts(&[BASE, "[apis.orders]\ncolour = 1\n", "version = 2\n"]).unwrap_err();
    let files: Vec<String> = errors
        .diagnostics()
        .iter()
        .map(|d| {
            let name = d.file.file_name().unwrap().to_string_lossy();
            format!("{name}:{}:{}", d.line, d.column)
        })
        .collect();
    assert_eq!(files, ["2.toml:2:1", "3.toml:1:11"]);
}

#[test]
fn a_version_must_stand_somewhere_and_agree() {
    let without = "[apis.o]\nmatch = { name = \"o\" }\n";
    assert!(load_texts(&["version = 1", without]).is_ok());
    assert!(load_texts(&[without, "version = 1"]).is_ok());
    let errors = load_texts(&[without]).unwrap_err();
    assert_eq!(messages(&errors), ["`version = 1` is missing"]);
    for wrong in ["version = 2", "version = \"1\"", "version = 1.0"] {
        assert!(load_texts(&["version = 1", without, wrong]).is_err(), "{wrong}");
    }
}

fn layer() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["X-A", "x-a", "X-b", "X-B"]);
    let value = prop::sample::select(vec!["\"1\"", "\"2\"", "false", "{ literal = \"3\" }"]);
    let status = prop::sample::select(vec!["", "status = 430", "status = \"default\""]);
    let customized = (status, prop::option::of((name, value))).prop_map(|(status, header)| {
        let headers = header.map(|(name, value)| format!("headers = {{ {name} = {value} }}"));
        let parts: Vec<String> = std::iter::once(status.to_owned())
            .chain(headers)
            .filter(|part| !part.is_empty())
            .collect();
        format!("{{ {} }}", parts.join(", "))
    });
    prop_oneof![
        6 => customized,
        1 => Just("false".to_owned()),
        1 => Just("{ reset = true }".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_layer_twice_is_the_layer_once(layers in prop::collection::vec(layer(), 1..4)) {
        let mut layers: Vec<&str> = layers.iter().map(String::as_str).collect();
        let once = layered(&layers);
        layers.push(layers[layers.len() - 1]);
        prop_assert_eq!(layered(&layers), once);
    }

    #[test]
    fn what_is_before_reset_or_false_counts_for_nothing(
        before in prop::collection::vec(layer(), 0..3),
        after in prop::collection::vec(layer(), 0..3),
    ) {
        for cut in ["false", "{ reset = true }"] {
            let tail: Vec<&str> = std::iter::once(cut).chain(after.iter().map(String::as_str)).collect();
            let all: Vec<&str> = before.iter().map(String::as_str).chain(tail.iter().copied()).collect();
            prop_assert_eq!(layered_api(&all), layered_api(&tail));
        }
    }

    /// A file over itself is itself, and an empty table changes nothing.
    #[test]
    fn a_file_over_itself_is_itself(layer in layer()) {
        let text = format!("version = 1\n[apis.o]\nmatch = {{ name = \"o\" }}\n[apis.o.responses]\nTHROTTLED = {layer}\n");
        let once = load_texts(&[&text]).unwrap().desired;
        prop_assert_eq!(&load_texts(&[&text, &text]).unwrap().desired, &once);
        prop_assert_eq!(&load_texts(&[&text, "[apis.o.responses]\n"]).unwrap().desired, &once);
    }
}

#[test]
fn a_file_that_is_no_toml_hides_no_error_of_the_others() {
    let base = "version = 1\nstagse = []\n[apis.orders]\nuse = [\"cors\"]\nunlisted = \"all\"\n";
    let errors = load_texts(&[base, "[apis.orders\n"]).unwrap_err();
    let messages = messages(&errors);
    // Whether the API has a match, and there is such a preset, the other file may say.
    let [key, choice, syntax] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!(*key, "unknown key `stagse`");
    assert!(choice.starts_with("`unlisted` must be"), "{choice}");
    assert!(syntax.contains("unclosed table") || syntax.contains("expected"), "{syntax}");
    let whole = load_texts(&[base]).unwrap_err();
    assert_eq!(whole.diagnostics().len(), 4, "{whole}");
}
