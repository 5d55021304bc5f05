//! Carrying a rollback out: the stages of every API, then the configurations.

use std::collections::BTreeMap;

use super::stages::leave_traces;
use super::{Back, Moved, as_plan, move_stages};
use crate::apply::context::ApplyContext;
use crate::apply::outcome::{Cause, End, Outcome, Words};
use crate::apply::record::{ApiStatus, Note};
use crate::apply::run::execute;
use crate::apply::trace::Untraced;
use crate::aws::Gateway;
use crate::plan::ApiTarget;
use crate::plan::review::{Approval, review};
use crate::read::Subject;
use crate::state::desired::Limits;
use crate::state::export_shows::ExportShows;

/// How the rollback of one API ended.
#[derive(Debug)]
pub struct Ended {
    pub back: Back,
    pub moved: Vec<Moved>,
    /// What could not be written into descriptions.
    pub untraced: Vec<Untraced>,
    /// Of the configuration; `None` where nothing of it was to be changed, or it was
    /// not begun.
    pub outcome: Option<Outcome>,
    /// Why the rest was not begun.
    pub stopped: Option<String>,
    pub interrupted: bool,
}

impl Ended {
    /// Whether everything was rolled back.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.back.left.is_empty()
            && self.stopped.is_none()
            && !self.interrupted
            && self.moved.iter().all(Moved::is_done)
            && self.outcome.as_ref().is_none_or(|outcome| outcome.end == End::Done)
    }

    /// Whether the same command, run again, can complete it. What another client has
    /// changed is not among that.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        let of_the_configuration = self.outcome.as_ref().is_some_and(|outcome| match outcome.end {
            End::Failed(_) | End::Unverified(_) => true,
            End::Done | End::Stale(_) | End::Interrupted => false,
        });
        self.moved.iter().any(Moved::has_failed)
            || self.stopped.is_some()
            || self.is_interrupted()
            || of_the_configuration
    }

    /// Whether the work was interrupted.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.interrupted || self.outcome.as_ref().is_some_and(|o| o.end == End::Interrupted)
    }

    /// Whether there was anything to do, and it was tried.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        !self.moved.is_empty() || self.outcome.is_some()
    }

    /// Whether nothing was begun because it was refused, or found changed in the last
    /// moment. What another client changed before stays unchanged, which is no refusal.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        let of_the_configuration = match &self.outcome {
            None => self.stopped.is_some(),
            Some(outcome) => !outcome.has_written() && matches!(outcome.end, End::Stale(_)),
        };
        self.moved.is_empty() && self.back.left.is_empty() && of_the_configuration
    }

    fn status(&self, words: Words) -> (ApiStatus, Option<String>) {
        let why = |moved: &Moved| (words.stage)(&moved.stage.stage, &moved.end);
        let failed = self.moved.iter().filter(|moved| moved.has_failed()).find_map(why);
        let left = || self.moved.iter().find_map(why);
        if let Some(why) = failed.or_else(|| self.stopped.clone()) {
            return (ApiStatus::Failed, Some(why));
        }
        if self.interrupted {
            return (ApiStatus::Interrupted, None);
        }
        let error = self.outcome.as_ref().and_then(words.outcome);
        match self.outcome.as_ref().map(|outcome| &outcome.end) {
            Some(End::Failed(_)) => (ApiStatus::Failed, error),
            Some(End::Unverified(_)) => (ApiStatus::Unverified, error),
            Some(End::Stale(_)) => (ApiStatus::Stale, error),
            Some(End::Interrupted) => (ApiStatus::Interrupted, None),
            Some(End::Done) | None => match left().or_else(|| self.back.left.first().cloned()) {
                Some(why) => (ApiStatus::Stale, Some(why)),
                None => (ApiStatus::Done, None),
            },
        }
    }
}

