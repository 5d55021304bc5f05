//! Probing: one harmless request to a stage, before and after.
//!
//! The request goes to a path that no method serves, without credentials: nothing
//! behind the API hears of it, and the stage answers with the gateway response
//! `MISSING_AUTHENTICATION_TOKEN` (recorded on AWS). Where every path is served, or
//! the stage cannot be reached from here, there is no harmless request, and the
//! report says so.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::run::Outcome;
use crate::aws::{Gateway, StageAnswer};
use crate::model::ResponseType;
use crate::plan::{ApiTarget, ApiWork, Plan};
use crate::read::Subject;
use crate::report::plan::api_title;
use crate::report::style::{Colour, Role};
use crate::report::text::printable;
use crate::state::effective::{Effective, State, StatusEvidence, effective};
use crate::state::observed::{Resource, RestApiDetail};

/// What answers a path that no method serves.
const PROBED: ResponseType = ResponseType::MissingAuthenticationToken;

/// A stage can answer old for some seconds after it was moved.
const TRIES: u32 = 20;
const BETWEEN: Duration = Duration::from_millis(500);

/// What stages answered, before and after.
#[derive(Default)]
pub struct Probes(Vec<StageProbe>);

struct StageProbe {
    target: ApiTarget,
    stage: String,
    gateway: Gateway,
    wanted: Effective,
    question: Question,
    before: Option<Result<StageAnswer, String>>,
    after: Option<Result<StageAnswer, String>>,
}

/// What can be asked.
#[derive(Clone)]
enum Question {
    Ask {
        method: &'static str,
        path: String,
    },
    /// The text says why nothing can.
    Nothing(String),
}

/// Asks every stage that will be moved.
pub async fn probe_stages(plan: &Plan, subjects: &[Subject]) -> Probes {
    let mut probes = Vec::new();
    for (target, work) in plan.works().filter(|(_, work)| work.deploys()) {
        let subject = subjects.iter().find(|subject| subject.target == *target);
        let Some(gateway) = subject.and_then(|subject| subject.gateway.clone()) else { continue };
        let question = question(&gateway, &target.rest_api_id).await;
        for stage in work.stages.iter().filter(|stage| stage.is_deployed()) {
            let mut probe = StageProbe {
                target: target.clone(),
                stage: stage.name.clone(),
                gateway: gateway.clone(),
                wanted: wanted(work),
                question: question.clone(),
                before: None,
                after: None,
            };
            probe.before = probe.ask().await;
            probes.push(probe);
        }
    }
    Probes(probes)
}

fn wanted(work: &ApiWork) -> Effective {
    effective(PROBED, &State::new(&work.after, |_, _| StatusEvidence::Unknown))
}

async fn question(gateway: &Gateway, api: &str) -> Question {
    let (detail, resources) = match tokio::try_join!(gateway.rest_api(api), gateway.resources(api))
    {
        Ok(both) => both,
        Err(error) => return Question::Nothing(crate::read::describe(&error)),
    };
    if let Some(why) = unreachable(&detail) {
        return Question::Nothing(why.to_owned());
    }
    let path = format!("/gwr-probe-{:08x}", fastrand::u32(..));
    match unserved_method(&resources) {
        Some(method) => Question::Ask { method, path },
        None => Question::Nothing("every path is served by a catch-all method".to_owned()),
    }
}

fn unreachable(detail: &RestApiDetail) -> Option<&'static str> {
    if detail.endpoint_types.contains("PRIVATE") {
        Some("the API is private")
    } else if detail.disable_execute_api_endpoint {
        Some("the API's own endpoint is disabled")
    } else {
        None
    }
}

/// A method that no resource serves for a path of one unknown segment. Routing falls
/// through to a greedy resource that has the method (measured on AWS), so every
/// resource that could match counts.
fn unserved_method(resources: &[Resource]) -> Option<&'static str> {
    let catches = |path: &str| path.starts_with("/{") && !path[1..].contains('/');
    ["GET", "HEAD", "OPTIONS"].into_iter().find(|method| {
        !resources
            .iter()
            .filter(|resource| catches(&resource.path))
            .any(|resource| resource.methods.contains(*method) || resource.methods.contains("ANY"))
    })
}

