//! What an apply did and did not do, per API, with what to type next.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::plan::{api_title, indent_rest};
use super::style::{Colour, Role};
use super::text::{count, printable, shell_word};
use crate::deploy::{Back, Deployed, MoveEnd, MovedStage};
use crate::execute::{End, Outcome};
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

/// Renders what was done. `endpoint` goes into the commands that are suggested; `go_on`
/// says how to go on where not everything was done.
#[must_use]
pub fn render(
    outcomes: &[Outcome],
    left_out: &LeftOut,
    whole: Whole,
    colour: Colour,
    endpoint: Option<&str>,
    go_on: &str,
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
        let _ = writeln!(out, "{head} What stands above tells why; `gwr plan` shows what is now.");
        return out;
    }
    let done = outcomes.iter().filter(|outcome| outcome.end == End::Done).count() as u64;
    let changed: usize = outcomes.iter().map(|outcome| outcome.applied.done.len()).sum();
    let deployments =
        outcomes.iter().filter_map(|o| o.deployed.as_ref()?.deployment.as_ref()).count() as u64;
    let _ = writeln!(
        out,
        "{head} {} made, {} created, {done} of {} done and verified.",
        count(changed as u64, "change"),
        count(deployments, "deployment"),
        count((outcomes.len() + refused.len() + unread.len()) as u64, "API"),
    );
    if whole != Whole::Complete {
        let _ =
            writeln!(out, "What was done stays. Fix the cause above, then {}.", printable(go_on));
    }
    out
}

fn write_left_out(out: &mut String, apis: &[ApiTarget], label: &str, colour: Colour) {
    for target in apis {
        let title = colour.paint(Role::Heading, &api_title(target));
        let label = colour.paint(Role::Error, label);
        let _ = writeln!(out, "{title}: {label}; nothing was written to it");
    }
}

fn write_outcome(out: &mut String, outcome: &Outcome, colour: Colour, endpoint: Option<&str>) {
    let Outcome { target, end, applied, planned, deployed } = outcome;
    let title = api_title(target);
    let (label, role, why) = match end {
        End::Done => ("done", Role::Added, None),
        End::Stale(why) if outcome.has_written() => ("stale, stopped", Role::Warning, Some(why)),
        End::Stale(why) => ("stale, skipped", Role::Warning, Some(why)),
        End::Failed(why) => ("failed", Role::Error, Some(why)),
        End::Unverified(why) => ("not verified", Role::Warning, Some(why)),
        End::Interrupted => ("interrupted", Role::Warning, None),
    };
    let _ = writeln!(out, "{}: {}", colour.paint(Role::Heading, &title), colour.paint(role, label));
    if let Some(why) = why {
        let _ = writeln!(out, "  {}", indent_rest(why, 2));
    }
    if !planned.is_empty() {
        let names = |types: &[crate::model::ResponseType]| {
            types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        if !applied.done.is_empty() {
            let _ = writeln!(out, "  changed: {}", names(&applied.done));
        }
        if !applied.unclear.is_empty() {
            let _ = writeln!(out, "  unknown whether changed: {}", names(&applied.unclear));
        }
        let rest: Vec<_> = planned
            .iter()
            .copied()
            .filter(|t| !applied.done.contains(t) && !applied.unclear.contains(t))
            .collect();
        if !rest.is_empty() {
            let _ = writeln!(out, "  not changed: {}", names(&rest));
        }
    }
    match deployed {
        Some(deployed) => write_deployed(out, target, deployed, colour, endpoint),
        None if *end != End::Done && !applied.done.is_empty() => {
            let _ = writeln!(out, "  not deployed: its stages serve what they served before");
        }
        None => {}
    }
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
        let MovedStage { name, part, from, to, end } = moved;
        let name_shown = match part {
            Part::Stage => printable(name),
            Part::Canary => format!("{} (its canary)", printable(name)),
        };
        let shift = match from {
            Some(from) => format!("{} → {}", printable(from), printable(to)),
            None => format!("→ {}", printable(to)),
        };
        let line = match end {
            MoveEnd::Serves(Evidence::Export, _) => {
                format!("stage {name_shown}: deployment {shift}, verified by its export")
            }
            MoveEnd::Serves(Evidence::Digest, _) if *part == Part::Canary => {
                format!("stage {name_shown}: deployment {shift}, verified by its digest")
            }
            MoveEnd::Serves(Evidence::Digest, None) => format!(
                "stage {name_shown}: deployment {shift}, verified by its digest (the stage's export \
                 could not be read)"
            ),
            MoveEnd::Serves(Evidence::Digest, Some(_)) => format!(
                "stage {name_shown}: deployment {shift}, verified by its digest (the stage's export \
                 does not show what it serves)"
            ),
            MoveEnd::Differs(_)
            | MoveEnd::Unverified(_, None | Some(Back::Failed(_)))
            | MoveEnd::Unlisted(_, Back::Failed(_)) => {
                format!("stage {name_shown}: deployment {shift}")
            }
            MoveEnd::Unlisted(_, Back::Done)
            | MoveEnd::Unverified(_, Some(Back::Done))
            | MoveEnd::MovedBack(_) => {
                format!("stage {name_shown}: moved back to its deployment")
            }
            MoveEnd::NotMoved(_) | MoveEnd::Stale(_) => format!("stage {name_shown}: not moved"),
            MoveEnd::Unclear(_) => {
                format!("stage {name_shown}: deployment {shift}, unknown whether moved")
            }
        };
        let _ = writeln!(out, "  {line}");
        if let MoveEnd::Unlisted(unlisted, _) = end {
            write_unlisted(out, unlisted, colour);
        }
        let is_bad = match end {
            MoveEnd::Differs(_)
            | MoveEnd::Unverified(_, None | Some(Back::Failed(_)))
            | MoveEnd::Unclear(_)
            | MoveEnd::Unlisted(_, Back::Failed(_)) => true,
            MoveEnd::Serves(..)
            | MoveEnd::MovedBack(_)
            | MoveEnd::Unlisted(_, Back::Done)
            | MoveEnd::Unverified(_, Some(Back::Done))
            | MoveEnd::Stale(_)
            | MoveEnd::NotMoved(_) => false,
        };
        if let (true, Some(from)) = (is_bad, from) {
            let patch = format!("op=replace,path={},value={from}", pointer_path(*part));
            let _ = writeln!(
                out,
                "  the way back: {}",
                update_stage(target, name, &shell_word(&patch), endpoint)
            );
        }
        if let (Part::Canary, MoveEnd::Serves(..)) = (part, end) {
            write_promotion(out, target, name, endpoint);
        }
    }
    if deployed.deployment.is_none() && deployed.stages.is_empty() {
        let _ = writeln!(out, "  not deployed: its stages serve what they served before");
    }
}

