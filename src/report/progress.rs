//! What happens while it happens, on stderr.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::apply_ending::status;
use super::text::{count, printable};
use super::{json, lint};
use crate::apply::outcome::{End, Event};
use crate::aws::{Sent, Wait};
use crate::diagnostic::message::Diagnostic;
use crate::diagnostic::severity::Severity;
use crate::plan::Part;

/// How progress is shown.
pub struct Progress {
    kind: Kind,
    detail: Detail,
    bar: Mutex<Option<ProgressBar>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Silent,
    /// A line for each step that changes something.
    Lines,
    /// The same, above a line that moves.
    Terminal,
    /// NDJSON.
    Json,
}

/// Whether a terminal says of itself that it knows neither colours nor a cursor.
#[must_use]
pub fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|kind| kind == "dumb")
}

/// What the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Choice {
    /// A moving line on a terminal, plain lines elsewhere.
    #[default]
    Auto,
    Never,
    /// One JSON object a line.
    Json,
}

/// How much is told beside the steps: what `-v` asks for, also where no progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    Steps,
    /// Each call to AWS.
    Calls,
    /// Also each wait, and the files, accounts and profiles that are used.
    Everything,
}

impl Progress {
    #[must_use]
    pub fn new(choice: Choice, detail: Detail) -> Self {
        let kind = match choice {
            Choice::Never => Kind::Silent,
            Choice::Json => Kind::Json,
            Choice::Auto if std::io::stderr().is_terminal() && !is_dumb() => Kind::Terminal,
            Choice::Auto => Kind::Lines,
        };
        Self { kind, detail, bar: Mutex::new(None) }
    }

    pub fn detail(&self) -> Detail {
        self.detail
    }

    /// So many of so many APIs are read.
    pub fn read(&self, done: usize, total: usize) {
        match self.kind {
            Kind::Silent | Kind::Lines => {}
            Kind::Json => event_to_stderr(&json!({"event": "read", "done": done, "total": total})),
            Kind::Terminal => {
                self.show(format!("reading {done} of {}", count(total as u64, "API")));
            }
        }
    }

    /// A request to AWS is over.
    pub fn call(&self, sent: &Sent) {
        match (self.detail, self.kind) {
            (Detail::Steps, _) => {}
            (Detail::Calls | Detail::Everything, Kind::Json) => {
                let Sent { operation, rest_api_id, region, attempt, status, request_id, duration } =
                    sent;
                event_to_stderr(&json!({
                    "event": "call",
                    "operation": operation,
                    "rest_api_id": rest_api_id,
                    "region": region,
                    "attempt": attempt,
                    "status": status,
                    "milliseconds": u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
                    "request_id": request_id,
                }));
            }
            (Detail::Calls | Detail::Everything, Kind::Silent | Kind::Lines) => {
                line(&printable(&sent.to_string()));
            }
            (Detail::Calls | Detail::Everything, Kind::Terminal) => {
                self.above(&printable(&sent.to_string()));
            }
        }
    }

    /// A call waits for its turn, or for a better time.
    pub fn waiting(&self, wait: &Wait) {
        match (self.kind, self.detail) {
            (Kind::Silent, Detail::Steps | Detail::Calls) => {}
            (Kind::Json, _) => {
                let event = json!({
                    "event": "waiting",
                    "seconds": wait.duration.as_secs_f64(),
                    "operation": wait.operation,
                    "rest_api_id": wait.rest_api_id,
                    "reason": wait.to_string(),
                });
                event_to_stderr(&event);
            }
            (Kind::Lines, _) | (Kind::Silent, Detail::Everything) => {
                line(&printable(&wait.to_string()));
            }
            (Kind::Terminal, Detail::Steps | Detail::Calls) => {
                self.show(printable(&wait.to_string()));
            }
            (Kind::Terminal, Detail::Everything) => self.above(&printable(&wait.to_string())),
        }
    }

    /// A step of an apply.
    pub fn event(&self, event: &Event) {
        match self.kind {
            Kind::Silent => {}
            Kind::Json => event_to_stderr(&event_document(event)),
            Kind::Lines => {
                if let Some(text) = event_line(event) {
                    line(&text);
                }
            }
            Kind::Terminal => {
                if let Some(text) = event_line(event) {
                    self.above(&text);
                }
                self.show(doing(event));
            }
        }
    }

    /// Takes the moving line away.
    pub fn finish(&self) {
        if let Ok(mut bar) = self.bar.lock()
            && let Some(bar) = bar.take()
        {
            bar.finish_and_clear();
        }
    }

    fn show(&self, text: String) {
        if let Ok(mut bar) = self.bar.lock() {
            bar.get_or_insert_with(spinner).set_message(text);
        }
    }

    fn above(&self, text: &str) {
        if let Ok(mut bar) = self.bar.lock() {
            bar.get_or_insert_with(spinner).suspend(|| line(text));
        }
    }
}

fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// What is said to people, as a line of `--progress json`.
#[must_use]
pub fn message(severity: Severity, text: &str) -> String {
    as_line(&json!({"event": "message", "severity": severity.as_str(), "text": text.trim()}))
}

/// A finding about a file, as a line of `--progress json`.
#[must_use]
pub fn finding(diagnostic: &Diagnostic) -> String {
    as_line(&json!({"event": "finding", "finding": lint::document(diagnostic)}))
}

fn as_line(event: &Value) -> String {
    json::line(event).unwrap_or_default()
}

fn event_to_stderr(event: &Value) {
    line(as_line(event).trim_end());
}

