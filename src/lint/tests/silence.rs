//! What the rules say, and what they must not say, by the case.

use super::{load_file, rules_of_api, said};

fn template(text: &str) -> Vec<&'static str> {
    rules_of_api(&format!(
        "[apis.orders.responses.UNAUTHORIZED]\ntemplates.\"application/json\" = '''{text}'''\n"
    ))
}

fn header(line: &str) -> Vec<&'static str> {
    rules_of_api(&format!("[apis.orders.responses.DEFAULT_4XX.headers]\n{line}\n"))
}

#[test]
fn sound_templates_are_silent() {
    for text in [
        r#"{"message":$context.error.messageString}"#,
        r#"{"message":"$context.error.message","type":"$context.error.responseType"}"#,
        r#"{"message":$context.error.messageString,"errors":"$context.error.validationErrorString"}"#,
        r#"{"time":$context.requestTimeEpoch,"who":$context.authorizer.principalId}"#,
        r#"{"n":$stageVariables.n,"a":"$stageVariables.a/b","ip":"$context.identity.sourceIp"}"#,
        "{\n  \"error\": {\n    \"code\": 401,\n    \"detail\": \"$context.error.message\"\n  }\n}",
        r#"{"code":4010,"status":"fail","price":"5 $"}"#,
        r##"{"colour":"#ifffff","ref":"#end"}"##,
        "$context.authorizer.body",
        r#""text""#,
    ] {
        assert_eq!(template(text), Vec::<&str>::new(), "{text}");
    }
}