impl StageProbe {
    async fn ask(&self) -> Option<Result<StageAnswer, String>> {
        let Question::Ask { method, path } = &self.question else { return None };
        let (api, stage) = (&self.target.rest_api_id, &self.stage);
        let answer = self.gateway.ask_stage(api, stage, method, path).await;
        Some(answer.map_err(|error| crate::read::describe(&error)))
    }

    /// Whether an answer is the gateway response that the plan wants: by its status
    /// and the headers with a literal value.
    fn is_wanted(&self, answer: &StageAnswer) -> bool {
        let status = self.wanted.runtime_statuses(PROBED).contains(&answer.status);
        let headers = self.wanted.headers.iter().all(|(name, value)| {
            let Some(literal) = value.as_literal() else { return true };
            answer
                .headers
                .iter()
                .any(|(got, text)| got.eq_ignore_ascii_case(name.as_str()) && text == literal)
        });
        status && headers
    }
}

impl Probes {
    /// Asks again every stage that was moved, until it answers as wanted.
    pub async fn again(mut self, outcomes: &[Outcome]) -> Self {
        for probe in &mut self.0 {
            let moved = outcomes.iter().any(|outcome| {
                outcome.target == probe.target
                    && outcome
                        .deployed
                        .iter()
                        .flat_map(|d| &d.stages)
                        .any(|s| s.name == probe.stage)
            });
            if !moved {
                continue;
            }
            for attempt in 0..TRIES {
                if attempt > 0 {
                    tokio::time::sleep(BETWEEN).await;
                }
                probe.after = probe.ask().await;
                match &probe.after {
                    Some(Ok(answer)) if !probe.is_wanted(answer) => {}
                    Some(Err(_)) => {}
                    Some(Ok(_)) | None => break,
                }
            }
        }
        self
    }

    /// The stages that did not answer as planned, each with the reason.
    pub fn failures(&self) -> impl Iterator<Item = (&ApiTarget, &str, String)> {
        self.0.iter().filter_map(|probe| {
            let why = match &probe.after {
                None => return None,
                Some(Ok(answer)) if probe.is_wanted(answer) => return None,
                Some(Ok(answer)) => {
                    format!("it answered {} ({})", answer.status, shortened(&answer.body))
                }
                Some(Err(error)) => error.clone(),
            };
            Some((&probe.target, probe.stage.as_str(), why))
        })
    }

    /// For people.
    #[must_use]
    pub fn render(&self, colour: Colour) -> String {
        let mut out = String::new();
        for probe in &self.0 {
            let title = format!("{}, stage {}", api_title(&probe.target), printable(&probe.stage));
            let title = colour.paint(Role::Heading, &title);
            match &probe.question {
                Question::Nothing(why) => {
                    let _ = writeln!(out, "{title}: not probed, for {}", printable(why));
                }
                Question::Ask { method, path } => {
                    let url = probe.gateway.stage_url(&probe.target.rest_api_id, &probe.stage);
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
    pub fn document(&self) -> Value {
        let answer = |answer: &Option<Result<StageAnswer, String>>| match answer {
            None => Value::Null,
            Some(Err(error)) => json!({ "error": error }),
            Some(Ok(StageAnswer { status, headers, body })) => {
                json!({ "status": status, "headers": headers, "body": body })
            }
        };
        let all = self.0.iter().map(|probe| {
            let note = match &probe.question {
                Question::Ask { .. } => Value::Null,
                Question::Nothing(why) => json!(why),
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
}

fn write_answer(out: &mut String, label: &str, answer: Option<&Result<StageAnswer, String>>) {
    match answer {
        None => {}
        Some(Err(error)) => {
            let _ = writeln!(out, "  {label:<6}  no answer: {}", printable(error));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(path: &str, methods: &[&str]) -> Resource {
        Resource {
            id: "r".to_owned(),
            path: path.to_owned(),
            methods: methods.iter().map(|method| (*method).to_owned()).collect(),
            configured: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn a_catch_all_leaves_nothing_to_ask() {
        let plain = resource("/orders", &["ANY"]);
        assert_eq!(unserved_method(std::slice::from_ref(&plain)), Some("GET"));
        assert_eq!(unserved_method(&[plain.clone(), resource("/{id}", &["GET"])]), Some("HEAD"));
        assert_eq!(unserved_method(&[plain, resource("/{proxy+}", &["ANY"])]), None);
        assert_eq!(unserved_method(&[resource("/{id}/items", &["ANY"])]), Some("GET"));
    }
}
