//! Repairs: what they change, what they keep, and what they leave.

use proptest::prelude::*;

use super::{HEAD, fixed, rules};

fn after(text: &str) -> String {
    let whole = format!("{HEAD}{text}");
    let (after, _) = fixed(&whole);
    after.strip_prefix(HEAD).expect("the head stays").to_owned()
}

#[test]
fn fixes_keep_the_kind_of_string() {
    for (before, expected) in [
        (
            r#"templates."application/json" = '{"m":"$context.error.messageString"}' # why"#,
            r#"templates."application/json" = '{"m":$context.error.messageString}' # why"#,
        ),
        (
            r#"templates."application/json"="{\"ü\":\"\u00fc\",\"m\":\"$context.error.messageString\"}""#,
            r#"templates."application/json"="{\"ü\":\"\u00fc\",\"m\":$context.error.messageString}""#,
        ),
        (
            r#"templates."application/json" = "{\"id\":$context.requestId}""#,
            r#"templates."application/json" = "{\"id\":\"$context.requestId\"}""#,
        ),
        (
            "templates.\"application/json\" = \"\"\"\n{\"m\": \\\n    $context.error.message}\n\"\"\"",
            "templates.\"application/json\" = \"\"\"\n{\"m\": \\\n    $context.error.messageString}\n\"\"\"",
        ),
        (
            "templates.\"application/json\" = '''\n{\n  \"id\": $context.requestId,\n  \"m\": \"no $context.error.messageString\"\n}'''",
            "templates.\"application/json\" = '''\n{\n  \"id\": \"$context.requestId\",\n  \"m\": \"no $context.error.message\"\n}'''",
        ),
        ("headers.X-A = \"''a''\"  # b", "headers.X-A = \"a\"  # b"),
        (
            "headers = { X-A = \"'context.x'\", B = '1' }",
            "headers = { X-A = { from = \"context.x\" }, B = '1' }",
        ),
        ("headers.X-A.literal = \"context.x\"", "headers.X-A.literal = \"context.x\""),
        ("headers.\"method.response.header.X-A\" = '1' # b", "headers.X-A = '1' # b"),
    ] {
        let head = "[apis.orders.responses.UNAUTHORIZED] # 401\n";
        assert_eq!(after(&format!("{head}{before}\n")), format!("{head}{expected}\n"));
    }
}

#[test]
fn fixes_add_headers_next_to_the_existing_ones() {
    let default = "[apis.orders.responses.DEFAULT_4XX]\n\
        headers = { Access-Control-Allow-Origin = \"*\", X-A = \"1\" }\n";
    for (before, expected) in [
        (
            "[apis.orders.responses.UNAUTHORIZED]\nheaders = { X-A = \"1\" } # c\n",
            "[apis.orders.responses.UNAUTHORIZED]\nheaders = { X-A = \"1\", Access-Control-Allow-Origin = \"*\" } # c\n",
        ),
        (
            "[apis.orders.responses.UNAUTHORIZED.headers]\n# a\nX-A = \"1\" # b\n\n# c\n[apis.orders.responses.THROTTLED]\nreset = true\n",
            "[apis.orders.responses.UNAUTHORIZED.headers]\n# a\nX-A = \"1\" # b\nAccess-Control-Allow-Origin = \"*\"\n\n# c\n[apis.orders.responses.THROTTLED]\nreset = true\n",
        ),
        (
            "[apis.orders.responses.UNAUTHORIZED]\nheaders.X-A = \"1\"\nstatus = 401\n",
            "[apis.orders.responses.UNAUTHORIZED]\nheaders.X-A = \"1\"\nheaders.Access-Control-Allow-Origin = \"*\"\nstatus = 401\n",
        ),
        (
            "[apis.orders.responses]\nUNAUTHORIZED = { headers = { X-A = \"1\" } }\n",
            "[apis.orders.responses]\nUNAUTHORIZED = { headers = { X-A = \"1\", Access-Control-Allow-Origin = \"*\" } }\n",
        ),
    ] {
        assert_eq!(after(&format!("{default}{before}")), format!("{default}{expected}"));
    }
    // `false` removes the header on purpose: a repair does not overrule it.
    let explicit = format!(
        "{default}[apis.orders.responses.UNAUTHORIZED]\n\
         headers = {{ X-A = \"1\", Access-Control-Allow-Origin = false }}\n"
    );
    assert_eq!(after(&explicit), explicit);
    let bare = "[apis.orders.responses.DEFAULT_4XX]\n\
        headers = { Access-Control-Allow-Origin = { from = \"method.request.header.Origin\" } }\n\
        [apis.orders.responses.UNAUTHORIZED]\nstatus = 404 # hidden\n";
    let expected =
        "headers = { Access-Control-Allow-Origin = { from = \"method.request.header.Origin\" } }\n";
    assert_eq!(after(bare), format!("{bare}{expected}"));
}

#[test]
fn fixes_keep_windows_line_endings() {
    let text = format!(
        "{HEAD}[apis.orders.responses]\n# c\nDEFAULT_4XX.headers.Access-Control-Allow-Origin = \"*\"\n\
         THROTTLED.status = 429\n\
         UNAUTHORIZED.templates.\"application/json\" = '''\n{{\n\"m\":\"$context.error.messageString\"}}'''\n\
         UNAUTHORIZED.headers.Access-Control-Allow-Origin = \"''*''\"\n"
    )
    .replace('\n', "\r\n");
    let (after, _) = fixed(&text);
    assert_eq!(after.replace("\r\n", ""), after.replace(['\r', '\n'], ""));
    assert!(rules(&after).is_empty(), "{after}");
    assert_eq!(fixed(&after).0, after);
}

