//! What is told of an apply: the result in each format.

use std::collections::BTreeSet;

use serde_json::json;

use super::plan;
use crate::apply::outcome::{End, Outcome};
use crate::apply::probe::Probes;
use crate::cli::args::{Common, Output};
use crate::cli::session::record;
use crate::cli::terminal::console::Console;
use crate::cli::terminal::interrupt::NOTHING_MORE;
use crate::plan::review::{Refusal, Reviewed};
use crate::plan::{ApiPlan, Document, Plan, Work};
use crate::report;
use crate::report::apply_ending::error;
use crate::report::outcome::{LeftOut, Whole};
use crate::report::style::Colour;

/// What there is to report.
pub(crate) struct Done<'a> {
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) probes: Probes,
    pub(crate) left_out: LeftOut,
    pub(crate) whole: Whole,
    pub(crate) plan: Document,
    pub(crate) record: &'a record::Kept,
    /// The command that completes the apply.
    pub(crate) resume: String,
    /// What a comment must not fold away.
    pub(crate) alerts: Vec<String>,
}

/// Where nothing was begun, the document is the plan, and what is stale of a saved one.
pub(crate) fn show_unbegun(
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
                let (End::Stale(_), Some(why)) = (&outcome.end, error(outcome)) else {
                    return None;
                };
                Some(Refusal {
                    api: Some(outcome.target.clone()),
                    message: format!("stale, skipped: {why}"),
                    way_out: "make a new plan".to_owned(),
                })
            });
            let refusals: Vec<Refusal> = refusals.iter().cloned().chain(stale).collect();
            plan::show(shown, document, &refusals, "", console)
        }
    }
}

pub(crate) fn report(
    done: &Done<'_>,
    endpoint: Option<&str>,
    common: &Common,
    console: &Console,
) -> anyhow::Result<()> {
    let Done { outcomes, probes, left_out, whole, plan, record, resume, alerts } = done;
    let text = match console.output {
        Output::Json => {
            let document = json!({
                "format_version": 1,
                "plan": plan,
                "apis": report::outcome::document(outcomes),
                "probes": report::probe::document(probes),
                "record": record.path.display().to_string(),
            });
            report::json::document(&document)?
        }
        Output::Markdown => {
            let probed = report::probe::render(probes, Colour::Off);
            let probed = Some(probed.trim_end().to_owned()).filter(|text| !text.is_empty());
            let alerts: Vec<String> = alerts.iter().cloned().chain(probed).collect();
            record.comment(&alerts, common)?
        }
        Output::Text => {
            let probed = report::probe::render(probes, console.colour());
            let colour = console.colour();
            let done =
                report::outcome::render(outcomes, left_out, *whole, colour, endpoint, resume);
            format!("\n{probed}{done}{}", record.line(common))
        }
    };
    console.data(&text);
    Ok(())
}

/// The APIs of the plan that nothing is done to, each once.
pub(crate) fn left_out(shown: &Plan, reviewed: &Reviewed) -> LeftOut {
    let refused: BTreeSet<_> =
        reviewed.refusals().iter().filter_map(|refusal| refusal.api.clone()).collect();
    let is_unread = |api: &&ApiPlan| matches!(api.work, Work::Unread(_));
    LeftOut {
        refused: refused.into_iter().collect(),
        unread: shown.apis.iter().filter(is_unread).map(|api| api.target.clone()).collect(),
    }
}

/// What an interrupt means for the run: one that came when everything was done already has
/// kept it from nothing.
pub(crate) const fn ended_by(whole: Whole) -> &'static str {
    match whole {
        Whole::Complete => "everything was done already",
        Whole::Incomplete | Whole::Interrupted | Whole::Refused => NOTHING_MORE,
    }
}
