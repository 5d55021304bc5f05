//! What an apply did and did not do, per API, with what to type next.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::apply_ending;
use super::plan::{api_title, indent_rest};
use super::style::{Colour, Role};
use super::text::{HINT, count, printable, shell_word};
use crate::apply::outcome::{
    Deployed, End, Fault, MoveEnd, MovedStage, Outcome, Pointer, Revert, Unused,
};
use crate::plan::{ApiTarget, Evidence, Foreign, Part};

/// APIs of the plan that nothing was done to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Refused at review.
    pub refused: Vec<ApiTarget>,
    /// They could not be read, so nobody knows what there is to do.
    pub unread: Vec<ApiTarget>,
}

/// How an apply ended as a whole: what the exit code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    Complete,
    Incomplete,
    Interrupted,
    /// Nothing was written.
    Refused,
}

impl Whole {
    const fn head(self) -> (Role, &'static str) {
        match self {
            Self::Complete => (Role::Added, "Apply complete."),
            Self::Incomplete => (Role::Error, "Apply incomplete."),
            Self::Interrupted => (Role::Error, "Apply interrupted."),
            Self::Refused => (Role::Error, "Apply refused: nothing was written."),
        }
    }
}

/// Renders what was done. `endpoint` goes into the commands that are suggested; `resume`
/// says how to go on where not everything was done.
#[must_use]
pub fn render(
    outcomes: &[Outcome],
    left_out: &LeftOut,
    whole: Whole,
    colour: Colour,
    endpoint: Option<&str>,
    resume: &str,
) -> String {
    let LeftOut { refused, unread } = left_out;
    let mut out = String::new();
    for outcome in outcomes {
        write_outcome(&mut out, outcome, colour, endpoint);
    }
    write_left_out(&mut out, refused, "refused", colour);
    write_left_out(&mut out, unread, "could not be read", colour);
    let (role, head) = whole.head();
    let head = colour.paint(role, head);
    if whole == Whole::Refused {
        let _ = writeln!(
            out,
            "{head} The reasons are above. Run `gwr plan` to see the current \
            state."
        );
        return out;
    }
    let done = outcomes.iter().filter(|outcome| outcome.end == End::Done).count() as u64;
    let changed: usize = outcomes.iter().map(|outcome| outcome.applied.done.len()).sum();
    let _ = writeln!(
        out,
        "{head} {} made, {}, {done} of {} done and verified.",
        count(changed as u64, "change"),
        deployments(outcomes),
        count((outcomes.len() + refused.len() + unread.len()) as u64, "API"),
    );
    if whole != Whole::Complete {
        let stays =
            if outcomes.iter().any(leaves_something) { "What was done is kept. " } else { "" };
        let _ = writeln!(out, "{stays}Fix the cause above, then {}.", printable(resume));
    }
    out
}

/// How many deployments are there that were not before, and which of them nothing uses.
fn deployments(outcomes: &[Outcome]) -> String {
    let deployed = || outcomes.iter().filter_map(|outcome| outcome.deployed.as_ref());
    let left: Vec<String> = deployed().filter_map(left_over).collect();
    let used = deployed().filter(|deployed| deployed.deployment.is_some()).count();
    let all = format!("{} created", count((used + left.len()) as u64, "deployment"));
    match left.as_slice() {
        [] => all,
        [one] => format!("{all} ({one}, which no stage uses, could not be deleted)"),
        several => {
            format!("{all} (no stage uses {}, which could not be deleted)", several.join(", "))
        }
    }
}

/// The deployment that was made, is not used, and could not be deleted.
fn left_over(deployed: &Deployed) -> Option<String> {
    match &deployed.unused {
        Unused::Left(id, _) => Some(printable(id)),
        Unused::None | Unused::Deleted(_) => None,
    }
}

/// Whether an API may be different from before.
fn leaves_something(outcome: &Outcome) -> bool {
    let Outcome { target: _, end: _, applied, planned: _, planned_stages: _, deployed } = outcome;
    let Some(Deployed { deployment, stages, unused, .. }) = deployed else {
        return applied.has_written();
    };
    applied.has_written()
        || deployment.is_some()
        || matches!(unused, Unused::Left(..))
        || stages.iter().any(|stage| match stage.end.pointer() {
            Pointer::Moved | Pointer::Unclear => true,
            Pointer::Reverted | Pointer::Unchanged => false,
        })
}

