//! A rollback, before and after it is run.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::plan::{api_title, indent_rest, write_change};
use super::style::{Colour, Role};
use super::text::{count, printable};
use crate::apply::rollback::{Back, Ended, LostRoutes, Move, Moved, are_refused};
use crate::apply::run::End;
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
            format!("    routes that the stage would lose: unknown: {}\n", indent_rest(why, 4))
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
            let line = match one {
                Moved::Done(one @ Move { from, to, .. }) => {
                    stages += 1;
                    let from = from.as_deref().unwrap_or("none");
                    format!(
                        "{}: deployment {} → {}",
                        stage_words(one),
                        printable(from),
                        printable(to)
                    )
                }
                Moved::Left(one, why) => {
                    format!("{}: left unchanged: {}", stage_words(one), indent_rest(why, 4))
                }
                Moved::Failed(one, why) => {
                    format!("{}: not moved: {}", stage_words(one), indent_rest(why, 4))
                }
                Moved::Unclear(one, why) => {
                    format!("{}: unknown whether moved: {}", stage_words(one), indent_rest(why, 4))
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
            if let End::Stale(why) | End::Failed(why) | End::Unverified(why) = &outcome.end {
                let _ = writeln!(out, "  {}", indent_rest(why, 2));
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
        let (one, status, error) = match moved {
            Moved::Done(one) => (one, "moved-back", None),
            Moved::Left(one, why) => (one, "stale", Some(why)),
            Moved::Failed(one, why) => (one, "not-moved", Some(why)),
            Moved::Unclear(one, why) => (one, "unclear", Some(why)),
        };
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
            let (end, error) = match outcome.as_ref().map(|outcome| &outcome.end) {
                None | Some(End::Done) => ("done", None),
                Some(End::Stale(why)) => ("stale", Some(why)),
                Some(End::Failed(why)) => ("failed", Some(why)),
                Some(End::Unverified(why)) => ("unverified", Some(why)),
                Some(End::Interrupted) => ("interrupted", None),
            };
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
                "error": error.or(stopped.as_ref()),
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
