//! Carrying out an approved plan: APIs side by side, each apply → deploy → verify.
//!
//! In: what review approved, and the gateways it was read through. Out: one outcome
//! for each API, whatever happened to the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use time::Date;
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;

use super::changes::{Applied, ApplyError, Made, apply_changes};
use super::deploy::{Back, Deployed, Ground, MoveEnd, Orders, Step, Unused, deploy};
use super::record::{Note, Recorder};
use crate::aws::Gateway;
use crate::model::ResponseType;
use crate::plan::review::{Approval, Approved};
use crate::plan::{self, ApiTarget, ApiWork, Foreign, Part, Request};
use crate::read::Subject;
use crate::state::desired::DesiredApi;
use crate::state::observed::ObservedApi;

/// A plan that is older than this is held against the whole API once more before the
/// first write: others may have worked meanwhile.
pub(crate) const FRESH: Duration = Duration::from_secs(5);

/// How many APIs are worked on at a time where nothing is deployed.
const SIDE_BY_SIDE: usize = 8;

/// How the work on one API ended.
#[derive(Debug)]
pub struct Outcome {
    pub target: ApiTarget,
    pub end: End,
    pub applied: Applied,
    /// The types that were planned to change, in order.
    pub planned: Vec<ResponseType>,
    /// The stages that were planned to move, in order.
    pub planned_stages: Vec<(String, Part)>,
    pub deployed: Option<Deployed>,
}

impl Outcome {
    /// Of an API that was found changed before anything was written to it.
    #[must_use]
    pub fn stale(target: &ApiTarget, work: &ApiWork, why: String) -> Self {
        Self { end: End::Stale(why), ..Self::not_begun(target, work) }
    }

    /// Whether anything may have been written for it.
    #[must_use]
    pub const fn has_written(&self) -> bool {
        self.applied.has_written() || self.deployed.is_some()
    }

    fn not_begun(target: &ApiTarget, work: &ApiWork) -> Self {
        Self {
            target: target.clone(),
            end: End::Interrupted,
            applied: Applied::default(),
            planned: work.changes.iter().map(|(response_type, _)| *response_type).collect(),
            planned_stages: work
                .stages
                .iter()
                .filter(|stage| stage.is_deployed())
                .map(|stage| (stage.name.clone(), stage.part))
                .collect(),
            deployed: None,
        }
    }
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Done, and verified.
    Done,
    /// The API was changed by somebody else; it was left as it was found, but for
    /// the changes listed as applied.
    Stale(String),
    /// Some change or the deployment failed.
    Failed(String),
    /// Everything was sent, and it could not be verified that all is as wanted.
    Unverified(String),
    Interrupted,
}

/// Something to show while it happens.
#[derive(Clone, Debug)]
pub enum Event {
    WaitingForTurn {
        api: String,
    },
    /// Reading again, just before the first write.
    LookingAgain {
        api: String,
    },
    Changing {
        api: String,
        response_type: ResponseType,
        action: plan::Action,
        call: plan::Call,
    },
    Deploying {
        api: String,
    },
    Deployed {
        api: String,
        deployment: String,
    },
    StageMoved {
        api: String,
        stage: String,
        part: Part,
        deployment: String,
    },
    StageVerified {
        api: String,
        stage: String,
        part: Part,
    },
    Ended {
        api: String,
        end: End,
    },
}

/// What the work needs beside the plan.
#[derive(Clone)]
pub struct Means {
    pub orders: Orders,
    pub request: Request,
    pub today: Date,
    /// When the plan was read.
    pub read_at: Instant,
    pub stop: Arc<dyn Fn() -> bool + Send + Sync>,
    pub on_event: Arc<dyn Fn(Event) + Send + Sync>,
    /// Where every step is written down; what cannot be written down is not done.
    pub record: Arc<Recorder>,
}

impl Means {
    /// Whether nothing new is to be begun.
    #[must_use]
    pub fn must_stop(&self) -> bool {
        (self.stop)() || self.record.failure().is_some()
    }

    /// How an API ends that stopped for it.
    #[must_use]
    pub fn stopped(&self) -> End {
        match self.record.failure() {
            Some(failure) => End::Failed(format!("{failure}; nothing more was begun")),
            None => End::Interrupted,
        }
    }
}

