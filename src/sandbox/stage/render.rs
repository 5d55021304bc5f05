//! Templates: simple substitution, nothing more.
//!
//! "Non-VTL mapping template supporting only simple variable substitutions"
//! (developer guide): directives and `$util` stand in the answer as they were
//! written.

use super::scene::{GatewayError, Scene};
use crate::sandbox::quirks::{Quirks, Unresolved};

/// API Gateway's limit for the payload of an answer ("payload size 10 MB"). A template can
/// repeat a large header thousands of times, so what is longer is cut off.
const LONGEST: usize = 10 * 1024 * 1024;

/// Fills a template in.
pub(crate) fn render(
    template: &str,
    scene: &Scene<'_>,
    error: Option<&GatewayError>,
    quirks: &Quirks,
) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        if out.len() > LONGEST {
            return out;
        }
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((variable, length)) = variable(rest) {
            match value(&variable, scene, error) {
                Some(text) => out.push_str(&text),
                None => match quirks.unresolved {
                    Unresolved::Empty => {}
                    Unresolved::Dash => out.push('-'),
                },
            }
            rest = &rest[length..];
        } else {
            out.push('$');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

/// The variable that a text begins with, and how long it is there.
fn variable(text: &str) -> Option<(Variable<'_>, usize)> {
    let body = text.strip_prefix('$')?;
    if let Some(braced) = body.strip_prefix('{') {
        let inner = &braced[..braced.find('}')?];
        let (variable, length) = name(inner)?;
        return (length == inner.len()).then_some((variable, length + 3));
    }
    name(body).map(|(variable, length)| (variable, length + 1))
}

enum Variable<'a> {
    Context(&'a str),
    Stage(&'a str),
    Request(&'a str),
}

fn name<'a>(text: &'a str) -> Option<(Variable<'a>, usize)> {
    type Form<'a> = (&'static str, &'static [u8], fn(&'a str) -> Variable<'a>);
    let forms: [Form<'a>; 3] = [
        ("context.", b"_.", Variable::Context),
        ("stageVariables.", b"_", Variable::Stage),
        ("method.request.", b"_.-", Variable::Request),
    ];
    forms.into_iter().find_map(|(prefix, extra, form)| {
        let rest = text.strip_prefix(prefix)?;
        let end = rest
            .bytes()
            .position(|byte| !(byte.is_ascii_alphanumeric() || extra.contains(&byte)))
            .unwrap_or(rest.len());
        // A full stop or a hyphen behind a name belongs to the sentence.
        let found = rest[..end].trim_end_matches(['.', '-']);
        (!found.is_empty()).then(|| (form(found), prefix.len() + found.len()))
    })
}

fn value(
    variable: &Variable<'_>,
    scene: &Scene<'_>,
    error: Option<&GatewayError>,
) -> Option<String> {
    match variable {
        Variable::Context(name) => scene.context(name, error),
        Variable::Stage(name) => scene.stage_variables.get(*name).cloned(),
        Variable::Request(path) => {
            let (place, name) = path.split_once('.')?;
            match place {
                "header" => scene.header(name),
                "querystring" => scene.query(name),
                "path" => scene.path_parameters.get(name).cloned(),
                _ => None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ResponseType;
    use crate::sandbox::data::state::Texts;
    use crate::sandbox::stage::scene::Via;
    use crate::sandbox::wire::http::{Body, Request};
    use hyper::body::Bytes;
    use hyper::header::{HeaderMap, HeaderValue};

    fn rendered(template: &str, quirks: &Quirks) -> String {
        rendered_with(template, "say \"no\"", quirks)
    }

    fn rendered_with(template: &str, message: &str, quirks: &Quirks) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-colour", HeaderValue::from_static("blue"));
        let request = Request {
            method: "GET".to_owned(),
            path: "/".to_owned(),
            query: String::new(),
            headers,
            body: Body::Read(Bytes::new()),
            source_ip: "127.0.0.1".to_owned(),
        };
        let scene = Scene {
            request: &request,
            query: Vec::new(),
            api_id: "abc",
            region: "us-east-1",
            stage: "prod",
            deployment: Some("dep001"),
            via: Via::Stage,
            stage_variables: Texts::from([("colour".to_owned(), "red".to_owned())]),
            path: "/pets".to_owned(),
            resource_path: None,
            resource_id: None,
            path_parameters: Texts::new(),
            request_id: "r-1".to_owned(),
            extended_request_id: "x-1".to_owned(),
            now: 0,
        };
        let error = GatewayError {
            kind: ResponseType::Throttled,
            status: 429,
            name: "TooManyRequestsException",
            message: Some(message.to_owned()),
            validation: None,
        };
        render(template, &scene, Some(&error), quirks)
    }

    #[test]
    fn a_large_value_that_is_repeated_is_cut_off() {
        let template = "$context.error.message".repeat(3_000);
        let text = rendered_with(&template, &"x".repeat(10_000), &Quirks::default());
        assert_eq!(text.len(), (LONGEST / 10_000 + 1) * 10_000);
    }

    #[test]
    fn variables_are_filled_in_and_all_else_is_left() {
        for (template, expected) in [
            (r#"{"message":$context.error.messageString}"#, r#"{"message":"say \"no\""}"#),
            ("$context.error.message.", "say \"no\"."),
            ("${context.stage}-$context.stage-$stageVariables.colour", "prod-prod-red"),
            ("${stageVariables.colour}s", "reds"),
            ("$context.error.responseType/$context.path", "THROTTLED//prod/pets"),
            ("$method.request.header.x-colour", "blue"),
            ("a$context.none b", "a b"),
            (
                "#set($a = 1) $util.escapeJavaScript('x') $a $5 $",
                "#set($a = 1) $util.escapeJavaScript('x') $a $5 $",
            ),
            ("${context.stage", "${context.stage"),
            ("ü$context.apiIdü", "üabcü"),
        ] {
            assert_eq!(rendered(template, &Quirks::default()), expected, "{template}");
        }
        let mut quirks = Quirks::default();
        quirks.set("unresolved=dash").expect("a quirk");
        assert_eq!(rendered("a$context.none b", &quirks), "a- b");
    }
}