fn write_left_out(out: &mut String, apis: &[ApiTarget], label: &str, colour: Colour) {
    for target in apis {
        let title = colour.paint(Role::Heading, &api_title(target));
        let label = colour.paint(Role::Error, label);
        let _ = writeln!(out, "{title}: {label}; nothing was written to it");
    }
}

fn write_outcome(out: &mut String, outcome: &Outcome, colour: Colour, endpoint: Option<&str>) {
    let Outcome { target, end: _, applied: _, planned: _, planned_stages: _, deployed } = outcome;
    let title = api_title(target);
    let (label, role) = label(outcome);
    let _ = writeln!(out, "{}: {}", colour.paint(Role::Heading, &title), colour.paint(role, label));
    if let Some(why) = apply_ending::error(outcome) {
        let _ = writeln!(out, "  {}", indent_rest(&hints_last(&why), 2));
    }
    for line in change_lines(outcome) {
        let _ = writeln!(out, "  {line}");
    }
    if let Some(deployed) = deployed {
        write_deployed(out, target, deployed, colour, endpoint);
    }
    for line in untried_stages(outcome).iter().chain(&not_deployed(outcome)) {
        let _ = writeln!(out, "  {line}");
    }
}

pub(super) fn label(outcome: &Outcome) -> (&'static str, Role) {
    match &outcome.end {
        End::Done => ("done", Role::Added),
        End::Stale(_) if outcome.has_written() => ("stale, stopped", Role::Warning),
        End::Stale(_) => ("stale, skipped", Role::Warning),
        End::Failed(_) => ("failed", Role::Error),
        End::Unverified(_) => ("not verified", Role::Warning),
        End::Interrupted => ("interrupted", Role::Warning),
    }
}

/// The text with its hints behind everything else.
fn hints_last(text: &str) -> String {
    let (hints, what): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.starts_with(HINT));
    what.into_iter().chain(hints).collect::<Vec<_>>().join("\n")
}

/// Which types were changed, and which were not.
pub(super) fn change_lines(outcome: &Outcome) -> Vec<String> {
    let Outcome { target: _, end: _, applied, planned, planned_stages: _, deployed: _ } = outcome;
    let rest: Vec<_> = planned
        .iter()
        .copied()
        .filter(|t| !applied.done.contains(t) && !applied.unclear.contains(t))
        .collect();
    [
        ("changed", &applied.done),
        ("unknown whether changed", &applied.unclear),
        ("not changed", &rest),
    ]
    .into_iter()
    .filter(|(_, types)| !planned.is_empty() && !types.is_empty())
    .map(|(label, types)| {
        let names: Vec<String> = types.iter().map(ToString::to_string).collect();
        format!("{label}: {}", names.join(", "))
    })
    .collect()
}

/// That the stages have none of what was changed.
pub(super) fn not_deployed(outcome: &Outcome) -> Option<String> {
    let Outcome { target: _, end, applied, planned: _, planned_stages: _, deployed } = outcome;
    let is_undeployed = match deployed {
        Some(deployed) => deployed.deployment.is_none() && deployed.stages.is_empty(),
        None => *end != End::Done && !applied.done.is_empty(),
    };
    is_undeployed.then(|| "not deployed: its stages serve what they served before".to_owned())
}

fn write_deployed(
    out: &mut String,
    target: &ApiTarget,
    deployed: &Deployed,
    colour: Colour,
    endpoint: Option<&str>,
) {
    if let Some(unlisted) = &deployed.unlisted {
        write_unlisted(out, unlisted, colour);
    }
    for moved in &deployed.stages {
        let _ = writeln!(out, "  {}", stage_line(moved));
        if let Some(unlisted) = moved.end.unlisted() {
            write_unlisted(out, unlisted, colour);
        }
        if let Some(command) = way_back(target, moved, endpoint) {
            let _ = writeln!(out, "  To undo: {command}");
        }
        if let (Part::Canary, MoveEnd::Verified(..)) = (moved.part, &moved.end) {
            write_promotion(out, target, &moved.name, endpoint);
        }
    }
}