/// Carries the plan out. APIs without work have no outcome.
pub async fn execute(approved: Approved, subjects: Vec<Subject>, means: &Means) -> Vec<Outcome> {
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
        let means = means.clone();
        tasks.spawn(async move { job.run(&means).await });
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
    async fn run(self, means: &Means) -> Outcome {
        let mut outcome = Outcome::not_begun(&self.target, &self.work);
        outcome.end = self.steps(means, &mut outcome).await;
        means.record.note(&self.target, Note::Ended(&outcome));
        let api = self.target.key.clone();
        (means.on_event)(Event::Ended { api, end: outcome.end.clone() });
        outcome
    }

    async fn steps(&self, means: &Means, outcome: &mut Outcome) -> End {
        let turn = if self.work.creates_deployment() {
            (means.on_event)(Event::WaitingForTurn { api: self.target.key.clone() });
            let turn = self.turn.lock().await;
            if !means.must_stop() {
                self.gateway.deployment_turn().await;
            }
            Some(turn)
        } else {
            None
        };
        let place = self.places.acquire().await;
        if means.must_stop() {
            return means.stopped();
        }
        (means.on_event)(Event::LookingAgain { api: self.target.key.clone() });
        let observed = match self.look_again(means).await {
            Ok(observed) => observed,
            Err(end) => return end,
        };

        let writer = self.gateway.writer();
        let api = &self.target.rest_api_id;
        let key = &self.target.key;
        let on_step = |made: Made<'_>| match made {
            Made::Sending(response_type, change) => (means.on_event)(Event::Changing {
                api: key.clone(),
                response_type,
                action: change.action(),
                call: change.call(),
            }),
            Made::Done(response_type) => {
                means.record.note(&self.target, Note::Changed(response_type));
            }
        };
        means.record.note(&self.target, Note::Begun);
        let stop = || means.must_stop();
        outcome.applied =
            apply_changes(&self.gateway, &writer, api, &self.work, stop, on_step).await;
        match &outcome.applied.error {
            None => {}
            Some(ApplyError::Stale(why)) => return End::Stale(why.clone()),
            Some(ApplyError::Failed(why)) => return End::Failed(why.clone()),
            Some(ApplyError::Interrupted) => return means.stopped(),
        }

        if self.work.deploys() {
            if means.must_stop() {
                return means.stopped();
            }
            let on_step = |step: Step<'_>| {
                if let Some(note) = note(step) {
                    means.record.note(&self.target, note);
                }
                (means.on_event)(event(key, step));
            };
            if let Some(id) = &self.work.reuse {
                means.record.note(&self.target, Note::Deployed(id));
            }
            let ground = Ground {
                gateway: &self.gateway,
                writer: &writer,
                api,
                work: &self.work,
                observed: &observed,
                request: &means.request,
                orders: &means.orders,
            };
            let deployed = deploy(ground, || means.must_stop(), on_step).await;
            let end = deployment_end(&deployed, means);
            outcome.deployed = Some(deployed);
            if let Some(end) = end {
                return end;
            }
        }
        drop(turn);
        drop(place);
        self.verify(means, outcome).await
    }
}

/// What a deployment that is not good means for its API.
fn deployment_end(deployed: &Deployed, means: &Means) -> Option<End> {
    if deployed.interrupted {
        return Some(means.stopped());
    }
    if let Some(error) = &deployed.error {
        return Some(End::Failed(error.clone()));
    }
    let became = left_over(&deployed.unused);
    if let Some(unlisted) = &deployed.unlisted {
        return Some(End::Stale(format!(
            "another client changed this API while gwr was applying, and the new deployment holds \
             it: {}. No stage was moved{became}",
            unlisted.sentence(),
        )));
    }
    if !deployed.uncompared.is_empty() {
        return Some(End::Failed(uncompared(&deployed.uncompared)));
    }
    deployed.stages.iter().find_map(|stage| {
        let name = &stage.name;
        let names = |types: &[ResponseType]| {
            types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        match &stage.end {
            MoveEnd::Serves(..) => None,
            MoveEnd::Stale(why) => Some(End::Stale(format!("stage `{name}`: {why}"))),
            MoveEnd::Unlisted(unlisted, back) => {
                let became = match back {
                    Back::Done => "it was moved back at once".to_owned(),
                    Back::Failed(why) => {
                        format!("it still does, for it could not be moved back: {why}")
                    }
                };
                Some(End::Failed(format!(
                    "stage `{name}` served changes of others that the plan did not list: {}; \
                     {became}",
                    unlisted.sentence(),
                )))
            }
            MoveEnd::NotMoved(error) => {
                Some(End::Failed(format!("stage `{name}` was not moved: {error}{became}")))
            }
            MoveEnd::Unclear(error) => Some(End::Unverified(format!(
                "it is unknown whether stage `{name}` was moved: {error}"
            ))),
            MoveEnd::Unverified(why, back) => {
                let became = match back {
                    None => String::new(),
                    Some(Back::Done) => ", and was moved back at once".to_owned(),
                    Some(Back::Failed(why)) => format!(", and could not be moved back: {why}"),
                };
                Some(End::Unverified(format!(
                    "stage `{name}` was moved to {}, but gwr could not check what it serves{became}: \
                     {why}",
                    stage.to
                )))
            }
            MoveEnd::Differs(types) => Some(End::Unverified(format!(
                "stage `{name}` was moved and still serves a different {} than desired",
                names(types)
            ))),
            MoveEnd::MovedBack(types) => Some(End::Failed(format!(
                "stage `{name}` served a different {} than desired and was moved back",
                names(types)
            ))),
        }
    })
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
        "\nhint: ask the people who work on this API; to deploy anyway, run the same command \
         with `{accept}`"
    )
}

/// What became of a deployment that no stage was moved to, as one more line; empty where
/// there is none.
fn left_over(unused: &Unused) -> String {
    match unused {
        Unused::None => String::new(),
        Unused::Deleted(id) => format!("\nits new deployment {id} was deleted again"),
        Unused::Left(id, why) => {
            format!("\nits new deployment {id} is left over and could not be deleted: {why}")
        }
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
