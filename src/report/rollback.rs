//! A rollback, before and after it is run.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::apply_ending;
use super::aws_error::describe;
use super::plan::{api_title, indent_rest, write_change};
use super::style::{Colour, Role};
use super::text::{count, printable};
use crate::apply::outcome::{End, NotMoved, Pointed};
use crate::apply::rollback::{
    Back, Ended, LostRoutes, Move, Moved, NoEvidence, RoutesUnknown, UnreadServed, Unrestored,
    are_refused,
};
use crate::apply::trace::Untraced;
use crate::plan::{ApiTarget, ApiWork, Part};

/// What is going to be done.
#[must_use]
pub fn plan<'a>(rollbacks: impl IntoIterator<Item = &'a Back>, colour: Colour) -> String {
    let mut out = String::new();
    let (mut stages, mut changes, mut apis) = (0, 0, 0);
    for back in rollbacks {
        let Back { target, moves, moved_before: _, left, configuration } = back;
        write_head(&mut out, target, colour);
        for one in moves {
            write_move(&mut out, one, colour);
        }
        write_changes(&mut out, &configuration.work, colour);
        write_left(&mut out, left, colour);
        if !back.is_needed() && left.is_empty() {
            let _ = writeln!(out, "  {}", colour.paint(Role::Faint, "nothing to roll back"));
        }
        out.push('\n');
        stages += moves.len() as u64;
        changes += configuration.work.changes.len() as u64;
        apis += u64::from(back.is_needed());
    }
    let head = colour.paint(Role::Heading, "Rollback:");
    let _ = writeln!(
        out,
        "{head} {} to move back, then {} of the configuration, on {}; no deployment is made.",
        count(stages, "stage"),
        count(changes, "change"),
        count(apis, "API"),
    );
    out
}

/// How many routes are shown.
const SHOWN_ROUTES: usize = 20;

/// The routes that a stage loses by its move, a line each.
#[must_use]
pub fn lost_routes(routes: &LostRoutes) -> String {
    let listed = |routes: &[String]| {
        let shown: Vec<String> =
            routes.iter().take(SHOWN_ROUTES).map(|route| printable(route)).collect();
        let rest = match routes.len().saturating_sub(SHOWN_ROUTES) {
            0 => String::new(),
            rest => format!(" and {rest} more"),
        };
        format!("{}{rest}", shown.join(", "))
    };
    match routes {
        LostRoutes::Unknown(why) => {
            let why = match why {
                RoutesUnknown::NoSummaries => {
                    "the server keeps no summaries of deployments".to_owned()
                }
                RoutesUnknown::Unread(error) => describe(error),
                RoutesUnknown::TimedOut(after) => {
                    format!("GetDeployment was not answered within {} s", after.as_secs())
                }
            };
            format!("    routes that the stage would lose: unknown: {}\n", indent_rest(&why, 4))
        }
        LostRoutes::Known { lost, protected_differently } => {
            let mut out = if lost.is_empty() {
                "    routes that the stage would lose: none\n".to_owned()
            } else {
                format!("    routes that the stage would lose: {}\n", listed(lost))
            };
            if !protected_differently.is_empty() {
                let _ = writeln!(
                    out,
                    "    routes whose authorization or API key would change: {}",
                    listed(protected_differently)
                );
            }
            out
        }
    }
}

/// Why the configuration was not restored to what the stage serves.
#[must_use]
pub fn unrestored(why: &Unrestored) -> String {
    match why {
        Unrestored::Unread(UnreadServed::Call(error)) => describe(error),
        Unrestored::Unread(UnreadServed::Export(why)) => {
            format!("its export could not be read: {}", why.details())
        }
        Unrestored::Unread(UnreadServed::NoStage(stage)) => {
            format!("stage `{stage}` no longer exists")
        }
        Unrestored::Unread(UnreadServed::Unsettled) => "its export keeps changing".to_owned(),
        Unrestored::NoEvidence(NoEvidence::Mirror) => {
            "exports here show the configuration and not what a stage serves".to_owned()
        }
        Unrestored::NoEvidence(NoEvidence::Silent) => {
            "the exports of this stage list no gateway responses".to_owned()
        }
        Unrestored::NoEvidence(NoEvidence::Canary) => {
            "which half of a stage with a canary an export shows is not verified on AWS".to_owned()
        }
        Unrestored::NoEvidence(NoEvidence::Unproven) => {
            "the stage's export equals the configuration, and it is not proven here that exports \
             show what is served"
                .to_owned()
        }
        Unrestored::Contradiction { described, exported } => format!(
            "the deployment's description shows {}, and the stage's export {}: exports here may \
             not show what is served",
            described.short(),
            exported.short()
        ),
    }
}

