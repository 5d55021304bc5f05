//! Probing: one harmless request to a stage, before and after.
//!
//! The request goes to a path that no method serves, without credentials: nothing
//! behind the API is called, and the stage answers with the gateway response
//! `MISSING_AUTHENTICATION_TOKEN` (recorded on AWS). Where every path is served, or
//! the stage cannot be reached from here, there is no harmless request, and the
//! report says so.

use std::time::Duration;

use super::outcome::Outcome;
use crate::aws::{AwsError, Gateway, StageAnswer};
use crate::model::ResponseType;
use crate::plan::{ApiTarget, ApiWork, Plan};
use crate::read::Subject;
use crate::state::effective::{Effective, State, StatusEvidence, effective};
use crate::state::observed::{Resource, RestApiDetail};

/// What answers a path that no method serves.
const PROBED: ResponseType = ResponseType::MissingAuthenticationToken;

/// A stage can answer old for some seconds after it was moved.
const TRIES: u32 = 20;
const BETWEEN: Duration = Duration::from_millis(500);

/// What stages answered, before and after.
#[derive(Default)]
pub struct Probes(pub(crate) Vec<StageProbe>);

/// One stage.
pub struct StageProbe {
    pub target: ApiTarget,
    pub stage: String,
    gateway: Gateway,
    wanted: Effective,
    pub question: Question,
    pub before: Option<Result<StageAnswer, AwsError>>,
    pub after: Option<Result<StageAnswer, AwsError>>,
}

/// What can be asked.
#[derive(Clone)]
pub enum Question {
    Ask { method: &'static str, path: String },
    Nothing(NotProbed),
}

/// Why there is no harmless request.
#[derive(Clone)]
pub enum NotProbed {
    Unread(AwsError),
    Private,
    EndpointDisabled,
    /// Every path is served by a catch-all method.
    CatchAll,
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
        Err(error) => return Question::Nothing(NotProbed::Unread(error)),
    };
    if let Some(why) = unreachable(&detail) {
        return Question::Nothing(why);
    }
    let path = format!("/gwr-probe-{:08x}", fastrand::u32(..));
    match unserved_method(&resources) {
        Some(method) => Question::Ask { method, path },
        None => Question::Nothing(NotProbed::CatchAll),
    }
}

fn unreachable(detail: &RestApiDetail) -> Option<NotProbed> {
    if detail.endpoint_types.contains("PRIVATE") {
        Some(NotProbed::Private)
    } else if detail.disable_execute_api_endpoint {
        Some(NotProbed::EndpointDisabled)
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
    /// Where the stage answers.
    pub fn url(&self) -> String {
        self.gateway.stage_url(&self.target.rest_api_id, &self.stage)
    }

    async fn ask(&self) -> Option<Result<StageAnswer, AwsError>> {
        let Question::Ask { method, path } = &self.question else { return None };
        let (api, stage) = (&self.target.rest_api_id, &self.stage);
        Some(self.gateway.ask_stage(api, stage, method, path).await)
    }

    /// Whether an answer is the gateway response that the plan wants: by its status
    /// and the headers with a literal value.
    pub fn is_wanted(&self, answer: &StageAnswer) -> bool {
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
