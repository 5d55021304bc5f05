//! Carrying out an approved plan: APIs side by side, each apply → deploy → verify.
//!
//! In: what review approved, and the gateways it was read through. Out: one outcome
//! for each API, whatever happened to the others.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;

use super::changes::{ApplyError, Made, apply_changes};
use super::context::{ApplyContext, DeployTarget, Step};
use super::deploy::deploy;
use super::outcome::{Cause, End, Event, Outcome};
use super::record::Note;
use crate::aws::Gateway;
use crate::plan::review::{Approval, Approved};
use crate::plan::{ApiTarget, ApiWork};
use crate::read::Subject;
use crate::state::desired::DesiredApi;
use crate::state::observed::ObservedApi;

/// A plan that is older than this is held against the whole API once more before the
/// first write: others may have worked meanwhile.
pub(crate) const FRESH: Duration = Duration::from_secs(5);

/// How many APIs are worked on at a time where nothing is deployed.
const SIDE_BY_SIDE: usize = 8;

/// Carries the plan out. APIs without work have no outcome.
pub async fn execute(
    approved: Approved,
    subjects: Vec<Subject>,
    context: &ApplyContext,
) -> Vec<Outcome> {
    let mut turns: BTreeMap<(String, String), Arc<Mutex<()>>> = BTreeMap::new();
    let places = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let asked = approved.by == Approval::Typed;
    let mut subjects: BTreeMap<ApiTarget, Subject> =
        subjects.into_iter().map(|subject| (subject.target.clone(), subject)).collect();
    let mut tasks = JoinSet::new();
    for (target, work) in approved.plan().works().filter(|(_, work)| work.is_needed()) {
        let Some(subject) = subjects.remove(target) else { continue };
        let (Some(gateway), Ok(observed)) = (subject.gateway, subject.observed) else { continue };
        let account = (target.account.clone(), target.region.clone());
        let job = Job {
            target: target.clone(),
            desired: subject.desired,
            observed,
            work: work.clone(),
            gateway,
            turn: Arc::clone(turns.entry(account).or_default()),
            places: Arc::clone(&places),
            asked,
        };
        let context = context.clone();
        tasks.spawn(async move { job.run(&context).await });
    }
    let mut outcomes = Vec::new();
    while let Some(outcome) = tasks.join_next().await {
        outcomes.extend(outcome.ok());
    }
    outcomes.sort_by(|one, other| one.target.cmp(&other.target));
    outcomes
}

/// The work on one API with all it takes.
pub(crate) struct Job {
    pub(crate) target: ApiTarget,
    pub(crate) desired: DesiredApi,
    pub(crate) observed: ObservedApi,
    pub(crate) work: ApiWork,
    pub(crate) gateway: Gateway,
    /// Held from the first write to the deployment: few APIs are ever in between.
    turn: Arc<Mutex<()>>,
    places: Arc<Semaphore>,
    pub(crate) asked: bool,
}

impl Job {
    async fn run(self, context: &ApplyContext) -> Outcome {
        let mut outcome = Outcome::not_begun(&self.target, &self.work);
        outcome.end = self.steps(context, &mut outcome).await;
        let error = (context.words.outcome)(&outcome);
        context.record.note(&self.target, Note::Ended(&outcome, error.as_deref()));
        let api = self.target.key.clone();
        (context.on_event)(Event::Ended { api, end: Box::new(outcome.end.clone()), error });
        outcome
    }

    async fn steps(&self, context: &ApplyContext, outcome: &mut Outcome) -> End {
        let turn = if self.work.creates_deployment() {
            (context.on_event)(Event::WaitingForTurn { api: self.target.key.clone() });
            let turn = self.turn.lock().await;
            if !context.must_stop() {
                self.gateway.deployment_turn().await;
            }
            Some(turn)
        } else {
            None
        };
        let place = self.places.acquire().await;
        if context.must_stop() {
            return context.stopped();
        }
        (context.on_event)(Event::LookingAgain { api: self.target.key.clone() });
        let observed = match self.look_again(context).await {
            Ok(observed) => observed,
            Err(end) => return end,
        };

        let writer = self.gateway.writer();
        let api = &self.target.rest_api_id;
        let key = &self.target.key;
        let on_step = |made: Made<'_>| match made {
            Made::Sending(response_type, change) => (context.on_event)(Event::Changing {
                api: key.clone(),
                response_type,
                action: change.action(),
                call: change.call(),
            }),
            Made::Done(response_type) => {
                context.record.note(&self.target, Note::Changed(response_type));
            }
        };
        context.record.note(&self.target, Note::Begun);
        let stop = || context.must_stop();
        outcome.applied =
            apply_changes(&self.gateway, &writer, api, &self.work, stop, on_step).await;
        match &outcome.applied.error {
            None => {}
            Some(ApplyError::Stale(why)) => return End::Stale(Cause::Change(why.clone())),
            Some(ApplyError::Failed(why)) => return End::Failed(Cause::Change(why.clone())),
            Some(ApplyError::Interrupted) => return context.stopped(),
        }

        if self.work.deploys() {
            if context.must_stop() {
                return context.stopped();
            }
            let on_step = |step: Step<'_>| {
                if let Some(note) = note(step) {
                    context.record.note(&self.target, note);
                }
                (context.on_event)(event(key, step));
            };
            if let Some(id) = &self.work.reuse {
                context.record.note(&self.target, Note::Deployed(id));
            }
            let deploy_target = DeployTarget {
                gateway: &self.gateway,
                writer: &writer,
                api,
                work: &self.work,
                observed: &observed,
                request: &context.request,
                options: &context.options,
            };
            let deployed = deploy(deploy_target, || context.must_stop(), on_step).await;
            let end = if deployed.interrupted { Some(context.stopped()) } else { deployed.end() };
            outcome.deployed = Some(deployed);
            if let Some(end) = end {
                return end;
            }
        }
        drop(turn);
        drop(place);
        self.verify(context, outcome).await
    }
}

fn note(step: Step<'_>) -> Option<Note<'_>> {
    match step {
        Step::Deploying => None,
        Step::Deployed(id) => Some(Note::Deployed(id)),
        Step::Moved { stage, part: _, deployment: _ } => Some(Note::StageMoved(stage)),
        Step::Verified { stage, part: _ } => Some(Note::StageVerified(stage)),
    }
}

fn event(api: &str, step: Step<'_>) -> Event {
    let api = api.to_owned();
    match step {
        Step::Deploying => Event::Deploying { api },
        Step::Deployed(deployment) => Event::Deployed { api, deployment: deployment.to_owned() },
        Step::Moved { stage, part, deployment } => Event::StageMoved {
            api,
            stage: stage.to_owned(),
            part,
            deployment: deployment.to_owned(),
        },
        Step::Verified { stage, part } => {
            Event::StageVerified { api, stage: stage.to_owned(), part }
        }
    }
}
