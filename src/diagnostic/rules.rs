//! The rules that there are, as data.
//!
//! `docs/lint.md`, SARIF and `gwr validate --explain` are made from this table. Each
//! example is tested: it finds its rule and no other, and what is written instead is
//! silent.
//!
//! An error is what no client can ever use; a warning what is most likely not meant; a
//! note what is worth knowing. What AWS would refuse is no lint at all: the file is not
//! valid then, and every verb says so.

use std::str::FromStr;

use super::rule::Rule;
use super::severity::Severity;

/// Every rule, in the order of the documents: what is worst first.
pub static RULES: [&Rule; 19] = [
    &DOUBLED_MESSAGE_STRING,
    &UNQUOTED_VARIABLE,
    &INVALID_JSON,
    &SHADOWED_CORS,
    &SHADOWED_HEADERS,
    &CREDENTIALS_ANY_ORIGIN,
    &CREDENTIALS_ECHOED_ORIGIN,
    &STRAY_QUOTES,
    &QUOTED_MAPPING,
    &HEADER_PREFIX,
    &RESERVED_HEADER,
    &VTL_IN_TEMPLATE,
    &UNKNOWN_VARIABLE,
    &BODY_STATUS,
    &DUPLICATE_MEDIA_TYPE,
    &NOT_CUSTOMISABLE,
    &FLATTENED_STATUS,
    &WAF_WINS,
    &UNUSED_ALLOW,
];

/// No rule is named so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no lint rule has the id {0:?}")]
pub struct NoRule(String);

impl FromStr for &'static Rule {
    type Err = NoRule;

    fn from_str(id: &str) -> Result<Self, NoRule> {
        RULES.into_iter().find(|rule| rule.id == id).ok_or_else(|| NoRule(id.to_owned()))
    }
}

pub(crate) static DOUBLED_MESSAGE_STRING: Rule = Rule {
    id: "doubled-message-string",
    severity: Severity::Error,
    title: "`$context.error.messageString` quoted twice",
    why: "`$context.error.messageString` is `$context.error.message` in double quotes: AWS puts \
          them there. With quotes around it a client gets `\"message\":\"\"Forbidden\"\"`, which is \
          not valid JSON, on every answer. In templates of other media types the doubled quotes are a \
          warning.",
    example: r#"[apis.orders.responses.UNAUTHORIZED]
templates."application/json" = '{"message":"$context.error.messageString"}'"#,
    instead: r#"[apis.orders.responses.UNAUTHORIZED]
templates."application/json" = '{"message":$context.error.messageString}'"#,
    fix: Some(
        "takes the quotes away; within a longer text it writes `$context.error.message` instead",
    ),
};

pub(crate) static UNQUOTED_VARIABLE: Rule = Rule {
    id: "unquoted-variable",
    severity: Severity::Error,
    title: "A text variable without quotes in JSON",
    why: "Only `$context.error.messageString` comes with quotes. `$context.error.message`, \
          `$context.requestId` and the like are plain text: `{\"message\":Forbidden}` is not valid JSON. \
          Variables that may hold numbers or JSON (`$context.authorizer.…`, \
          `$stageVariables.…`) are left alone.",
    example: r#"[apis.orders.responses.UNAUTHORIZED]
templates."application/json" = '{"message":$context.error.message}'"#,
    instead: r#"[apis.orders.responses.UNAUTHORIZED]
templates."application/json" = '{"message":$context.error.messageString}'"#,
    fix: Some(
        "writes `messageString` for `message`, and quotes around the others, but for \
         `validationErrorString`, whose own quotes AWS does not escape",
    ),
};

pub(crate) static INVALID_JSON: Rule = Rule {
    id: "invalid-json",
    severity: Severity::Error,
    title: "A JSON template that can never be JSON",
    why: "The template is filled in with sample values, and in every shape that a variable of \
          unknown content could have; none of the bodies is JSON. A client that parses it fails, \
          and hides the error that it was to show. A template under `application/json` that is \
          sent with another Content-Type header is left alone.",
    example: r#"[apis.orders.responses.UNAUTHORIZED]
templates."application/json" = '{"message":$context.error.messageString,}'"#,
    instead: r#"[apis.orders.responses.UNAUTHORIZED]
templates."application/json" = '{"message":$context.error.messageString}'"#,
    fix: None,
};

