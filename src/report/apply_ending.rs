//! Why an API is not done: one reason in words, for reports, records and the progress display.

use std::collections::BTreeSet;

use super::aws_error::describe;
use crate::apply::changes::ChangeFailure;
use crate::apply::outcome::{
    Cause, CheckFailure, DeployFailure, Deployed, End, Fault, MoveDoubt, MoveEnd, MovedStage,
    NotMoved, Outcome, Pointed, Revert, RevertFailure, StageChange, Unused, Words,
};
use crate::model::ResponseType;
use crate::plan::Foreign;
use crate::state::observed::{StagePointer, Unread};

/// For records, which are written below the report.
pub const WORDS: Words = Words { outcome: error, stage: stage_error };

/// Why the API is not done; `None` where it is, and where it was only interrupted.
#[must_use]
pub fn error(outcome: &Outcome) -> Option<String> {
    match &outcome.end {
        End::Done | End::Interrupted => None,
        End::Stale(cause) | End::Failed(cause) | End::Unverified(cause) => Some(match cause {
            Cause::Outdated(why) => why.clone(),
            Cause::Record(failure) => format!("{failure}; nothing more was begun"),
            Cause::NotRead(error) => describe(error),
            Cause::Change(failure) => change(failure),
            Cause::Deployment => outcome.deployed.as_ref().map(deployment).unwrap_or_default(),
            Cause::NotReadAgain(error) => {
                format!("it could not be read again: {}", describe(error))
            }
            Cause::Left(types) => format!(
                "after everything was done, {} still {} from the file; another client may be \
                 changing this API at the same time",
                names(types),
                if types.len() == 1 { "differs" } else { "differ" },
            ),
        }),
    }
}

/// How an API ended, as documents name it.
#[must_use]
pub const fn status(end: &End) -> &'static str {
    match end {
        End::Done => "done",
        End::Stale(_) => "stale",
        End::Failed(_) => "failed",
        End::Unverified(_) => "unverified",
        End::Interrupted => "interrupted",
    }
}

/// Why a rollback did not move a stage; `None` where it did.
#[must_use]
pub fn stage_error(stage: &str, end: &Pointed) -> Option<String> {
    match end {
        Pointed::Done => None,
        Pointed::NotMoved(NotMoved::Changed(StageChange::Elsewhere(now))) => {
            Some(format!("another client has changed stage `{stage}`: it is {}", pointer(now)))
        }
        Pointed::NotMoved(why) => Some(not_moved(why)),
        Pointed::Unclear(MoveDoubt::Elsewhere(now)) => Some(format!(
            "AWS accepted the move of stage `{stage}`, but its answer shows the stage {}",
            pointer(now)
        )),
        Pointed::Unclear(MoveDoubt::NoAnswer(error)) => Some(describe(error)),
    }
}

fn change(failure: &ChangeFailure) -> String {
    match failure {
        ChangeFailure::ChangedByOthers(response_type) => {
            format!("another client has changed {response_type} since it was read")
        }
        ChangeFailure::ChangedOrMade(response_type) => format!(
            "another client has changed {response_type} since it was read; it is unknown whether \
             gwr's change was made before theirs, or is part of it"
        ),
        ChangeFailure::OnTop { response_type, now } => format!(
            "{response_type}: another client changed it while gwr was writing: gwr's change went \
             on top of theirs, and it is now {}. Nothing more was written, nothing was deployed. \
             Agree with them, then run `gwr plan`.",
            now.in_words()
        ),
        ChangeFailure::Call(error) => describe(error),
        ChangeFailure::HalfMade { error, now } => format!(
            "{}\nonly a part of the change was made: it is now {}",
            describe(error),
            now.in_words()
        ),
        ChangeFailure::NotReadAgain { error, reading } => {
            format!("{error}; and then it could not be read: {reading}")
        }
        ChangeFailure::Holds { response_type, rest } => {
            let paths: Vec<String> =
                rest.iter().map(|difference| difference.operation().path).collect();
            format!(
                "AWS accepted {response_type}, but what it holds differs from what was sent: {}",
                paths.join(", ")
            )
        }
        ChangeFailure::NotCustomized(response_type) => {
            format!("AWS answered that {response_type} is not customised after it was written")
        }
    }
}

fn deployment(deployed: &Deployed) -> String {
    let unused = unused(&deployed.unused);
    match &deployed.error {
        Some(DeployFailure::NotCreated(error)) => return describe(error),
        Some(DeployFailure::Unread { deployment, error }) => {
            return format!(
                "what deployment {deployment} holds could not be read, so no stage was moved to \
                 it: {}",
                describe(error)
            );
        }
        None => {}
    }
    if let Some(unlisted) = &deployed.unlisted {
        return format!(
            "another client changed this API while gwr was applying, and the new deployment holds \
             it: {}. No stage was moved{unused}",
            unlisted.sentence(),
        );
    }
    if !deployed.uncompared.is_empty() {
        return uncompared(&deployed.uncompared);
    }
    deployed.stages.iter().find_map(|moved| stage(moved, &unused)).unwrap_or_default()
}

