//! The stages of a plan for people: what becomes of each, and what goes along.

use std::fmt::Write as _;

use super::style::{Colour, Role};
use super::text::printable;
use crate::plan::{
    ApiWork, Certainty, Consent, Decision, Foreign, KeepReason, Part, StagePlan, reason,
};
use crate::state::observed::Canary;

pub(super) fn write_stages(out: &mut String, work: &ApiWork, colour: Colour) {
    for stage in &work.stages {
        let StagePlan {
            name,
            deployment_id: _,
            canary,
            part,
            decision,
            foreign,
            unread: _,
            consent: _,
        } = stage;
        let why = printable(&reason(decision, work));
        let name = printable(name);
        let line = match decision {
            Decision::Deploy(_) => {
                let from = match stage.replaced() {
                    Some(id) => format!("; now at deployment {}", printable(id)),
                    None => String::new(),
                };
                let what = match part {
                    Part::Stage => "deploy",
                    Part::Canary => "deploy to its canary",
                };
                colour.paint(Role::Changed, &format!("~ stage {name}: {what}"))
                    + &format!(", {why}{from}")
            }
            Decision::Keep(KeepReason::Unknown(_)) => {
                colour.paint(Role::Warning, &format!("? stage {name}: {why}"))
            }
            Decision::Keep(_) => colour.paint(Role::Faint, &format!("  stage {name}: {why}")),
        };
        let _ = writeln!(out, "  {line}");
        if let (Decision::Deploy(_), Some(canary)) = (decision, canary) {
            write_canary(out, canary, *part, colour);
        }
        if let Some(foreign) = foreign.as_ref().filter(|foreign| !foreign.is_empty()) {
            write_foreign(out, stage, foreign, colour);
        }
    }
    if work.stages.is_empty() && !work.changes.is_empty() {
        let note = "  no stages: the change is configured, and no stage serves it until the API is deployed";
        let _ = writeln!(out, "  {}", colour.paint(Role::Warning, note.trim_start()));
    }
}

/// What a canary means for the stage.
fn write_canary(out: &mut String, canary: &Canary, part: Part, colour: Colour) {
    let Canary { deployment_id: _, percent_traffic } = canary;
    let percent = printable(percent_traffic);
    let lines = match part {
        Part::Stage => [
            colour.paint(
                Role::Error,
                &format!(
                    "! apply blocked: it has canary settings ({percent} percent of its traffic)"
                ),
            ),
            "    promote or remove the canary first, or deploy to the canary with `--canary`"
                .to_owned(),
        ],
        Part::Canary => [
            format!("    {percent} percent of its traffic will get it; the rest is unchanged"),
            "    promoting the canary is left to its owner".to_owned(),
        ],
    };
    for line in lines {
        let _ = writeln!(out, "    {line}");
    }
}

/// Undeployed work of others, and what can be done about it.
fn write_foreign(out: &mut String, stage: &StagePlan, foreign: &Foreign, colour: Colour) {
    let role = match stage.consent {
        Consent::Refused => Role::Error,
        Consent::Accepted | Consent::Warned | Consent::Allowed => Role::Warning,
    };
    let words = stage.foreign_words();
    let head = format!("! stage {}: {}:", printable(&stage.name), printable(&words));
    let _ = writeln!(out, "    {}", colour.paint(role, &head));
    for line in super::foreign::lines(foreign, 8, colour) {
        let _ = writeln!(out, "{line}");
    }
    let digest = foreign.digest();
    let certainty = foreign.certainty();
    let goes_on = match certainty {
        Certainty::Certain => "apply ships it",
        Certainty::Unread | Certainty::Untold => "apply deploys anyway",
    };
    let way_out = match certainty {
        Certainty::Certain => {
            "apply blocked. Ask the author of the change to deploy it, or accept exactly this:"
        }
        Certainty::Unread => {
            "apply blocked. Grant the permission (`gwr policy apply` prints it), or, if you \
             know that there are no such changes, accept exactly this:"
        }
        Certainty::Untold => {
            "apply blocked. Ask the people who work on this API; if they have no undeployed \
             changes, accept exactly this:"
        }
    };
    let advice = match stage.consent {
        Consent::Refused => {
            vec![way_out.to_owned(), format!("    --accept-foreign {digest}")]
        }
        Consent::Accepted => vec![format!("{goes_on}: accepted with --accept-foreign")],
        Consent::Warned => vec![format!("{goes_on}: foreign_changes = \"warn\"")],
        Consent::Allowed => vec![format!("{goes_on}: foreign_changes = \"allow\"")],
    };
    for line in advice {
        let _ = writeln!(out, "      {line}");
    }
}