/// The planned stages that the deployment did not come to.
pub(super) fn untried_stages(outcome: &Outcome) -> Vec<String> {
    let (Some(deployed), None) = (&outcome.deployed, not_deployed(outcome)) else {
        return Vec::new();
    };
    let is_tried = |name: &str| deployed.stages.iter().any(|moved| moved.name == name);
    outcome
        .planned_stages
        .iter()
        .filter(|(name, _)| !is_tried(name))
        .map(|(name, part)| format!("stage {}: not moved", stage_name(name, *part)))
        .collect()
}

fn stage_name(name: &str, part: Part) -> String {
    match part {
        Part::Stage => printable(name),
        Part::Canary => format!("{} (its canary)", printable(name)),
    }
}

/// Where a stage is now, and how that is known.
pub(super) fn stage_line(moved: &MovedStage) -> String {
    let MovedStage { name, part, from, to, end } = moved;
    let name_shown = stage_name(name, *part);
    let shift = match from {
        Some(from) => format!("{} → {}", printable(from), printable(to)),
        None => format!("→ {}", printable(to)),
    };
    match end {
        MoveEnd::Verified(Evidence::Export, _) => {
            format!("stage {name_shown}: deployment {shift}, verified from the stage export")
        }
        MoveEnd::Verified(Evidence::Digest, _) if *part == Part::Canary => {
            format!("stage {name_shown}: deployment {shift}, verified from its digest")
        }
        MoveEnd::Verified(Evidence::Digest, None) => format!(
            "stage {name_shown}: deployment {shift}, verified from its digest (the stage export \
             could not be read)"
        ),
        MoveEnd::Verified(Evidence::Digest, Some(_)) => format!(
            "stage {name_shown}: deployment {shift}, verified from its digest (the stage export \
             does not show what it serves)"
        ),
        MoveEnd::Faulty(_, Revert::NotTried | Revert::Failed(_)) => {
            format!("stage {name_shown}: deployment {shift}")
        }
        MoveEnd::Faulty(_, Revert::Done) => {
            format!("stage {name_shown}: moved back to its deployment")
        }
        MoveEnd::Unchanged(_) => format!("stage {name_shown}: not moved"),
        MoveEnd::Unclear(_) => {
            format!("stage {name_shown}: deployment {shift}, unknown whether moved")
        }
    }
}

/// The command that moves a stage back that is not as it should be.
pub(super) fn way_back(
    target: &ApiTarget,
    moved: &MovedStage,
    endpoint: Option<&str>,
) -> Option<String> {
    let MovedStage { name, part, from, to: _, end } = moved;
    let is_bad = match end.pointer() {
        Pointer::Moved => !end.is_good(),
        Pointer::Unclear => true,
        Pointer::Reverted | Pointer::Unchanged => false,
    };
    let from = from.as_ref().filter(|_| is_bad)?;
    let patch = format!("op=replace,path={},value={from}", pointer_path(*part));
    Some(update_stage(target, name, &shell_word(&patch), endpoint))
}

/// What was shipped, or nearly, without being on the list; and how to go on.
fn write_unlisted(out: &mut String, unlisted: &Foreign, colour: Colour) {
    let head = "work of others that was not listed:";
    let _ = writeln!(out, "  {}", colour.paint(Role::Error, head));
    for line in super::foreign::lines(unlisted, 4, colour) {
        let _ = writeln!(out, "{line}");
    }
    let _ = writeln!(out, "  ask the author of the change to deploy it, then apply again");
    match unlisted.beyond_a_plan() {
        None => {
            let _ = writeln!(
                out,
                "  or run `gwr plan`, which now lists it, and accept it by its digest"
            );
        }
        Some(beyond) => {
            let also =
                if beyond == *unlisted { "" } else { ", besides what `gwr plan` lists now," };
            let _ = writeln!(
                out,
                "  or accept{also} what a plan cannot list:\n    --accept-foreign {}\n  \
                 together with each digest that `gwr plan` lists",
                beyond.digest()
            );
        }
    }
}