/// A trace that could not be written.
#[must_use]
pub fn untraced(untraced: &Untraced) -> String {
    let Untraced { stage, deployment, error } = untraced;
    format!(
        "stage `{stage}` was moved back, but the description of deployment {deployment} does not \
         show that gwr did it, so later runs take it for another client's work: {}",
        describe(error)
    )
}

/// What is going to be done to a configuration, once a stage was moved.
#[must_use]
pub fn configuration(target: &ApiTarget, work: &ApiWork, colour: Colour) -> String {
    let mut out = String::new();
    write_head(&mut out, target, colour);
    write_changes(&mut out, work, colour);
    let changes = work.changes.len() as u64;
    let head = colour.paint(Role::Heading, "Configuration:");
    let _ = writeln!(out, "\n{head} {} to match what the stage serves.", count(changes, "change"));
    out
}

/// Whether everything was to be brought back, or something is said beside that was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    Back,
    NotTheConfiguration,
}

/// What was done.
#[must_use]
pub fn render(ends: &[Ended], unread: usize, whole: Whole, colour: Colour) -> String {
    let mut out = String::new();
    let (mut stages, mut changes) = (0, 0);
    for ended in ends {
        let Ended { back, moved, untraced: _, outcome, stopped, interrupted } = ended;
        let title = colour.paint(Role::Heading, &api_title(&back.target));
        let label = if ended.is_good() {
            colour.paint(Role::Added, "rolled back")
        } else if *interrupted {
            colour.paint(Role::Warning, "interrupted")
        } else {
            colour.paint(Role::Error, "not fully rolled back")
        };
        let _ = writeln!(out, "{title}: {label}");
        for one in moved {
            let Moved { stage, end } = one;
            let why = apply_ending::stage_error(&stage.stage, end).unwrap_or_default();
            let why = indent_rest(&why, 4);
            let line = match end {
                Pointed::Done => {
                    stages += 1;
                    let from = stage.from.as_deref().unwrap_or("none");
                    format!(
                        "{}: deployment {} → {}",
                        stage_words(stage),
                        printable(from),
                        printable(&stage.to)
                    )
                }
                Pointed::NotMoved(NotMoved::Changed(_)) => {
                    format!("{}: left unchanged: {why}", stage_words(stage))
                }
                Pointed::NotMoved(NotMoved::Refused(_)) => {
                    format!("{}: not moved: {why}", stage_words(stage))
                }
                Pointed::Unclear(_) => {
                    format!("{}: unknown whether moved: {why}", stage_words(stage))
                }
            };
            let _ = writeln!(out, "  {line}");
        }
        if let Some(outcome) = outcome {
            let names = |types: &[crate::model::ResponseType]| {
                types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            };
            if !outcome.applied.done.is_empty() {
                let _ = writeln!(out, "  changed back: {}", names(&outcome.applied.done));
            }
            if !outcome.applied.unclear.is_empty() {
                let _ =
                    writeln!(out, "  unknown whether changed: {}", names(&outcome.applied.unclear));
            }
            changes += outcome.applied.done.len() as u64;
            if let Some(why) = apply_ending::error(outcome) {
                let _ = writeln!(out, "  {}", indent_rest(&why, 2));
            }
        }
        if let Some(why) = stopped {
            let _ = writeln!(out, "  {}", indent_rest(why, 2));
        }
        write_left(&mut out, &back.left, colour);
    }
    let good = ends.iter().filter(|ended| ended.is_good()).count();
    let all = good == ends.len() && unread == 0;
    let head = if all && whole == Whole::Back {
        colour.paint(Role::Added, "Rollback complete.")
    } else if ends.iter().any(Ended::is_interrupted) {
        colour.paint(Role::Error, "Rollback interrupted.")
    } else if unread == 0 && are_refused(ends) {
        colour.paint(Role::Error, "Rollback refused: nothing was written.")
    } else {
        colour.paint(Role::Error, "Rollback incomplete.")
    };
    let _ = writeln!(
        out,
        "{head} {} moved back, {} changed back, {good} of {} rolled back.",
        count(stages, "stage"),
        count(changes, "response"),
        count((ends.len() + unread) as u64, "API"),
    );
    out
}