/// What was shipped, or nearly, without being on the list; and how to go on.
fn write_unlisted(out: &mut String, unlisted: &Foreign, colour: Colour) {
    let head = "work of others that was not listed:";
    let _ = writeln!(out, "  {}", colour.paint(Role::Error, head));
    for line in super::foreign::lines(unlisted, 4, colour) {
        let _ = writeln!(out, "{line}");
    }
    let _ = writeln!(out, "  let its owner deploy it, then apply again");
    match unlisted.beyond_a_plan() {
        None => {
            let _ = writeln!(
                out,
                "  or look at it with `gwr plan`, which lists it now, with the digest that accepts it"
            );
        }
        Some(beyond) => {
            let also = if beyond == *unlisted { "" } else { " beside what `gwr plan` lists now" };
            let _ = writeln!(
                out,
                "  or accept{also} what no plan can list:\n    --accept-foreign {}\n  \
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
        "  the evidence is the deployment's digest alone: nobody has shown which half of a stage \
         with a canary an export shows\n  \
         the rest of the traffic stays where it was until its owner promotes the canary:\n    {}",
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
        .map(|Outcome { target, end, applied, planned, deployed }| {
            let (status, error) = match end {
                End::Done => ("done", None),
                End::Stale(why) => ("stale", Some(why)),
                End::Failed(why) => ("failed", Some(why)),
                End::Unverified(why) => ("unverified", Some(why)),
                End::Interrupted => ("interrupted", None),
            };
            let mut api = json!({
                "name": target.key,
                "rest_api_id": target.rest_api_id,
                "status": status,
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
            if let Some(error) = error {
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
        MoveEnd::Serves(Evidence::Export, _) => ("current", "export"),
        MoveEnd::Serves(Evidence::Digest, _) => ("current", "digest"),
        MoveEnd::Differs(_) => ("behind", "export"),
        MoveEnd::Unverified(_, None | Some(Back::Failed(_))) | MoveEnd::Unclear(_) => {
            ("unknown", "none")
        }
        MoveEnd::Unverified(_, Some(Back::Done)) => ("moved-back", "none"),
        MoveEnd::MovedBack(_) | MoveEnd::Unlisted(_, Back::Done) => ("moved-back", "export"),
        MoveEnd::Unlisted(_, Back::Failed(_)) => ("foreign", "export"),
        MoveEnd::NotMoved(_) | MoveEnd::Stale(_) => ("not-moved", "none"),
    };
    let mut document =
        json!({ "name": name, "from": from, "to": to, "status": status, "evidence": evidence });
    if *part == Part::Canary {
        document["part"] = json!("canary");
    }
    if let MoveEnd::Unlisted(unlisted, _) = end {
        add_unlisted(&mut document, unlisted);
    }
    document
}
