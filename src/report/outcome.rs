//! What an apply did and did not do, per API, with what to type next.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::plan::{api_title, indent_rest};
use super::style::{Colour, Role};
use super::text::{count, printable, shell_word};
use crate::deploy::{Deployed, MoveEnd, MovedStage};
use crate::execute::{End, Outcome};
use crate::plan::{ApiTarget, Evidence};

/// Renders what was done. `endpoint` goes into the commands that are suggested.
#[must_use]
pub fn render(
    outcomes: &[Outcome],
    refused: usize,
    colour: Colour,
    endpoint: Option<&str>,
) -> String {
    let mut out = String::new();
    for outcome in outcomes {
        write_outcome(&mut out, outcome, colour, endpoint);
    }
    let done = outcomes.iter().filter(|outcome| outcome.end == End::Done).count() as u64;
    let changed: usize = outcomes.iter().map(|outcome| outcome.applied.done.len()).sum();
    let deployments =
        outcomes.iter().filter_map(|o| o.deployed.as_ref()?.deployment.as_ref()).count() as u64;
    let all_done = done == outcomes.len() as u64 && refused == 0;
    let head = if all_done {
        colour.paint(Role::Added, "Apply complete.")
    } else {
        colour.paint(Role::Error, "Apply incomplete.")
    };
    let _ = writeln!(
        out,
        "{head} {} made, {} created, {done} of {} done and verified.",
        count(changed as u64, "change"),
        count(deployments, "deployment"),
        count((outcomes.len() + refused) as u64, "API"),
    );
    if !all_done {
        let _ = writeln!(out, "What is done stays done; `gwr apply` again finishes the rest.");
    }
    out
}

fn write_outcome(out: &mut String, outcome: &Outcome, colour: Colour, endpoint: Option<&str>) {
    let Outcome { target, end, applied, planned, deployed } = outcome;
    let title = api_title(target);
    let (label, role, why) = match end {
        End::Done => ("done", Role::Added, None),
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
            let _ = writeln!(out, "  changed or not, nobody can tell: {}", names(&applied.unclear));
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
        Some(deployed) => write_deployed(out, target, deployed, endpoint),
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
    endpoint: Option<&str>,
) {
    for MovedStage { name, from, to, end } in &deployed.stages {
        let name_shown = printable(name);
        let moved = match from {
            Some(from) => format!("{} → {}", printable(from), printable(to)),
            None => format!("→ {}", printable(to)),
        };
        let line = match end {
            MoveEnd::Serves(Evidence::Export, _) => {
                format!("stage {name_shown}: deployment {moved}, verified by its export")
            }
            MoveEnd::Serves(Evidence::Digest, _) => format!(
                "stage {name_shown}: deployment {moved}, which holds it by its digest (an export of \
                 this stage proves nothing)"
            ),
            MoveEnd::Differs(_) | MoveEnd::Unverified(_) => {
                format!("stage {name_shown}: deployment {moved}")
            }
            MoveEnd::MovedBack(_) => format!("stage {name_shown}: moved back to its deployment"),
            MoveEnd::NotMoved(_) => format!("stage {name_shown}: not moved"),
            MoveEnd::Stale(_) => {
                format!("stage {name_shown}: left alone, somebody else moved it meanwhile")
            }
        };
        let _ = writeln!(out, "  {line}");
        if let (MoveEnd::Differs(_) | MoveEnd::Unverified(_), Some(from)) = (end, from) {
            let _ = writeln!(out, "  the way back: {}", way_back(target, name, from, endpoint));
        }
    }
    if deployed.deployment.is_none() && deployed.stages.is_empty() {
        let _ = writeln!(out, "  not deployed: its stages serve what they served before");
    }
}

/// The command of the AWS CLI that moves a stage back.
fn way_back(target: &ApiTarget, stage: &str, deployment: &str, endpoint: Option<&str>) -> String {
    let mut command = format!(
        "aws apigateway update-stage --region {} --rest-api-id {} --stage-name {} \
         --patch-operations op=replace,path=/deploymentId,value={}",
        shell_word(&target.region),
        shell_word(&target.rest_api_id),
        shell_word(stage),
        shell_word(deployment),
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
            if let Some(error) = error {
                api["error"] = json!(error);
            }
            api
        })
        .collect();
    json!(apis)
}

fn stage_document(stage: &MovedStage) -> Value {
    let MovedStage { name, from, to, end } = stage;
    let (status, evidence) = match end {
        MoveEnd::Serves(Evidence::Export, _) => ("current", "export"),
        MoveEnd::Serves(Evidence::Digest, _) => ("current", "digest"),
        MoveEnd::Differs(_) => ("behind", "export"),
        MoveEnd::Unverified(_) => ("unknown", "none"),
        MoveEnd::MovedBack(_) => ("moved-back", "export"),
        MoveEnd::NotMoved(_) => ("not-moved", "none"),
        MoveEnd::Stale(_) => ("stale", "none"),
    };
    json!({ "name": name, "from": from, "to": to, "status": status, "evidence": evidence })
}