pub(crate) static SHADOWED_CORS: Rule = Rule {
    id: "shadowed-cors",
    severity: Severity::Warning,
    title: "A type that loses the CORS headers of its family default",
    why: "A type with an entry of its own inherits nothing from `DEFAULT_4XX` or `DEFAULT_5XX`: \
          not the headers, not the template. Without `Access-Control-Allow-Origin` a browser hides \
          the answer from the page, which then sees a network error without a status. Headers \
          that browsers read only on a preflight (`-Allow-Headers`, `-Allow-Methods`, `-Max-Age`) \
          are not reported.",
    example: r#"[apis.orders.responses.DEFAULT_4XX]
headers = { Access-Control-Allow-Origin = "*" }

[apis.orders.responses.UNAUTHORIZED]
headers = { WWW-Authenticate = "Bearer" }"#,
    instead: r#"[apis.orders.responses.DEFAULT_4XX]
headers = { Access-Control-Allow-Origin = "*" }

[apis.orders.responses.UNAUTHORIZED]
headers = { WWW-Authenticate = "Bearer", Access-Control-Allow-Origin = "*" }"#,
    fix: Some("repeats the family default's `Access-Control-*` headers that are missing"),
};

pub(crate) static SHADOWED_HEADERS: Rule = Rule {
    id: "shadowed-headers",
    severity: Severity::Warning,
    title: "A type that loses other headers of its family default",
    why: "As `shadowed-cors`, for the headers that are not CORS: `Strict-Transport-Security`, \
          `Cache-Control` and the like are missing on this type alone. Where that is meant, \
          allow the rule and say why.",
    example: r#"[apis.orders.responses.DEFAULT_4XX]
headers = { Cache-Control = "no-store" }

[apis.orders.responses.UNAUTHORIZED]
headers = { WWW-Authenticate = "Bearer" }"#,
    instead: r#"[apis.orders.responses.DEFAULT_4XX]
headers = { Cache-Control = "no-store" }

[apis.orders.responses.UNAUTHORIZED]
headers = { WWW-Authenticate = "Bearer", Cache-Control = "no-store" }"#,
    fix: None,
};

pub(crate) static CREDENTIALS_ANY_ORIGIN: Rule = Rule {
    id: "credentials-any-origin",
    severity: Severity::Warning,
    title: "Credentials allowed together with the origin `*`",
    why: "The Fetch standard takes `*` for no match when a request carries credentials: a page \
          that sends cookies or an Authorization header with `credentials: \"include\"` sees a \
          network error, and `Access-Control-Allow-Credentials` helps nobody.",
    example: r#"[apis.orders.responses.DEFAULT_4XX.headers]
Access-Control-Allow-Origin = "*"
Access-Control-Allow-Credentials = "true""#,
    instead: r#"[apis.orders.responses.DEFAULT_4XX.headers]
Access-Control-Allow-Origin = "https://shop.example.com"
Access-Control-Allow-Credentials = "true""#,
    fix: None,
};

pub(crate) static CREDENTIALS_ECHOED_ORIGIN: Rule = Rule {
    id: "credentials-echoed-origin",
    severity: Severity::Warning,
    title: "Credentials allowed to whatever origin asks",
    why: "An `Access-Control-Allow-Origin` that echoes the request's `Origin` says yes to every \
          page there is. Together with `Access-Control-Allow-Credentials: true` any page that a user \
          visits can send requests in the user's name and read the answers. A gateway response \
          cannot hold a list of origins: name one, or allow the rule where the errors reveal \
          nothing.",
    example: r#"[apis.orders.responses.DEFAULT_4XX.headers]
Access-Control-Allow-Origin = { from = "method.request.header.Origin" }
Access-Control-Allow-Credentials = "true""#,
    instead: r#"[apis.orders.responses.DEFAULT_4XX.headers]
Access-Control-Allow-Origin = "https://shop.example.com"
Access-Control-Allow-Credentials = "true""#,
    fix: None,
};

