//! What is said of a stage whose export could not be read: which one, what that leaves
//! open, and what to do about it.
//!
//! Where a digest tells what such a stage serves, nothing in the data says that the export
//! is missing.

use super::console::Console;
use crate::aws::Connection;
use crate::observed::{Served, Unread};
use crate::plan::{Decision, Foreign, Mark, Plan, StagePlan, StageVerdict, stage_verdict};
use crate::read::Subject;
use crate::report::plan::api_title;

/// What is left to go by.
enum Left {
    /// The description of the stage's deployment.
    Digest,
    Nothing,
    /// A deployment is planned, and what it would ship beside cannot be looked at.
    Deployment,
}

impl Left {
    const fn words(&self) -> &'static str {
        match self {
            Self::Digest => "what it serves is told by its deployment's digest alone",
            Self::Nothing => "nothing else tells what it serves",
            Self::Deployment => {
                "whether a deployment to it would ship undeployed work of others cannot be told, \
                 and after one only its digest tells what the stage serves"
            }
        }
    }
}

/// Warns of every stage that was looked at and has no export.
pub fn warn<G: Connection>(subjects: &[Subject<G>], console: &Console) {
    for subject in subjects {
        for (stage, no_export) in unexported(subject) {
            tell(subject, stage, no_export, &left(subject, stage), console);
        }
    }
}

/// The same for a plan, which may be about to deploy to such a stage.
pub fn warn_of_plan<G: Connection>(subjects: &[Subject<G>], plan: &Plan, console: &Console) {
    for (subject, stage, no_export, left) in of_plan(subjects, plan) {
        tell(subject, stage, no_export, &left, console);
    }
}

/// Whether a missing export leaves something of a plan open: what a digest tells is told.
pub fn leave_open<G: Connection>(subjects: &[Subject<G>], plan: &Plan) -> bool {
    of_plan(subjects, plan).any(|(.., left)| match left {
        Left::Digest => false,
        Left::Nothing | Left::Deployment => true,
    })
}

fn of_plan<'a, G: Connection>(
    subjects: &'a [Subject<G>],
    plan: &'a Plan,
) -> impl Iterator<Item = (&'a Subject<G>, &'a str, &'a Unread, Left)> {
    subjects.iter().flat_map(move |subject| {
        let work = plan.works().find(|(target, _)| **target == subject.target);
        unexported(subject).map(move |(stage, no_export)| {
            let planned = work.and_then(|(_, work)| work.stages.iter().find(|s| s.name == stage));
            let left = match planned.map(|planned| (planned, &planned.decision)) {
                Some((planned, Decision::Deploy(_))) if is_uncompared(planned) => Left::Deployment,
                Some((_, Decision::Deploy(_) | Decision::Keep(_))) | None => left(subject, stage),
            };
            (subject, stage, no_export, left)
        })
    })
}

/// A deployment that gwr made remembers what it has shipped; else there is nothing to
/// compare with.
fn is_uncompared(planned: &StagePlan) -> bool {
    let foreign = planned.foreign.iter().flat_map(Foreign::changes);
    foreign.into_iter().any(|change| change.mark() == Mark::NotCompared)
}

fn unexported<G>(subject: &Subject<G>) -> impl Iterator<Item = (&str, &Unread)> {
    let stages = subject.observed.iter().flat_map(|observed| &observed.stages);
    stages.filter_map(|(name, stage)| match &stage.served {
        Served::Unreadable(no_export) => Some((name.as_str(), no_export)),
        Served::NotRead | Served::NoSuchStage | Served::Exported(_) => None,
    })
}

fn left<G>(subject: &Subject<G>, stage: &str) -> Left {
    let Ok(observed) = &subject.observed else { return Left::Nothing };
    let Some(stage) = observed.stages.get(stage) else { return Left::Nothing };
    let (deployments, configured) = (observed.deployments.as_deref(), &observed.configured);
    let shows = subject.export_shows;
    match stage_verdict(stage, deployments, &configured.responses, |_| true, shows) {
        StageVerdict::Current(_) | StageVerdict::Behind(..) => Left::Digest,
        StageVerdict::Contradiction(_) | StageVerdict::Unknown(_) | StageVerdict::NotLooked => {
            Left::Nothing
        }
    }
}

fn tell<G>(subject: &Subject<G>, stage: &str, no_export: &Unread, left: &Left, console: &Console) {
    let Unread { call: _, why, hint } = no_export;
    let whose = format!("{}, stage {stage}", api_title(&subject.target));
    let (why, hint) = match (left, hint) {
        // The data says that nobody knows what it serves, and why.
        (Left::Nothing, None) => return,
        (Left::Nothing, Some(hint)) => (String::new(), format!("\nhint: {hint}")),
        (Left::Digest | Left::Deployment, Some(hint)) => {
            (format!(" ({why})"), format!("\nhint: {hint}"))
        }
        (Left::Digest | Left::Deployment, None) => (format!(" ({why})"), String::new()),
    };
    let left = left.words();
    console.warning(&format!("{whose}: its export could not be read{why}; {left}{hint}"));
}