/// The same as a document.
#[must_use]
pub fn document(ends: &[Ended]) -> Value {
    let stage = |moved: &Moved| {
        let Moved { stage: one, end } = moved;
        let status = match end {
            Pointed::Done => "moved-back",
            Pointed::NotMoved(NotMoved::Changed(_)) => "stale",
            Pointed::NotMoved(NotMoved::Refused(_)) => "not-moved",
            Pointed::Unclear(_) => "unclear",
        };
        let error = apply_ending::stage_error(&one.stage, end);
        let Move { stage, part, from, to } = one;
        let mut document =
            json!({ "name": stage, "from": from, "to": to, "status": status, "error": error });
        if *part == Part::Canary {
            document["part"] = json!("canary");
        }
        document
    };
    ends.iter()
        .map(|ended| {
            let Ended { back, moved, untraced: _, outcome, stopped, interrupted } = ended;
            let end = outcome.as_ref().map_or(&End::Done, |outcome| &outcome.end);
            let (end, error) =
                (apply_ending::status(end), outcome.as_ref().and_then(apply_ending::error));
            let status = match (end, ended.is_good(), interrupted) {
                ("done", true, _) => "done",
                ("done", false, true) => "interrupted",
                ("done", false, false) if stopped.is_some() => "failed",
                ("done", false, false) => "stale",
                (other, _, _) => other,
            };
            json!({
                "name": back.target.key,
                "rest_api_id": back.target.rest_api_id,
                "status": status,
                "planned": back.types(),
                "changed": outcome.as_ref().map(|o| o.applied.done.clone()).unwrap_or_default(),
                "unclear": outcome.as_ref().map(|o| o.applied.unclear.clone()).unwrap_or_default(),
                "stages": moved.iter().map(stage).collect::<Vec<_>>(),
                "left": back.left,
                "error": error.or_else(|| stopped.clone()),
            })
        })
        .collect()
}

fn write_head(out: &mut String, target: &ApiTarget, colour: Colour) {
    let title = colour.paint(Role::Heading, &api_title(target));
    let region = colour.paint(Role::Faint, &printable(&target.region));
    let _ = writeln!(out, "{title}  {region}");
}

fn write_move(out: &mut String, one: &Move, colour: Colour) {
    let Move { from, to, .. } = one;
    let head = colour.paint(Role::Changed, &format!("~ {}: move back", stage_words(one)));
    let from = printable(from.as_deref().unwrap_or("none"));
    let _ = writeln!(out, "  {head}, deployment {from} → {}", printable(to));
}

fn stage_words(one: &Move) -> String {
    match one.part {
        Part::Stage => format!("stage {}", printable(&one.stage)),
        Part::Canary => format!("stage {} (its canary)", printable(&one.stage)),
    }
}

fn write_changes(out: &mut String, work: &ApiWork, colour: Colour) {
    for (response_type, change) in &work.changes {
        write_change(out, *response_type, change, colour);
    }
}

fn write_left(out: &mut String, left: &[String], colour: Colour) {
    for why in left {
        let mark = colour.paint(Role::Warning, "! left unchanged:");
        let _ = writeln!(out, "  {mark} {}", indent_rest(why, 4));
    }
}