/// A closed stderr stops nothing.
fn line(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn name_of(event: &Event) -> String {
    let (Event::WaitingForTurn { api }
    | Event::LookingAgain { api }
    | Event::Changing { api, .. }
    | Event::Deploying { api }
    | Event::Deployed { api, .. }
    | Event::StageMoved { api, .. }
    | Event::StageVerified { api, .. }
    | Event::Ended { api, .. }) = event;
    printable(api)
}

/// The line of an event; none where nothing happens yet.
fn event_line(event: &Event) -> Option<String> {
    let api = name_of(event);
    let text = match event {
        Event::WaitingForTurn { api: _ } | Event::LookingAgain { api: _ } => return None,
        Event::Changing { api: _, response_type, action, call } => {
            format!("{api}: {} {response_type} ({})", action.as_str(), call.operation())
        }
        Event::Deploying { api: _ } => format!("{api}: deploying (CreateDeployment)"),
        Event::Deployed { api: _, deployment } => {
            format!("{api}: deployment {} made", printable(deployment))
        }
        Event::StageMoved { api: _, stage, part, deployment } => format!(
            "{api}: {} moved to {}; checking what it serves",
            part_of(stage, *part),
            printable(deployment)
        ),
        Event::StageVerified { api: _, stage, part } => {
            format!("{api}: {} serves it", part_of(stage, *part))
        }
        Event::Ended { api: _, end, error } => match end.as_ref() {
            End::Done => format!("{api}: done"),
            End::Interrupted => format!("{api}: interrupted"),
            End::Stale(_) => {
                let why = error.clone().unwrap_or_default();
                format!("{api}: stale: {}", printable(&why.replace('\n', "; ")))
            }
            End::Failed(_) => format!("{api}: failed"),
            End::Unverified(_) => format!("{api}: not verified"),
        },
    };
    Some(text)
}

/// What is in flight from this event on, in the line that moves: what was said before is
/// over then.
fn doing(event: &Event) -> String {
    let api = name_of(event);
    match event {
        Event::WaitingForTurn { api: _ } => format!("{api}: waiting for a CreateDeployment slot"),
        Event::LookingAgain { api: _ } => format!("{api}: reading it again"),
        Event::Changing { api: _, response_type, action: _, call } => {
            format!("{api}: {} of {response_type}", call.operation())
        }
        Event::Deploying { api: _ } => format!("{api}: CreateDeployment"),
        Event::Deployed { api: _, deployment } => {
            format!("{api}: reading deployment {}", printable(deployment))
        }
        Event::StageMoved { api: _, stage, part, deployment: _ } => {
            format!("{api}: checking what {} serves", part_of(stage, *part))
        }
        Event::StageVerified { api: _, stage: _, part: _ } => format!("{api}: verifying"),
        Event::Ended { api: _, end: _, error: _ } => format!("{api}: ended"),
    }
}

fn part_of(stage: &str, part: Part) -> String {
    match part {
        Part::Stage => format!("stage {}", printable(stage)),
        Part::Canary => format!("canary of stage {}", printable(stage)),
    }
}

fn event_document(event: &Event) -> Value {
    match event {
        Event::WaitingForTurn { api } => json!({"event": "waiting-for-turn", "api": api}),
        Event::LookingAgain { api } => json!({"event": "looking-again", "api": api}),
        Event::Changing { api, response_type, action, call } => json!({
            "event": "changing", "api": api, "response_type": response_type,
            "action": action, "call": call,
        }),
        Event::Deploying { api } => json!({"event": "deploying", "api": api}),
        Event::Deployed { api, deployment } => {
            json!({"event": "deployed", "api": api, "deployment_id": deployment})
        }
        Event::StageMoved { api, stage, part, deployment } => {
            let event = json!({
                "event": "stage-moved", "api": api, "stage": stage, "deployment_id": deployment,
            });
            marked(event, *part)
        }
        Event::StageVerified { api, stage, part } => {
            marked(json!({"event": "stage-verified", "api": api, "stage": stage}), *part)
        }
        Event::Ended { api, end, error } => {
            json!({"event": "ended", "api": api, "status": status(end), "error": error})
        }
    }
}

/// An event of a canary says so; what it does not say is the stage's own.
fn marked(mut event: Value, part: Part) -> Value {
    match part {
        Part::Stage => {}
        Part::Canary => event["canary"] = json!(true),
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ResponseType;
    use crate::plan::{Action, Call};

    #[test]
    fn the_line_that_moves_tells_what_is_in_flight() {
        let api = || "orders".to_owned();
        let stage = || "prod".to_owned();
        let deployment = || "d1".to_owned();
        let (action, call) = (Action::Update, Call::Patch);
        let events = [
            Event::WaitingForTurn { api: api() },
            Event::LookingAgain { api: api() },
            Event::Changing { api: api(), response_type: ResponseType::Throttled, action, call },
            Event::Deploying { api: api() },
            Event::Deployed { api: api(), deployment: deployment() },
            Event::StageMoved {
                api: api(),
                stage: stage(),
                part: Part::Canary,
                deployment: deployment(),
            },
            Event::StageVerified { api: api(), stage: stage(), part: Part::Canary },
        ];
        assert_eq!(
            events.iter().map(doing).collect::<Vec<_>>(),
            [
                "orders: waiting for a CreateDeployment slot",
                "orders: reading it again",
                "orders: UpdateGatewayResponse of THROTTLED",
                "orders: CreateDeployment",
                "orders: reading deployment d1",
                "orders: checking what canary of stage prod serves",
                "orders: verifying",
            ]
        );
    }
}