/// A canary is a trial of its owner's: the program neither ends nor promotes it.
fn write_promotion(out: &mut String, target: &ApiTarget, stage: &str, endpoint: Option<&str>) {
    let patches = "op=copy,from=/canarySettings/stageVariableOverrides,path=/variables \
                   op=copy,from=/canarySettings/deploymentId,path=/deploymentId";
    let _ = writeln!(
        out,
        "  verified from the deployment's digest only: which deployment the export of a stage \
         with a canary shows is not verified on AWS\n  the rest of the traffic stays where it was \
         until its owner promotes the canary:\n    {}",
        update_stage(target, stage, patches, endpoint)
    );
}

const fn pointer_path(part: Part) -> &'static str {
    match part {
        Part::Stage => "/deploymentId",
        Part::Canary => "/canarySettings/deploymentId",
    }
}

/// The command of the AWS CLI that changes a stage.
fn update_stage(target: &ApiTarget, stage: &str, patches: &str, endpoint: Option<&str>) -> String {
    let mut command = format!(
        "aws apigateway update-stage --region {} --rest-api-id {} --stage-name {} \
         --patch-operations {patches}",
        shell_word(&target.region),
        shell_word(&target.rest_api_id),
        shell_word(stage),
    );
    if let Some(endpoint) = endpoint {
        let _ = write!(command, " --endpoint-url {}", shell_word(endpoint));
    }
    printable(&command)
}

/// The same as a document.
#[must_use]
pub fn document(outcomes: &[Outcome]) -> Value {
    let apis: Vec<Value> = outcomes
        .iter()
        .map(|outcome| {
            let Outcome { target, end, applied, planned, planned_stages: _, deployed } = outcome;
            let mut api = json!({
                "name": target.key,
                "rest_api_id": target.rest_api_id,
                "status": apply_ending::status(end),
                "planned": planned,
                "changed": applied.done,
                "unclear": applied.unclear,
                "deployment_id":
                    deployed.as_ref().and_then(|d| d.deployment.as_ref()).map(|d| &d.id),
                "stages": deployed.iter().flat_map(|d| &d.stages).map(stage_document).collect::<Vec<_>>(),
            });
            if let Some(unlisted) = deployed.as_ref().and_then(|d| d.unlisted.as_ref()) {
                add_unlisted(&mut api, unlisted);
            }
            if let Some(error) = apply_ending::error(outcome) {
                api["error"] = json!(error);
            }
            api
        })
        .collect();
    json!(apis)
}

fn add_unlisted(document: &mut Value, unlisted: &Foreign) {
    document["foreign_digest"] = json!(unlisted.digest());
    document["foreign_changes"] = json!(unlisted.changes());
    if let Some(beyond) = unlisted.beyond_a_plan() {
        document["accept_foreign"] = json!(beyond.digest());
    }
}

fn stage_document(stage: &MovedStage) -> Value {
    let MovedStage { name, part, from, to, end } = stage;
    let (status, evidence) = match end {
        MoveEnd::Verified(Evidence::Export, _) => ("current", "export"),
        MoveEnd::Verified(Evidence::Digest, _) => ("current", "digest"),
        MoveEnd::Faulty(Fault::Unknown(_), Revert::Done) => ("moved-back", "none"),
        MoveEnd::Faulty(Fault::Differs(_) | Fault::Unlisted(_), Revert::Done) => {
            ("moved-back", "export")
        }
        MoveEnd::Faulty(Fault::Differs(_), _) => ("behind", "export"),
        MoveEnd::Faulty(Fault::Unlisted(_), _) => ("foreign", "export"),
        MoveEnd::Faulty(Fault::Unknown(_), _) | MoveEnd::Unclear(_) => ("unknown", "none"),
        MoveEnd::Unchanged(_) => ("not-moved", "none"),
    };
    let mut document =
        json!({ "name": name, "from": from, "to": to, "status": status, "evidence": evidence });
    if *part == Part::Canary {
        document["part"] = json!("canary");
    }
    if let Some(unlisted) = end.unlisted() {
        add_unlisted(&mut document, unlisted);
    }
    document
}