pub(crate) static STRAY_QUOTES: Rule = Rule {
    id: "stray-quotes",
    severity: Severity::Warning,
    title: "A header's value with quotes that clients will see",
    why: "AWS wants a literal in single quotes, and gwr puts them there; a value that is wholly in \
          single quotes is taken as AWS writes it. A second pair, half a pair, or double quotes \
          around a header that takes words (`Access-Control-Allow-Origin: \"*\"`) reach the client \
          as part of the value.",
    example: r#"[apis.orders.responses.DEFAULT_4XX.headers]
Access-Control-Allow-Origin = "''*''""#,
    instead: r#"[apis.orders.responses.DEFAULT_4XX.headers]
Access-Control-Allow-Origin = "*""#,
    fix: Some("writes the value without the quotes"),
};

pub(crate) static QUOTED_MAPPING: Rule = Rule {
    id: "quoted-mapping",
    severity: Severity::Warning,
    title: "A mapping in quotes, which AWS sends as text",
    why: "In single quotes, or as `{ literal = … }`, a mapping such as \
          `method.request.header.Origin` is only a text, and clients get the text itself. Tools \
          that quote every value (CDK does) leave such ones behind.",
    example: r#"[apis.orders.responses.DEFAULT_4XX.headers]
Access-Control-Allow-Origin = "'method.request.header.Origin'""#,
    instead: r#"[apis.orders.responses.DEFAULT_4XX.headers]
Access-Control-Allow-Origin = { from = "method.request.header.Origin" }"#,
    fix: Some(
        "makes it a mapping, unless it is the origin beside `Access-Control-Allow-Credentials`",
    ),
};

pub(crate) static HEADER_PREFIX: Rule = Rule {
    id: "header-prefix",
    severity: Severity::Warning,
    title: "A header named after AWS's mapping of it",
    why: "AWS's own key for a header is `gatewayresponse.header.NAME`, and gwr adds that. A name \
          that begins with it, or with `method.response.header.` (which belongs to methods), is \
          accepted by AWS and gives clients a header that is really named so.",
    example: r#"[apis.orders.responses.DEFAULT_4XX.headers]
"method.response.header.Access-Control-Allow-Origin" = "*""#,
    instead: r#"[apis.orders.responses.DEFAULT_4XX.headers]
Access-Control-Allow-Origin = "*""#,
    fix: Some("takes the prefix away, unless the header is there under its own name as well"),
};

pub(crate) static RESERVED_HEADER: Rule = Rule {
    id: "reserved-header",
    severity: Severity::Warning,
    title: "A header that API Gateway writes itself",
    why: "`Content-Length`, `Transfer-Encoding`, `Connection`, `Date` and the like say how a \
          message is sent, and `x-amzn-RequestId`, `x-amzn-ErrorType` and `x-amz-apigw-id` are on \
          every gateway response. AWS does not say what a value of yours does to them; a wrong \
          length makes the answer unreadable.",
    example: r#"[apis.orders.responses.DEFAULT_4XX.headers]
Content-Length = "0""#,
    instead: r#"[apis.orders.responses.DEFAULT_4XX.headers]
Cache-Control = "no-store""#,
    fix: None,
};

pub(crate) static VTL_IN_TEMPLATE: Rule = Rule {
    id: "vtl-in-template",
    severity: Severity::Warning,
    title: "VTL in a template that does not support it",
    why: "Templates of gateway responses \"support only simple variable substitutions\" (AWS). \
          `#if`, `#set`, `#foreach`, `$util` and `$input` belong to the mapping templates of \
          integrations; here clients get them as they are written.",
    example: r#"[apis.orders.responses.UNAUTHORIZED]
templates."application/json" = '{"message":"$util.escapeJavaScript($context.error.message)"}'"#,
    instead: r#"[apis.orders.responses.UNAUTHORIZED]
templates."application/json" = '{"message":$context.error.messageString}'"#,
    fix: None,
};

pub(crate) static UNKNOWN_VARIABLE: Rule = Rule {
    id: "unknown-variable",
    severity: Severity::Warning,
    title: "A variable that `$context.error` does not have",
    why: "`$context.error` has `message`, `messageString`, `responseType` and \
          `validationErrorString`, in exactly this spelling. Any other stays empty, without an error.",
    example: r#"[apis.orders.responses.UNAUTHORIZED]
templates."text/plain" = 'failed: $context.error.errorMessage'"#,
    instead: r#"[apis.orders.responses.UNAUTHORIZED]
templates."text/plain" = 'failed: $context.error.message'"#,
    fix: None,
};

