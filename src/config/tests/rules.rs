//! Each rule by itself: what a snippet comes to, and that the schema agrees on
//! whether it is right.

use crate::config::schema;
use crate::model::{Customization, HeaderName, HeaderValue, ResponseType, StatusCode};
use crate::state::desired::{
    Account, DesiredApi, DesiredResponse, Identity, Ignored, Limits, Matching, Unlisted,
};

use super::examples::json;
use super::{load_api, load_texts, messages};

fn api(text: &str) -> DesiredApi {
    let mut loaded = load_api(text).unwrap();
    assert_eq!(loaded.desired.apis.len(), 1);
    loaded.desired.apis.remove(0)
}

pub(super) fn customized(api: &DesiredApi, of: ResponseType) -> &Customization {
    match &api.responses[&of] {
        DesiredResponse::Customized(customization) => customization,
        DesiredResponse::Default => panic!("{of} is reset"),
    }
}

#[test]
fn header_values() {
    for (toml, aws) in [
        (r#""*""#, "'*'"),
        (r#""'*'""#, "'*'"),
        (r#""'it''s'""#, "'it''s'"),
        (r#""""#, "''"),
        (r#""''""#, "''"),
        (r#""'""#, "'''"),
        (r#""'open""#, "''open'"),
        (r#""context.requestId""#, "context.requestId"),
        (r#""context.authorizer.claims.sub""#, "context.authorizer.claims.sub"),
        (r#""stageVariables.origin""#, "stageVariables.origin"),
        (r#""method.request.header.Origin""#, "method.request.header.Origin"),
        (r#""method.request.querystring.q""#, "method.request.querystring.q"),
        (r#""method.request.path.id""#, "method.request.path.id"),
        (r#""Context.requestId""#, "'Context.requestId'"),
        (r#""methodical""#, "'methodical'"),
        (r#""a $ sign""#, "'a $ sign'"),
        (r#"{ from = "context.requestId" }"#, "context.requestId"),
        (r#"{ literal = "context.requestId" }"#, "'context.requestId'"),
        (r#"{ literal = "$5" }"#, "'$5'"),
        (r#"{ literal = "" }"#, "''"),
        (r#"{ literal = "'*'" }"#, "''*''"),
        (r#""é""#, "'é'"),
    ] {
        let api = api(&format!("[apis.orders.responses.DEFAULT_4XX]\nheaders.X = {toml}\n"));
        let headers = &customized(&api, ResponseType::Default4xx).headers;
        assert_eq!(headers[&HeaderName::observed("X")].as_str(), aws, "{toml}");
    }
}

#[test]
fn a_refused_header_value_comes_with_both_forms() {
    for text in [
        "$context.requestId",
        "context.",
        "context.request Id",
        "method.response.header.X",
        "method.request.body",
        "integration.response.header.X",
        "stageVariables.",
        "$",
    ] {
        let file = format!("[apis.orders.responses.DEFAULT_4XX]\nheaders.X = \"{text}\"\n");
        let errors = load_api(&file).unwrap_err();
        let [error] = errors.diagnostics() else {
            panic!("{errors}");
        };
        let help = error.help.as_deref().unwrap();
        // What is suggested can be pasted, and is right.
        let mut parts = help.split('`').filter(|part| part.starts_with('{'));
        for _ in 0..2 {
            let suggested = parts.next().unwrap();
            api(&format!("[apis.orders.responses.DEFAULT_4XX]\nheaders.X = {suggested}\n"));
        }
    }
}

#[test]
fn statuses() {
    let status = |toml: &str| {
        let api = api(&format!("responses.THROTTLED.status = {toml}\n"));
        customized(&api, ResponseType::Throttled).status
    };
    assert_eq!(status("100"), StatusCode::try_from(100).ok());
    assert_eq!(status("599"), StatusCode::try_from(599).ok());
    assert_eq!(status("0x1F7"), StatusCode::try_from(503).ok());
    assert_eq!(status("\"default\""), None);
}

#[test]
fn an_empty_table_is_customised_with_all_built_in_values() {
    let api = api("responses.THROTTLED = {}\n");
    assert_eq!(customized(&api, ResponseType::Throttled), &Customization::default());
}

#[test]
fn what_is_left_out_has_the_defaults_of_the_contract() {
    let loaded = load_api("").unwrap();
    assert_eq!(loaded.desired.limits, Limits { max_changes: 200, max_resets: 20 });
    let [api] = loaded.desired.apis.as_slice() else { panic!() };
    assert_eq!(api.key, "orders");
    assert_eq!(api.account, None);
    assert_eq!(api.matching, Matching::Name("orders-api".to_owned()));
    assert!(api.stages.is_empty() && api.accept.is_empty() && api.responses.is_empty());
    assert_eq!(api.unlisted, Unlisted::Keep);
}

#[test]
fn an_api_overrides_each_default() {
    let loaded = load_texts(&[r#"
        version = 1
        [defaults]
        account = "a"
        stages = ["beta", "prod"]
        unlisted = "reset"
        deploy = "never"
        foreign_changes = "allow"
        accept = ["wiped"]
        [accounts.a]
        [accounts.b]
        [apis.one]
        match = { id = "abc" }
        [apis.two]
        match = { id = "abc" }
        account = "b"
        stages = []
        unlisted = "keep"
        deploy = "auto"
        foreign_changes = "warn"
        accept = []
    "#])
    .unwrap();
    let [one, two] = loaded.desired.apis.as_slice() else { panic!() };
    assert_eq!(
        format!(
            "{:?}",
            (&one.account, &one.stages, one.unlisted, one.deploy, one.foreign_changes, &one.accept)
        ),
        r#"(Some("a"), ["beta", "prod"], Reset, Never, Allow, {"wiped"})"#
    );
    assert_eq!(
        format!(
            "{:?}",
            (&two.account, &two.stages, two.unlisted, two.deploy, two.foreign_changes, &two.accept)
        ),
        r#"(Some("b"), [], Keep, Auto, Warn, {})"#
    );
}

#[test]
fn the_only_account_is_the_default_one() {
    let loaded = load_api("[accounts.main]\nid = \"123456789012\"\n").unwrap();
    assert_eq!(loaded.desired.apis[0].account.as_deref(), Some("main"));
    let errors = load_api("[accounts.main]\n[accounts.other]\n").unwrap_err();
    assert!(messages(&errors)[0].contains("which account?"));
}

#[test]
fn accounts() {
    let loaded = load_api(
        r#"
        account = "role"
        [accounts.role]
        id = "012345678901"
        region = "eu-west-1"
        role_arn = "arn:aws:iam::012345678901:role/team/gwr"
        external_id = "x"
        session_name = "y"
        endpoint_url = "http://127.0.0.1:4566"
        quota_share = 1
        deploy_interval = 0.5
        [accounts.profile]
        profile = "p"
        quota_share = 0.25
        deploy_interval = 5
        "#,
    )
    .unwrap();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        loaded.desired.accounts["role"],
        Account {
            id: text("012345678901"),
            region: text("eu-west-1"),
            identity: Identity::Role {
                role_arn: "arn:aws:iam::012345678901:role/team/gwr".to_owned(),
                external_id: text("x"),
                session_name: text("y"),
            },
            endpoint_url: text("http://127.0.0.1:4566"),
            quota_share: Some(1.0),
            deploy_interval: Some(0.5),
        }
    );
    let profile = &loaded.desired.accounts["profile"];
    assert_eq!(profile.identity, Identity::Profile("p".to_owned()));
    assert_eq!(profile.deploy_interval, Some(5.0));
}

#[test]
fn ignore_has_force_through_its_last_day() {
    let ignoring = |until: &str| {
        load_api(&format!(
            "responses.THROTTLED.status = 429\n[[apis.orders.ignore]]\ntype = \"THROTTLED\"\nreason = \"x\"\nuntil = {until}\n"
        ))
    };
    let errors = ignoring("2026-06-15").unwrap_err();
    assert_eq!(messages(&errors), ["`THROTTLED` is ignored and named under `responses`"]);
    let loaded = ignoring("2026-06-14").unwrap();
    assert_eq!(loaded.expired.len(), 1);
    assert_eq!((loaded.expired[0].line, loaded.expired[0].column), (8, 9));
    let [ignore] = loaded.desired.apis[0].ignores.as_slice() else { panic!() };
    assert_eq!(ignore.what, Ignored::Type(ResponseType::Throttled));
    assert!(!ignore.in_force(super::TODAY));
}

#[test]
fn an_ignored_type_can_be_taken_out_of_a_preset() {
    let ignored = "use = [\"p\"]\n[[apis.orders.ignore]]\ntype = \"THROTTLED\"\nreason = \"x\"\n[presets.p.THROTTLED]\n";
    let errors = load_api(ignored).unwrap_err();
    assert!(errors.to_string().contains("named here"), "{errors}");
    load_api(&format!("responses.THROTTLED = false\n{ignored}")).unwrap();
}

/// An editor must not accept what the reader refuses, nor refuse what it accepts.
/// (What needs another part of the file, or another file, no schema can see.)
#[test]
fn the_schema_and_the_reader_agree() {
    let schema = serde_json::from_str(&schema()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for (is_right, api) in [
        (true, ""),
        (true, "stages = [\"prod\", \"be_ta-1\"]"),
        (false, "stages = [\"pr od\"]"),
        (false, "stages = [\"prod\", \"prod\"]"),
        (false, "stages = \"prod\""),
        (false, "unlisted = \"all\""),
        (true, "accept = [\"wiped\", \"waf-wins\"]"),
        (false, "accept = [\"all\"]"),
        (false, "colour = 1"),
        (false, "[apis.other]\nmatch = { id = \"abc\", name = \"other\" }"),
        (true, "responses.THROTTLED = false"),
        (false, "responses.THROTTLED = true"),
        (false, "responses.throttled = {}"),
        (true, "responses.THROTTLED = {}"),
        (true, "responses.THROTTLED.reset = true"),
        (false, "responses.THROTTLED.reset = false"),
        (false, "responses.THROTTLED = { reset = true, status = 429 }"),
        (true, "responses.THROTTLED.status = 100"),
        (true, "responses.THROTTLED.status = \"default\""),
        (false, "responses.THROTTLED.status = 99"),
        (false, "responses.THROTTLED.status = 600"),
        (false, "responses.THROTTLED.status = \"503\""),
        (true, "responses.THROTTLED.headers = { A = \"\", B = false, C = { literal = \"\" } }"),
        (false, "responses.THROTTLED.headers = { A = true }"),
        (false, "responses.THROTTLED.headers = { A = 1 }"),
        (false, "responses.THROTTLED.headers = { A = {} }"),
        (false, "responses.THROTTLED.headers = { A = \"a\\nb\" }"),
        (false, "responses.THROTTLED.headers = { \"A B\" = \"\" }"),
        (false, "responses.THROTTLED.headers = { A = { from = \"requestId\" } }"),
        (false, "responses.THROTTLED.headers = { A = { from = \"context.a\", literal = \"\" } }"),
        (false, "responses.THROTTLED.headers = { A = { from = 1 } }"),
        (true, "responses.THROTTLED.templates.\"a/b\" = \"x\""),
        (true, "responses.THROTTLED.templates.\"a/b; charset=utf-8\" = false"),
        (false, "responses.THROTTLED.templates.\"a/b\" = \"\""),
        (false, "responses.THROTTLED.templates.\"a/b\" = {}"),
        (false, "responses.THROTTLED.templates.json = \"x\""),
        (false, "responses.THROTTLED.templates.\"123\" = \"x\""),
        (false, "responses.THROTTLED.templates.\"a/\" = \"x\""),
        (false, "responses.THROTTLED.templates.\"a/b~c\" = \"x\""),
        (true, "responses.THROTTLED.templates.\"application/vnd.api+json\" = \"x\""),
        (true, "responses.THROTTLED.templates.\"*/*\" = \"x\""),
        (true, "ignore = [{ type = \"THROTTLED\", reason = \"x\", until = 2027-03-01 }]"),
        (false, "ignore = [{ type = \"THROTTLED\", stage = \"prod\", reason = \"x\" }]"),
        (false, "ignore = [{ reason = \"x\" }]"),
        (false, "ignore = [{ type = \"THROTTLED\" }]"),
        (false, "ignore = [{ type = \"THROTTLED\", reason = \" \" }]"),
        (false, "ignore = { type = \"THROTTLED\", reason = \"x\" }"),
        (true, "allow = [{ rule = \"waf-wins\", reason = \"y\" }]"),
        (false, "allow = [{ rule = \"x\", reason = \"y\" }]"),
        (false, "allow = [{ rule = \"x\" }]"),
        (false, "allow = [{ rule = \"x\", reason = \"y\", type = \"X\" }]"),
        (true, "[accounts.a]\nquota_share = 1\ndeploy_interval = 0.5"),
        (false, "[accounts.a]\nquota_share = 0"),
        (false, "[accounts.a]\nquota_share = 1.5"),
        (false, "[accounts.a]\ndeploy_interval = 0"),
        (false, "[accounts.a]\nid = \"123\""),
        (false, "[accounts.a]\nprofile = \"a\"\nrole_arn = \"arn:aws:iam::123456789012:role/a\""),
        (false, "[accounts.a]\nexternal_id = \"a\""),
        (false, "[accounts.a]\nendpoint_url = \"localhost\""),
        (true, "[limits]\nmax_changes = 0"),
        (false, "[limits]\nmax_changes = -1"),
        (false, "[apis.other]\nmatch = {}"),
        (false, "[apis.other]\nmatch = { tags = {} }"),
        (true, "[apis.other]\nmatch = { tags = { team = \"\" } }"),
        (false, "[apis.other]\nmatch = { name = \"\" }"),
    ] {
        let loaded = load_api(api);
        assert_eq!(loaded.is_ok(), is_right, "reader: {api}: {loaded:?}");
        let file =
            format!("version = 1\n[apis.orders]\nmatch = {{ name = \"orders-api\" }}\n{api}\n");
        assert_eq!(schema.is_valid(&json(&file)), is_right, "schema: {api}");
    }
}

#[test]
fn places_are_found_in_the_api_and_in_its_presets() {
    let loaded = load_api(
        "use = [\"p\"]\nresponses.THROTTLED.headers.retry-after = \"1\"\n[presets.p.THROTTLED]\nstatus = 430\n",
    )
    .unwrap();
    let places = &loaded.places;
    let of = ResponseType::Throttled;
    let header = places.response_key("orders", of, &["headers", "Retry-After"]).unwrap();
    assert_eq!(header.text(), "retry-after");
    let status = places.response_value("orders", of, &["status"]).unwrap();
    assert_eq!(status.text(), "430");
    assert_eq!(places.key(&["apis", "orders"]).unwrap().text(), "orders");
    assert!(places.value(&["apis", "nothing"]).is_none());
    let api = &loaded.desired.apis[0];
    assert_eq!(
        customized(api, of).headers[&HeaderName::observed("retry-after")],
        HeaderValue::literal("1")
    );
}
