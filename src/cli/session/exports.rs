//! Stages whose export could not be read: which one, what that leaves open, and what to do
//! about it.
//!
//! Where the digest of a deployment shows what such a stage serves, nothing in the data says
//! that the export is missing.

use crate::aws::Connection;
use crate::cli::terminal::console::Console;
use crate::plan::{ApiTarget, Decision, Foreign, Plan, StagePlan, StageVerdict, stage_verdict};
use crate::read::Subject;
use crate::report::reason::{Gap, divided};
use crate::state::observed::{Served, Unread};

/// What is left to go by.
enum Left {
    /// The description of the stage's deployment.
    Digest,
    Nothing,
    /// A deployment is planned, and what else it would ship cannot be compared.
    Deployment,
}

impl Left {
    const fn words(&self) -> &'static str {
        match self {
            Self::Digest => "only the digest of its deployment shows what it serves",
            Self::Nothing => "what it serves is unknown",
            Self::Deployment => {
                "whether a deployment to it would also ship undeployed changes of others is \
                 unknown, and after one only its digest shows what the stage serves"
            }
        }
    }
}

/// Warns of every stage without an export of which a digest shows what it serves, and
/// returns those of which nothing does.
pub fn gaps<G: Connection>(subjects: &[Subject<G>], console: &Console) -> Vec<Gap> {
    let found = subjects.iter().flat_map(|subject| {
        unexported(subject)
            .map(move |(stage, unread)| (subject, stage, unread, left(subject, stage)))
    });
    warn_of_digests(found, console)
}

/// The same for a plan, which may be about to deploy to such a stage.
pub fn gaps_of_plan<G: Connection>(
    subjects: &[Subject<G>],
    plan: &Plan,
    console: &Console,
) -> Vec<Gap> {
    let found = subjects.iter().flat_map(|subject| {
        let work = plan.works().find(|(target, _)| **target == subject.target);
        unexported(subject).map(move |(stage, unread)| {
            let planned = work.and_then(|(_, work)| work.stages.iter().find(|s| s.name == stage));
            let left = match planned.map(|planned| (planned, &planned.decision)) {
                Some((planned, Decision::Deploy(_))) if is_uncompared(planned) => Left::Deployment,
                Some((_, Decision::Deploy(_) | Decision::Keep(_))) | None => left(subject, stage),
            };
            (subject, stage, unread, left)
        })
    });
    warn_of_digests(found, console)
}

fn warn_of_digests<'a, G: 'a>(
    found: impl Iterator<Item = (&'a Subject<G>, &'a str, &'a Unread, Left)>,
    console: &Console,
) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for (Subject { target, .. }, stage, Unread { call: _, why, hint }, left) in found {
        let gap = Gap {
            target: target.clone(),
            stage: Some(stage.to_owned()),
            what: format!("its export could not be read ({why}); {}", left.words()),
            hint: hint.clone(),
        };
        match left {
            Left::Digest => console.warning(&gap.warning()),
            Left::Nothing | Left::Deployment => gaps.push(gap),
        }
    }
    gaps
}

/// Warns of the gaps that do not decide how the run ends, and returns those that do: those of
/// stages of which it is unknown what they serve.
pub fn of_unknown<'a>(
    gaps: Vec<Gap>,
    unknown: impl Iterator<Item = (&'a ApiTarget, &'a str, &'a str)>,
    console: &Console,
) -> Vec<Gap> {
    let (decisive, others) = divided(gaps, unknown);
    for gap in others {
        console.warning(&gap.warning());
    }
    decisive
}

/// A deployment that gwr made remembers what it has shipped; else there is nothing to
/// compare with.
fn is_uncompared(planned: &StagePlan) -> bool {
    let foreign = planned.foreign.iter().flat_map(Foreign::changes);
    foreign.into_iter().any(|change| change.edit().is_none())
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