#[test]
fn does_not_fix_what_another_api_uses() {
    let preset = "version = 1\n[presets.house.DEFAULT_4XX.headers]\nX-A = \"''a''\"\n";
    let api = |key: &str, more: &str| {
        format!("[apis.{key}]\nmatch = {{ name = \"{key}\" }}\nuse = [\"house\"]\n{more}")
    };
    let allow = "[[apis.b.allow]]\nrule = \"stray-quotes\"\nreason = \"it is meant\"\n";
    let both = format!("{preset}{}{}", api("a", ""), api("b", ""));
    assert_eq!(fixed(&both).0, both.replace("''a''", "a"));
    let one = format!("{preset}{}{}", api("a", ""), api("b", allow));
    assert_eq!(fixed(&one).0, one);
}

#[test]
fn a_preset_gets_the_headers_that_it_gives_itself() {
    let api = "[apis.a]\nmatch = { name = \"a\" }\nuse = [\"cors\", \"more\"]\n";
    let cors =
        "version = 1\n[presets.cors.DEFAULT_4XX.headers]\nAccess-Control-Allow-Origin = \"*\"\n";
    let same = format!("{cors}[presets.cors.THROTTLED]\nstatus = 429\n{api}[presets.more]\n");
    assert!(
        fixed(&same)
            .0
            .contains("status = 429\nheaders = { Access-Control-Allow-Origin = \"*\" }\n")
    );
    let other = format!("{cors}[presets.more.THROTTLED]\nstatus = 429\n{api}");
    assert_eq!(fixed(&other).0, other);
}

#[test]
fn does_not_fix_what_is_unsafe_to_change() {
    for text in [
        "[apis.orders.responses.DEFAULT_4XX.headers]\n\"method.response.header.X\" = \"1\"\nx = \"2\"\n",
        "[apis.orders.responses.DEFAULT_4XX.headers]\nAccess-Control-Allow-Credentials = \"true\"\n\
         Access-Control-Allow-Origin = \"'method.request.header.Origin'\"\n",
        "[apis.orders.responses.DEFAULT_4XX]\ntemplates.\"application/json\" = '{\"m\":\"$context.error.messageString\"'\n",
        "[apis.orders.responses.DEFAULT_4XX]\ntemplates.\"application/json\" = '$context.error.message'\n",
        "[apis.orders.responses.DEFAULT_4XX]\ntemplates.\"application/json\" = '{\"e\":$context.error.validationErrorString}'\n",
        "[apis.orders.responses.DEFAULT_4XX]\nheaders.X-A = \"''''\"\n",
    ] {
        assert!(!rules(&format!("{HEAD}{text}")).is_empty(), "{text}");
        assert_eq!(after(text), text);
    }
}

/// A line of a made-up file, right or wrong, with a comment that must survive.
fn line() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("\"*\""),
        Just("\"''*''\""),
        Just("\"'*\""),
        Just("'\"*\"'"),
        Just("\"'context.requestId'\""),
        Just("{ literal = \"$context.requestId\" }"),
        Just("{ from = \"method.request.header.Origin\" }"),
    ];
    let name = prop_oneof![
        Just("Access-Control-Allow-Origin"),
        Just("Access-Control-Allow-Credentials"),
        Just("X-A"),
        Just("\"method.response.header.X-A\""),
        Just("\"gatewayresponse.header.X-B\""),
    ];
    let template = prop_oneof![
        Just(r#"'{"m":"$context.error.messageString","id":$context.requestId}'"#),
        Just(r#""{\"m\":$context.error.message}""#),
        Just("'''\n{\n  \"m\": \"a $context.error.messageString\" }'''"),
        Just("'{\"m\":\"$context.error.messageString\",}'"),
        Just("'<p>\"$context.error.messageString\"</p>'"),
    ];
    let media = prop_oneof![Just("application/json"), Just("text/html")];
    prop_oneof![
        (name, value).prop_map(|(name, value)| format!("headers.{name} = {value}")),
        (media, template).prop_map(|(media, text)| format!("templates.\"{media}\" = {text}")),
        Just("status = 429".to_owned()),
    ]
}

proptest! {
    /// Whatever is repaired: a second run has nothing to do, comments are all there, and
    /// no rule speaks that was silent.
    #[test]
    fn repairs_settle_and_keep_comments(
        types in prop::collection::btree_map(
            prop::sample::select(vec!["DEFAULT_4XX", "UNAUTHORIZED", "THROTTLED"]),
            prop::collection::vec(line(), 0..4),
            1..4,
        )
    ) {
        let mut text = format!("# first\n{HEAD}");
        for (number, (name, lines)) in types.into_iter().enumerate() {
            text.push_str(&format!("[apis.orders.responses.{name}] # type {number}\n"));
            let mut keys = std::collections::BTreeSet::new();
            for line in lines {
                if keys.insert(line.split(" = ").next().unwrap_or_default().to_owned()) {
                    text.push_str(&format!("  {line}  # line {}\n", keys.len()));
                }
            }
        }
        let before = rules(&text);
        let (once, repaired) = fixed(&text);
        prop_assert_eq!(&fixed(&once).0, &once);
        prop_assert!(rules(&once).is_subset(&before), "{}", once);
        prop_assert_eq!(once == text, repaired.repaired.is_empty());
        let comments = |text: &str| -> Vec<String> {
            text.lines().filter_map(|line| line.split_once("# ")).map(|(_, c)| c.to_owned()).collect()
        };
        prop_assert_eq!(comments(&once), comments(&text));
    }
}