pub(crate) static BODY_STATUS: Rule = Rule {
    id: "body-status",
    severity: Severity::Warning,
    title: "A body that names another status than the one that is sent",
    why: "Some clients read `statusCode` (or `status`, `code`, …) in the body and some the status \
          line; here they would act differently on one answer. A family default without a status, \
          and `INTEGRATION_FAILURE` without one, answer with each error's own, which no single \
          number in a body can be.",
    example: r#"[apis.orders.responses.MISSING_AUTHENTICATION_TOKEN]
templates."application/json" = '{"statusCode":404,"message":"no such path"}'"#,
    instead: r#"[apis.orders.responses.MISSING_AUTHENTICATION_TOKEN]
status = 404
templates."application/json" = '{"statusCode":404,"message":"no such path"}'"#,
    fix: None,
};

pub(crate) static DUPLICATE_MEDIA_TYPE: Rule = Rule {
    id: "duplicate-media-type",
    severity: Severity::Warning,
    title: "Two templates for one media type",
    why: "Media types ignore case: `application/json` and `Application/JSON` are one, and nothing \
          says which template clients get. (Two spellings of one header's name are an error of the \
          file.)",
    example: r#"[apis.orders.responses.UNAUTHORIZED.templates]
"application/json" = '{"message":$context.error.messageString}'
"Application/JSON" = '{"error":$context.error.messageString}'"#,
    instead: r#"[apis.orders.responses.UNAUTHORIZED.templates]
"application/json" = '{"message":$context.error.messageString}'"#,
    fix: None,
};

pub(crate) static NOT_CUSTOMISABLE: Rule = Rule {
    id: "not-customisable",
    severity: Severity::Warning,
    title: "A customisation that AWS ignores",
    why: "\"Customizing the default gateway response for 413 REQUEST_TOO_LARGE isn't currently \
          supported\" (AWS, important notes). The call succeeds, and clients get the built-in \
          answer, without the headers.",
    example: r#"[apis.orders.responses.REQUEST_TOO_LARGE]
headers = { Access-Control-Allow-Origin = "*" }"#,
    instead: r#"[apis.orders.responses.DEFAULT_4XX]
headers = { Access-Control-Allow-Origin = "*" }"#,
    fix: None,
};

pub(crate) static FLATTENED_STATUS: Rule = Rule {
    id: "flattened-status",
    severity: Severity::Note,
    title: "One status for every integration failure",
    why: "Without a status `INTEGRATION_FAILURE` answers 500 (the call was refused or throttled), \
          502 (the function failed) or 504 (the endpoint could not be reached), although AWS shows \
          504 for all. A status replaces all three. Editing the type in the console sets 504 \
          without asking. In a plan this is said when the type changes.",
    example: r"[apis.orders.responses.INTEGRATION_FAILURE]
status = 504",
    instead: r#"[apis.orders.responses.INTEGRATION_FAILURE]
headers = { Retry-After = "2" }"#,
    fix: None,
};

pub(crate) static WAF_WINS: Rule = Rule {
    id: "waf-wins",
    severity: Severity::Note,
    title: "AWS WAF may answer before `WAF_FILTERED`",
    why: "A custom response of a WAF rule takes precedence over `WAF_FILTERED` and `DEFAULT_4XX`: \
          where a rule has one, clients never see this type. In a plan this is said when the type \
          changes.",
    example: r"[apis.orders.responses.WAF_FILTERED]
status = 429",
    instead: r"[apis.orders.responses.ACCESS_DENIED]
status = 404",
    fix: None,
};

pub(crate) static UNUSED_ALLOW: Rule = Rule {
    id: "unused-allow",
    severity: Severity::Note,
    title: "An `allow` entry that silences nothing",
    why: "What it was written for is gone, or it names another type. As long as it stands there it \
          hides what comes later.",
    example: r#"[apis.orders.responses.UNAUTHORIZED]
headers = { WWW-Authenticate = "Bearer" }

[[apis.orders.allow]]
rule = "shadowed-cors"
reason = "machine clients only""#,
    instead: r#"[apis.orders.responses.UNAUTHORIZED]
headers = { WWW-Authenticate = "Bearer" }"#,
    fix: None,
};