fn stage(moved: &MovedStage, unused: &str) -> Option<String> {
    let MovedStage { name, part: _, from: _, to, end } = moved;
    let text = match end {
        MoveEnd::Verified(..) => return None,
        MoveEnd::Unchanged(NotMoved::Changed(change)) => {
            format!("stage `{name}`: {}", stage_change(change))
        }
        MoveEnd::Unchanged(NotMoved::Refused(error)) => {
            format!("stage `{name}` was not moved: {}{unused}", describe(error))
        }
        MoveEnd::Unclear(doubt) => {
            format!("it is unknown whether stage `{name}` was moved: {}", move_doubt(doubt))
        }
        MoveEnd::Faulty(Fault::Unlisted(unlisted), revert) => {
            let became = match revert {
                Revert::Done => "it was moved back at once".to_owned(),
                Revert::NotTried => "it still does".to_owned(),
                Revert::Failed(why) => format!(
                    "it still does, because it could not be moved back: {}",
                    revert_failure(why)
                ),
            };
            format!(
                "stage `{name}` served changes of others that the plan did not list: {}; {became}",
                unlisted.sentence(),
            )
        }
        MoveEnd::Faulty(Fault::Unknown(why), revert) => {
            let became = match revert {
                Revert::NotTried => String::new(),
                Revert::Done => ", and was moved back at once".to_owned(),
                Revert::Failed(why) => {
                    format!(", and could not be moved back: {}", revert_failure(why))
                }
            };
            format!(
                "stage `{name}` was moved to {to}, but gwr could not check what it serves{became}: \
                 {}",
                check_failure(why)
            )
        }
        MoveEnd::Faulty(Fault::Differs(types), Revert::Done) => format!(
            "stage `{name}` served a different {} than planned and was moved back",
            names(types)
        ),
        MoveEnd::Faulty(Fault::Differs(types), Revert::NotTried) => {
            format!("stage `{name}` was moved and still serves a different {}", names(types))
        }
        MoveEnd::Faulty(Fault::Differs(types), Revert::Failed(why)) => format!(
            "stage `{name}` was moved and still serves a different {}; it could not be moved \
             back: {}",
            names(types),
            revert_failure(why)
        ),
    };
    Some(text)
}

fn stage_change(change: &StageChange) -> String {
    let id = |id: &Option<String>| id.clone().unwrap_or_else(|| "none".to_owned());
    match change {
        StageChange::Moved { from, to } => format!(
            "another client has moved it from deployment {} to {} since it was read",
            id(from),
            id(to)
        ),
        StageChange::Canary => {
            "another client has changed its canary settings since they were read".to_owned()
        }
        StageChange::Elsewhere(now) => {
            format!("another client has moved it: it is {}", pointer(now))
        }
    }
}

fn not_moved(why: &NotMoved) -> String {
    match why {
        NotMoved::Changed(change) => stage_change(change),
        NotMoved::Refused(error) => describe(error),
    }
}

fn move_doubt(doubt: &MoveDoubt) -> String {
    match doubt {
        MoveDoubt::NoAnswer(error) => describe(error),
        MoveDoubt::Elsewhere(now) => {
            format!("AWS accepted the move, but its answer shows the stage {}", pointer(now))
        }
    }
}

fn revert_failure(why: &RevertFailure) -> String {
    match why {
        RevertFailure::NoDeploymentBefore => "it had no deployment before".to_owned(),
        RevertFailure::NotMoved(why) => not_moved(why),
        RevertFailure::Unclear(doubt) => move_doubt(doubt),
    }
}

fn check_failure(why: &CheckFailure) -> String {
    match why {
        CheckFailure::Call(error) => describe(error),
        CheckFailure::ExportFailed(Unread { call: _, why, hint }) => {
            let hint = hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
            format!(
                "GetExport failed ({why}), and undeployed work of others may have come along{hint}"
            )
        }
        CheckFailure::StageGone => "the stage no longer exists".to_owned(),
    }
}

/// Why nothing was deployed where exports turned out to mirror the configuration.
fn uncompared(stages: &[(String, Foreign)]) -> String {
    let mut text = "the responses were changed and nothing was deployed: exports show the \
                    configuration here, not what a stage serves, so undeployed work of others \
                    could not be compared"
        .to_owned();
    for (stage, foreign) in stages {
        text += &format!("\nstage `{stage}`: {}", foreign.sentence());
    }
    let accept: BTreeSet<String> = stages
        .iter()
        .map(|(_, foreign)| format!("--accept-foreign {}", foreign.digest()))
        .collect();
    let accept = Vec::from_iter(accept).join(" ");
    text + &format!(
        "\nhint: ask the people who work on this API; to deploy all the same, run the same command \
         with `{accept}`"
    )
}

/// What became of a deployment that no stage was moved to, as one more line; empty where
/// there is none.
fn unused(unused: &Unused) -> String {
    match unused {
        Unused::None => String::new(),
        Unused::Deleted(id) => format!("\nits new deployment {id} was deleted again"),
        Unused::Left(id, error) => format!(
            "\nits new deployment {id} is left over and could not be deleted: {}",
            describe(error)
        ),
    }
}

/// Where a stage and its canary point.
#[must_use]
pub fn pointer(pointer: &StagePointer) -> String {
    let canary = match &pointer.canary {
        Some(canary) => format!(", its canary {}", pointed_at(canary.deployment_id.as_deref())),
        None => String::new(),
    };
    format!("{}{canary}", pointed_at(pointer.deployment_id.as_deref()))
}

/// Where a stage points.
#[must_use]
pub fn pointed_at(deployment: Option<&str>) -> String {
    match deployment {
        Some(id) => format!("at deployment {id}"),
        None => "without a deployment".to_owned(),
    }
}

fn names(types: &[ResponseType]) -> String {
    types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
