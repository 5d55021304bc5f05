//! What probes found: for people, and as a document.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::aws_error::describe;
use super::plan::api_title;
use super::style::{Colour, Role};
use super::text::printable;
use crate::apply::probe::{NotProbed, Probes, Question};
use crate::aws::{AwsError, StageAnswer};
use crate::plan::ApiTarget;

/// For people.
#[must_use]
pub fn render(probes: &Probes, colour: Colour) -> String {
    let mut out = String::new();
    for probe in &probes.0 {
        let title = format!("{}, stage {}", api_title(&probe.target), printable(&probe.stage));
        let title = colour.paint(Role::Heading, &title);
        match &probe.question {
            Question::Nothing(why) => {
                let why = not_probed(why);
                let _ = writeln!(out, "{title}: not probed, because {}", printable(&why));
            }
            Question::Ask { method, path } => {
                let url = probe.url();
                let _ = writeln!(out, "{title}: {method} {}{path}", printable(&url));
                for (label, answer) in [("before", &probe.before), ("after", &probe.after)] {
                    write_answer(&mut out, label, answer.as_ref());
                }
                if let Some(Ok(answer)) = &probe.after
                    && !probe.is_wanted(answer)
                {
                    let text = "  this is not what MISSING_AUTHENTICATION_TOKEN should answer; \
                                something in front of the stage may have answered";
                    let _ = writeln!(out, "{}", colour.paint(Role::Warning, text));
                }
            }
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// As a document.
#[must_use]
pub fn document(probes: &Probes) -> Value {
    let answer = |answer: &Option<Result<StageAnswer, AwsError>>| match answer {
        None => Value::Null,
        Some(Err(error)) => json!({ "error": describe(error) }),
        Some(Ok(StageAnswer { status, headers, body })) => {
            json!({ "status": status, "headers": headers, "body": body })
        }
    };
    let all = probes.0.iter().map(|probe| {
        let note = match &probe.question {
            Question::Ask { .. } => Value::Null,
            Question::Nothing(why) => json!(not_probed(why)),
        };
        json!({
            "name": probe.target.key,
            "stage": probe.stage,
            "not_probed": note,
            "before": answer(&probe.before),
            "after": answer(&probe.after),
        })
    });
    Value::Array(all.collect())
}

/// The stages that did not answer as planned, each with the reason.
pub fn failures(probes: &Probes) -> impl Iterator<Item = (&ApiTarget, &str, String)> {
    probes.0.iter().filter_map(|probe| {
        let why = match &probe.after {
            None => return None,
            Some(Ok(answer)) if probe.is_wanted(answer) => return None,
            Some(Ok(answer)) => {
                format!("it answered {} ({})", answer.status, shortened(&answer.body))
            }
            Some(Err(error)) => describe(error),
        };
        Some((&probe.target, probe.stage.as_str(), why))
    })
}

fn write_answer(out: &mut String, label: &str, answer: Option<&Result<StageAnswer, AwsError>>) {
    match answer {
        None => {}
        Some(Err(error)) => {
            let _ = writeln!(out, "  {label:<6}  no answer: {}", printable(&describe(error)));
        }
        Some(Ok(StageAnswer { status, headers, body })) => {
            let _ = writeln!(out, "  {label:<6}  {status}  {}", shortened(body));
            for (name, value) in headers {
                if !is_everyday(name) {
                    let _ = writeln!(out, "          {}: {}", printable(name), shortened(value));
                }
            }
        }
    }
}

fn not_probed(why: &NotProbed) -> String {
    match why {
        NotProbed::Unread(error) => describe(error),
        NotProbed::Private => "the API is private".to_owned(),
        NotProbed::EndpointDisabled => "the API's own endpoint is disabled".to_owned(),
        NotProbed::CatchAll => "every path is served by a catch-all method".to_owned(),
    }
}

/// Headers that every answer has and that tell nothing here.
fn is_everyday(name: &str) -> bool {
    const EVERYDAY: [&str; 8] = [
        "date",
        "content-length",
        "connection",
        "x-amzn-requestid",
        "x-amz-apigw-id",
        "via",
        "x-cache",
        "server",
    ];
    EVERYDAY.contains(&name) || name.starts_with("x-amz-cf-") || name.starts_with("x-amzn-trace")
}

fn shortened(text: &str) -> String {
    const MOST: usize = 160;
    let shown: String = text.chars().take(MOST).collect();
    let dots = if text.chars().count() > MOST { "…" } else { "" };
    printable(&shown) + dots
}