#[test]
fn reports_broken_templates_once() {
    for (text, rule) in [
        (r#"{"message": "$context.error.messageString"}"#, "doubled-message-string"),
        (r#"{"message":"${context.error.messageString}"}"#, "doubled-message-string"),
        (r#"{"message":"no: $context.error.messageString."}"#, "doubled-message-string"),
        (r#"{"message":$context.error.message}"#, "unquoted-variable"),
        (r#"{"id":$context.requestId,"at":1}"#, "unquoted-variable"),
        (r#"{"errors":$context.error.validationErrorString}"#, "unquoted-variable"),
        ("$context.error.message", "unquoted-variable"),
        (r#"{"message":"x",}"#, "invalid-json"),
        ("Not authorised: $context.error.message", "invalid-json"),
        ("<h1>401</h1>", "invalid-json"),
        (r#"{#if($context.x)"a":1#end}"#, "vtl-in-template"),
        (r#"{"m":"$input.params('x')"}"#, "vtl-in-template"),
        (r#"{"m":"$context.error.messagestring"}"#, "unknown-variable"),
        (r#"{"status":403,"message":"x"}"#, "body-status"),
        (r#"{"error":{"code":"404"}}"#, "body-status"),
    ] {
        assert_eq!(template(text), [rule], "{text}");
    }
}

/// HTML served from the template that is there by default.
#[test]
fn accepts_other_content_in_a_json_template_with_its_content_type() {
    for (line, expected) in [
        ("Content-Type = \"text/html\"", &[][..]),
        ("content-type = { from = \"context.authorizer.type\" }", &[]),
        ("Content-Type = \"application/problem+json\"", &["invalid-json"]),
        ("X-Type = \"text/html\"", &["invalid-json"]),
    ] {
        let text = format!(
            "[apis.orders.responses.UNAUTHORIZED]\nheaders.{line}\n\
             templates.\"application/json\" = '<p>$context.error.message</p>'\n"
        );
        assert_eq!(rules_of_api(&text), expected, "{line}");
    }
}

#[test]
fn checks_templates_by_their_media_type() {
    let of = |media_type: &str, text: &str| {
        rules_of_api(&format!(
            "[apis.orders.responses.UNAUTHORIZED]\ntemplates.\"{media_type}\" = '''{text}'''\n"
        ))
    };
    assert_eq!(of("text/html", "<p>$context.error.message</p>"), Vec::<&str>::new());
    assert_eq!(of("application/xml", "<m>$context.error.messageString</m>"), Vec::<&str>::new());
    let attribute = "<e m=\"$context.error.messageString\"/>";
    assert_eq!(of("application/xml", attribute), ["doubled-message-string"]);
    assert_eq!(of("application/problem+json; charset=utf-8", "x"), ["invalid-json"]);
    assert_eq!(of("application/x-ndjson", "{}\n{}"), Vec::<&str>::new());
    assert_eq!(of("application/fhir+json", "{\"a\":1}"), Vec::<&str>::new());
}

#[test]
fn sound_headers_are_silent() {
    for line in [
        "Access-Control-Allow-Origin = \"'*'\"",
        "Access-Control-Allow-Origin = { from = \"method.request.header.Origin\" }",
        "Content-Security-Policy = \"default-src 'self'\"",
        "Content-Security-Policy = \"'default-src 'self''\"",
        "Clear-Site-Data = '\"cache\", \"cookies\"'",
        "ETag = '\"abc\"'",
        "WWW-Authenticate = 'Bearer realm=\"a\", error=\"invalid_token\"'",
        "X-Said = \"it's\"",
        "X-Said = \"dogs' and cats'\"",
        "X-Empty = \"''\"",
        "Strict-Transport-Security = \"max-age=63072000; includeSubDomains\"",
        "X-Method = \"method.response is a text here\"\n# no mapping",
        "Server = \"none\"",
        "Access-Control-Expose-Headers = \"x-amzn-ErrorType,x-amzn-RequestId\"",
    ] {
        let line = line.replace("\"method.response is a text here\"", "{ literal = \"method.x\" }");
        assert_eq!(header(&line), Vec::<&str>::new(), "{line}");
    }
}

#[test]
fn reports_wrong_headers() {
    for (line, rule) in [
        ("X-A = \"''a''\"", "stray-quotes"),
        ("X-A = { literal = \"'a'\" }", "stray-quotes"),
        ("X-A = \"'a\"", "stray-quotes"),
        ("X-A = \"a'\"", "stray-quotes"),
        ("Access-Control-Allow-Origin = '\"*\"'", "stray-quotes"),
        ("X-A = \"'context.requestId'\"", "quoted-mapping"),
        ("X-A = { literal = \"$context.requestId\" }", "quoted-mapping"),
        ("X-A = \"'${stageVariables.a}'\"", "quoted-mapping"),
        ("\"gatewayresponse.header.X-A\" = \"1\"", "header-prefix"),
        ("\"integration.response.header.X-A\" = \"1\"", "header-prefix"),
        ("\"gatewayresponse.querystring.a\" = \"1\"", "header-prefix"),
        ("transfer-encoding = \"chunked\"", "reserved-header"),
        ("X-Amzn-ErrorType = \"Oops\"", "reserved-header"),
        ("x-amzn-remapped-date = \"now\"", "reserved-header"),
    ] {
        assert_eq!(header(line), [rule], "{line}");
    }
}

#[test]
fn credentials_need_one_origin() {
    let of = |origin: &str, credentials: &str| {
        header(&format!(
            "access-control-allow-origin = {origin}\n\
             Access-Control-Allow-Credentials = {credentials}"
        ))
    };
    assert_eq!(of("\"*\"", "\"true\""), ["credentials-any-origin"]);
    assert_eq!(of("\"*\"", "\"'True '\""), ["credentials-any-origin"]);
    assert_eq!(of("\"method.request.header.origin\"", "\"true\""), ["credentials-echoed-origin"]);
    assert_eq!(of("\"https://shop.example.com\"", "\"true\""), Vec::<&str>::new());
    assert_eq!(of("\"*\"", "\"false\""), Vec::<&str>::new());
    assert_eq!(of("\"method.request.header.X-Origin\"", "\"true\""), Vec::<&str>::new());
}

#[test]
fn reports_only_missing_headers_that_matter() {
    let of = |default: &str, own: &str| {
        rules_of_api(&format!(
            "[apis.orders.responses.DEFAULT_5XX.headers]\n{default}\n\
             [apis.orders.responses.INTEGRATION_TIMEOUT.headers]\n{own}\n"
        ))
    };
    let origin = "Access-Control-Allow-Origin = \"*\"";
    let both = "Access-Control-Allow-Origin = \"*\"\nAccess-Control-Expose-Headers = \"X-A\"";
    let preflight = "Access-Control-Allow-Origin = \"*\"\nAccess-Control-Allow-Headers = \"X-A\"";
    assert_eq!(of(origin, ""), ["shadowed-cors"]);
    assert_eq!(of(both, origin), ["shadowed-cors"]);
    assert_eq!(of(both, "access-control-allow-origin = \"https://a.example\""), Vec::<&str>::new());
    assert_eq!(of(preflight, "access-control-allow-origin = \"*\""), Vec::<&str>::new());
    assert_eq!(of("X-A = \"1\"", "X-B = \"1\""), ["shadowed-headers"]);
    assert_eq!(of("X-A = \"1\"", "x-a = \"2\""), Vec::<&str>::new());
}

/// Another family's default, one that is reset, one that the file does not name, and the
/// type that AWS ignores: nothing is lost there.
#[test]
fn reports_no_lost_header_where_none_is_inherited() {
    for text in [
        "DEFAULT_4XX.headers.X-A = \"1\"\nINTEGRATION_TIMEOUT.status = 504\n",
        "DEFAULT_4XX.reset = true\nTHROTTLED.status = 429\n",
        "THROTTLED.headers.X-A = \"1\"\n",
        "DEFAULT_4XX.headers.X-A = \"1\"\nTHROTTLED.reset = true\n",
    ] {
        let text = format!("[apis.orders.responses]\n{text}");
        assert_eq!(rules_of_api(&text), Vec::<&str>::new(), "{text}");
    }
    let too_large = "[apis.orders.responses]\nDEFAULT_4XX.headers.X-A = \"1\"\n\
        REQUEST_TOO_LARGE.status = 413\n";
    assert_eq!(rules_of_api(too_large), ["not-customisable"]);
}

#[test]
fn a_body_may_name_the_status_that_is_sent() {
    let of = |response_type: &str, status: &str| {
        rules_of_api(&format!(
            "[apis.orders.responses.{response_type}]\n{status}\n\
             templates.\"application/json\" = '{{\"statusCode\":404}}'\n"
        ))
    };
    assert_eq!(of("RESOURCE_NOT_FOUND", ""), Vec::<&str>::new());
    assert_eq!(of("ACCESS_DENIED", "status = 404"), Vec::<&str>::new());
    assert_eq!(of("ACCESS_DENIED", ""), ["body-status"]);
    assert_eq!(of("DEFAULT_4XX", ""), ["body-status"]);
    assert_eq!(of("DEFAULT_4XX", "status = 404"), Vec::<&str>::new());
    assert_eq!(of("INTEGRATION_FAILURE", ""), ["body-status"]);
}

/// The examples of this project and the files of its tests are sound.
#[test]
fn examples_are_silent() {
    let mut seen = 0;
    for folder in ["examples", "tests/cases"] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let file = entry.unwrap().path().join("gwr.toml");
            if file.exists() {
                let found: Vec<String> =
                    said(&load_file(&file)).iter().map(|one| one.render(false)).collect();
                assert!(found.is_empty(), "{}", found.join("\n\n"));
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "{seen}");
}