/// Whether all that there was to do was refused, and nothing was written.
#[must_use]
pub fn are_refused(ends: &[Ended]) -> bool {
    let mut rest = ends.iter().filter(|ended| !ended.is_good() || ended.has_begun()).peekable();
    rest.peek().is_some() && rest.all(Ended::is_refused)
}

/// Moves the stages of every API, for that is what clients see; one after the other, so
/// that each is written down before the next.
pub async fn bring_stages_back(
    backs: Vec<(Back, Gateway)>,
    context: &ApplyContext,
) -> Vec<(Ended, Gateway)> {
    let mut ends = Vec::new();
    for (back, gateway) in backs {
        let mut ended = Ended {
            back,
            moved: Vec::new(),
            untraced: Vec::new(),
            outcome: None,
            stopped: None,
            interrupted: false,
        };
        let stop = || context.must_stop();
        if stop() {
            (ended.stopped, ended.interrupted) = stopped(context);
        } else {
            let target = &ended.back.target;
            context.record.note(target, Note::Begun);
            (ended.moved, ended.untraced) =
                move_stages(&gateway, target, &ended.back.moves, &context.record, stop).await;
            if ended.moved.iter().any(Moved::has_failed) {
                ended.stopped =
                    Some("a stage could not be moved; the configuration was not begun".to_owned());
            } else if ended.moved.len() < ended.back.moves.len() {
                (ended.stopped, ended.interrupted) = stopped(context);
            }
            if !stop() && ended.stopped.is_none() && ended.back.is_needed() {
                let before = &ended.back.moved_before;
                ended.untraced.extend(leave_traces(&gateway, target, before).await);
            }
        }
        ends.push((ended, gateway));
    }
    ends
}

fn stopped(context: &ApplyContext) -> (Option<String>, bool) {
    match context.stopped() {
        End::Failed(Cause::Record(why)) => (Some(format!("{why}; nothing more was begun")), false),
        End::Done | End::Stale(_) | End::Failed(_) | End::Unverified(_) | End::Interrupted => {
            (None, true)
        }
    }
}

/// Brings the configurations back where the stages did not fail, and closes every API's
/// record.
pub async fn bring_configurations_back(
    ends: Vec<(Ended, Gateway)>,
    context: &ApplyContext,
    approval: Approval,
) -> Vec<Ended> {
    let going_on = |ended: &Ended| {
        ended.stopped.is_none() && !ended.interrupted && ended.back.configuration.work.is_needed()
    };
    let plan =
        as_plan(ends.iter().map(|(ended, _)| ended).filter(|e| going_on(e)).map(|e| &e.back));
    let subjects = ends
        .iter()
        .filter(|(ended, _)| going_on(ended))
        .map(|(ended, gateway)| Subject {
            desired: ended.back.configuration.desired.clone(),
            target: ended.back.target.clone(),
            gateway: Some(gateway.clone()),
            observed: Ok(ended.back.configuration.observed.clone()),
            export_shows: ExportShows::Unproven,
        })
        .collect();
    // What an apply was allowed to do may be undone, however much it is.
    let limits = Limits { max_changes: u32::MAX, max_resets: u32::MAX };
    let reviewed = review(plan, limits);
    let refused: BTreeMap<ApiTarget, String> = reviewed
        .refusals()
        .iter()
        .filter_map(|refusal| Some((refusal.api.clone()?, refusal.message.clone())))
        .collect();
    let outcomes = execute(reviewed.approve(approval), subjects, context).await;
    let mut outcomes: BTreeMap<ApiTarget, Outcome> =
        outcomes.into_iter().map(|outcome| (outcome.target.clone(), outcome)).collect();
    ends.into_iter()
        .map(|(mut ended, _)| {
            let target = ended.back.target.clone();
            ended.outcome = outcomes.remove(&target);
            if let Some(why) = refused.get(&target) {
                ended.stopped = Some(format!("the configuration was not begun: {why}"));
            }
            let (status, error) = ended.status(context.words);
            context.record.note(&target, Note::Closed(status, error.as_deref()));
            ended
        })
        .collect()
}
