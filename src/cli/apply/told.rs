//! What is told of an apply: the result in each format, and what the exit code is.

use std::collections::BTreeSet;

use serde_json::json;

use super::super::args::{Common, Output};
use super::super::console::Console;
use super::super::exit::Exit;
use super::super::{plan, record};
use crate::execute::{End, Outcome};
use crate::plan::{ApiPlan, Document, Plan, Work};
use crate::probe::Probes;
use crate::report;
use crate::report::outcome::{LeftOut, Whole};
use crate::report::plan::api_title;
use crate::report::style::Colour;
use crate::review::{Refusal, Reviewed};

/// What there is to report.
pub(super) struct Done<'a> {
    pub(super) outcomes: Vec<Outcome>,
    pub(super) probes: Probes,
    pub(super) left_out: LeftOut,
    pub(super) whole: Whole,
    pub(super) plan: Document,
    pub(super) record: &'a record::Kept,
    /// See [`go_on`].
    pub(super) go_on: String,
    /// What a comment must not fold away.
    pub(super) alerts: Vec<String>,
}

/// Where nothing was begun, the document is the plan, and what is stale of a saved one.
pub(super) fn show_unbegun(
    shown: &Plan,
    document: &Document,
    refusals: &[Refusal],
    stale: &[Outcome],
    console: &Console,
) -> anyhow::Result<()> {
    match console.output {
        Output::Text => Ok(()),
        Output::Json if !stale.is_empty() => {
            let document = json!({
                "format_version": 1,
                "plan": document,
                "apis": report::outcome::document(stale),
                "probes": [],
            });
            console.data(&report::json::document(&document)?);
            Ok(())
        }
        Output::Json | Output::Markdown => {
            let stale = stale.iter().filter_map(|outcome| {
                Some(Refusal {
                    api: Some(outcome.target.clone()),
                    message: alert(outcome)?,
                    way_out: "make a new plan".to_owned(),
                })
            });
            let refusals: Vec<Refusal> = refusals.iter().cloned().chain(stale).collect();
            plan::show(shown, document, &refusals, "", console)
        }
    }
}

/// What was left out of an apply, in words.
pub(super) fn alerts(shown: &Plan, refusals: &[Refusal]) -> Vec<String> {
    let unread = shown.apis.iter().filter_map(|api| match &api.work {
        Work::Unread(error) => {
            Some(format!("{} could not be read: {error}", api_title(&api.target)))
        }
        Work::Planned(_) => None,
    });
    let refused = refusals.iter().map(|Refusal { api, message, way_out }| {
        let whose = api.as_ref().map(api_title).unwrap_or_default();
        format!("refused {whose}: {message}\n    {way_out}")
    });
    unread.chain(refused).collect()
}

/// What became of an API that is not done, in words.
pub(super) fn alert(Outcome { target, end, .. }: &Outcome) -> Option<String> {
    let title = api_title(target);
    match end {
        End::Done => None,
        End::Stale(why) => Some(format!("{title}: stale, skipped: {why}")),
        End::Failed(why) => Some(format!("{title}: failed: {why}")),
        End::Unverified(why) => Some(format!("{title}: not verified: {why}")),
        End::Interrupted => Some(format!("{title}: interrupted")),
    }
}

pub(super) fn report(
    done: &Done<'_>,
    endpoint: Option<&str>,
    common: &Common,
    console: &Console,
) -> anyhow::Result<()> {
    let Done { outcomes, probes, left_out, whole, plan, record, go_on, alerts } = done;
    let text = match console.output {
        Output::Json => {
            let document = json!({
                "format_version": 1,
                "plan": plan,
                "apis": report::outcome::document(outcomes),
                "probes": probes.document(),
                "record": record.path.display().to_string(),
            });
            report::json::document(&document)?
        }
        Output::Markdown => {
            let probed = probes.render(Colour::Off);
            let probed = Some(probed.trim_end().to_owned()).filter(|text| !text.is_empty());
            let alerts: Vec<String> = alerts.iter().cloned().chain(probed).collect();
            record.comment(&alerts, common)?
        }
        Output::Text => {
            let probed = probes.render(console.colour());
            let colour = console.colour();
            let done = report::outcome::render(outcomes, left_out, *whole, colour, endpoint, go_on);
            format!("\n{probed}{done}{}", record.line(common))
        }
    };
    console.data(&text);
    Ok(())
}

/// The APIs of the plan that nothing is done to, each once.
pub(super) fn left_out(shown: &Plan, reviewed: &Reviewed) -> LeftOut {
    let refused: BTreeSet<_> =
        reviewed.refusals().iter().filter_map(|refusal| refusal.api.clone()).collect();
    let is_unread = |api: &&ApiPlan| matches!(api.work, Work::Unread(_));
    LeftOut {
        refused: refused.into_iter().collect(),
        unread: shown.apis.iter().filter(is_unread).map(|api| api.target.clone()).collect(),
    }
}

/// What the work came to, and how the run exits: an interrupt that came when everything
/// was done already has interrupted nothing.
pub(super) const fn whole(came_to: Exit, exit: Exit) -> Whole {
    match (came_to, exit) {
        (Exit::Done, _) => Whole::Complete,
        (_, Exit::Interrupted | Exit::Terminated) => Whole::Interrupted,
        (Exit::Refused, _) => Whole::Refused,
        (
            Exit::Error
            | Exit::Differences
            | Exit::Incomplete
            | Exit::Interrupted
            | Exit::Terminated,
            _,
        ) => Whole::Incomplete,
    }
}

pub(super) fn exit(
    outcomes: &[Outcome],
    probes: &Probes,
    left_out: &LeftOut,
    incomplete: bool,
) -> Exit {
    let all_done = outcomes.iter().all(|outcome| outcome.end == End::Done);
    if all_done && left_out.refused.is_empty() && !incomplete && probes.are_good() {
        return Exit::Done;
    }
    let is_refused =
        |outcome: &Outcome| !outcome.has_written() && matches!(outcome.end, End::Stale(_));
    if !incomplete && !outcomes.is_empty() && outcomes.iter().all(is_refused) {
        Exit::Refused
    } else {
        Exit::Incomplete
    }
}
