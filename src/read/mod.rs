//! Reading: everything first, then the plan compares.
//!
//! In: the desired state and a gateway for each account it names. Out: every API
//! with what was observed of it, or why it could not be. Which of the dearer calls
//! are worth making is asked of the planner, a pure function; nothing is decided
//! here.
//!
//! Cost: GetRestApis once per account where names or tags are matched; for each API
//! one GetGatewayResponses and for each stage one GetExport; GetStages and
//! GetDeployments only for an API that has something to do or whose evidence is open,
//! and for up to three of an account and region that tell what exports show;
//! GetRestApi, GetResources and GetDeployment only where a deployment is planned.

mod drift;
mod explain;
mod ground;
mod history;
mod import;
mod resolve;
mod routes;
mod witness;

use std::collections::{BTreeMap, BTreeSet};

use time::Date;
use tokio::task::JoinSet;

pub use drift::read_for_drift;
pub use explain::read_for_explain;
pub use ground::{read_ground, read_pointers};
pub use history::{Chronicle, read_chronicles, read_history};
pub use import::{Found, read_for_import};

pub use resolve::{no_match, no_such_name, resolve};

use crate::aws::{AwsError, Connection, Gateway, Reader};
use crate::plan::{self, ApiPlan, ApiTarget, Plan, Request, Work};
use crate::state::desired::DesiredApi;
use crate::state::export_shows::ExportShows;
use crate::state::observed::{History, ObservedApi, ObservedStage, Served};
use routes::read_routes;
use witness::read_witnesses;

/// An entry of the file together with what may be said to its account: `Gateway` for a
/// verb that writes, `Reader` for one that cannot.
#[derive(Clone)]
pub struct Entry<G = Gateway> {
    pub desired: DesiredApi,
    /// The stages to look at and to deploy to: the file's, or the one asked for.
    pub stages: Vec<String>,
    pub account: String,
    /// The gateway of the entry's account, or why there is none.
    pub gateway: Result<G, String>,
    /// Where the entry was selected by the name of a live API and not by its key: the
    /// patterns, one of which the name must match.
    pub names: Vec<glob::Pattern>,
}

/// Whether the stages are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    AtStages,
    /// `--skip-served`
    AtConfigurationOnly,
}

/// An entry of the file with the live API it stands for.
pub struct Subject<G = Gateway> {
    /// With the stages that were asked for.
    pub desired: DesiredApi,
    pub target: ApiTarget,
    pub gateway: Option<G>,
    pub observed: Result<ObservedApi, String>,
    /// What exports of the API's account and region are known to show.
    pub export_shows: ExportShows,
}

/// Reads every API of the entries.
pub async fn read<G: Connection>(
    entries: &[Entry<G>],
    look: Look,
    request: &Request,
    today: Date,
    on_read: impl Fn(usize, usize),
) -> Vec<Subject<G>> {
    let mut subjects = read_apis(entries, look, request, today, on_read).await;
    read_evidence(&mut subjects, request, today).await;
    read_routes(&mut subjects, request, today).await;
    subjects
}

/// Everything that a plan needs beyond configurations and exports.
async fn read_evidence<G: Connection>(subjects: &mut [Subject<G>], request: &Request, today: Date) {
    read_needed(subjects, request, today).await;
    read_witnesses(subjects, request, today).await;
    // What exports show is known now, and other APIs may need their history because of it.
    read_needed(subjects, request, today).await;
}

async fn read_needed<G: Connection>(subjects: &mut [Subject<G>], request: &Request, today: Date) {
    read_histories(subjects, request, today, |subject, observed| {
        let Subject { desired, export_shows, .. } = subject;
        plan::needs(desired, observed, *export_shows, request, today).history
    })
    .await;
}

/// What every verb reads: GetGatewayResponses of each API, GetExport of each stage.
async fn read_apis<G: Connection>(
    entries: &[Entry<G>],
    look: Look,
    request: &Request,
    today: Date,
    on_read: impl Fn(usize, usize),
) -> Vec<Subject<G>> {
    let mut subjects = Box::pin(resolve(entries)).await;
    let total = subjects.len();
    let mut done = 0;
    on_read(done, total);

    let mut reads = JoinSet::new();
    for (index, subject) in subjects.iter().enumerate() {
        if let Ok(observed) = &subject.observed
            && let Some(gateway) = &subject.gateway
        {
            let gateway = gateway.reader().clone();
            let unread = observed.clone();
            let desired = subject.desired.clone();
            reads.spawn(
                async move { (index, read_api(&gateway, unread, &desired, look, today).await) },
            );
        }
    }
    while let Some(read) = reads.join_next().await {
        let Ok((index, observed)) = read else { continue };
        subjects[index].observed = observed.map_err(|error| describe(&error));
        done += 1;
        on_read(done, total);
    }

    settle_export_shows(&mut subjects, request);
    subjects
}

/// Plans everything that was read.
pub fn plan<G>(
    entries: &[Entry<G>],
    subjects: &[Subject<G>],
    request: &Request,
    today: Date,
) -> Plan {
    let apis = subjects
        .iter()
        .map(|subject| ApiPlan {
            target: subject.target.clone(),
            desired_digest: entries
                .iter()
                .find(|entry| entry.desired.key == subject.desired.key)
                .map_or_else(
                    || plan::desired_digest(&subject.desired),
                    |entry| plan::desired_digest(&entry.desired),
                ),
            work: match &subject.observed {
                Err(error) => Work::Unread(error.clone()),
                Ok(observed) => Work::Planned(Box::new(plan::plan_api(
                    &subject.desired,
                    observed,
                    subject.export_shows,
                    request,
                    today,
                ))),
            },
        })
        .collect();
    Plan::new(entries.iter().map(|entry| &entry.desired), apis)
}

async fn read_api(
    gateway: &Reader,
    unread: ObservedApi,
    desired: &DesiredApi,
    look: Look,
    today: Date,
) -> Result<ObservedApi, AwsError> {
    let mut exports = JoinSet::new();
    let mut stages = BTreeMap::new();
    for name in &desired.stages {
        let skip =
            look == Look::AtConfigurationOnly || desired.ignores_stage(name, today).is_some();
        if skip {
            let unread = ObservedStage { served: Served::NotRead, pointer: None };
            stages.insert(name.clone(), unread);
            continue;
        }
        let (gateway, api, name) = (gateway.clone(), unread.rest_api_id.clone(), name.clone());
        exports.spawn(async move {
            let served = gateway.export(&api, &name).await;
            (name, served)
        });
    }
    let configured = gateway.gateway_responses(&unread.rest_api_id).await?;
    while let Some(export) = exports.join_next().await {
        let Ok((name, served)) = export else { continue };
        stages.insert(name, ObservedStage { served: served?, pointer: None });
    }
    Ok(ObservedApi { configured, stages, ..unread })
}

/// What exports show is one fact for all APIs of an account and region.
fn settle_export_shows<G>(subjects: &mut [Subject<G>], request: &Request) {
    let place = |target: &ApiTarget| (target.account.clone(), target.region.clone());
    let mut known: BTreeMap<_, Vec<&ObservedApi>> = BTreeMap::new();
    for subject in subjects.iter() {
        if let Ok(observed) = &subject.observed {
            known.entry(place(&subject.target)).or_default().push(observed);
        }
    }
    let known: BTreeMap<_, ExportShows> = known
        .into_iter()
        .map(|(place, apis)| (place, plan::export_shows(apis, &request.unfinished)))
        .collect();
    for subject in subjects {
        subject.export_shows = known.get(&place(&subject.target)).copied().unwrap_or_default();
    }
}

/// GetStages and GetDeployments of the APIs that need them, until no API does: one history may
/// show that exports mirror the configuration, and then other APIs need theirs.
async fn read_histories<G: Connection>(
    subjects: &mut [Subject<G>],
    request: &Request,
    today: Date,
    is_needed: impl Fn(&Subject<G>, &ObservedApi) -> bool,
) {
    let mut requested = BTreeSet::new();
    loop {
        let mut reads = JoinSet::new();
        for (index, subject) in subjects.iter().enumerate() {
            let (Ok(observed), Some(gateway)) = (&subject.observed, &subject.gateway) else {
                continue;
            };
            if observed.deployments.is_none()
                && is_needed(subject, observed)
                && requested.insert(index)
            {
                let gateway = gateway.reader().clone();
                let api = subject.target.rest_api_id.clone();
                reads.spawn(async move { (index, read_history(&gateway, &api).await) });
            }
        }
        if reads.is_empty() {
            return;
        }
        while let Some(read) = reads.join_next().await {
            let Ok((index, history)) = read else { continue };
            let subject = &mut subjects[index];
            match history {
                Err(error) => subject.observed = Err(describe(&error)),
                Ok(history) => add_history(subject, history, today),
            }
        }
        settle_export_shows(subjects, request);
    }
}

fn add_history<G>(subject: &mut Subject<G>, history: History, today: Date) {
    let Subject { desired, target, observed: Ok(observed), .. } = subject else { return };
    let History { stages: pointers, deployments } = history;
    observed.deployments = Some(deployments);
    for (name, stage) in &mut observed.stages {
        stage.pointer = pointers.get(name).cloned();
    }
    let is_missing = |name: &&String| {
        !pointers.contains_key(*name) && desired.ignores_stage(name, today).is_none()
    };
    if let Some(name) = observed.stages.keys().find(is_missing) {
        let there: Vec<&str> = pointers.keys().map(String::as_str).collect();
        subject.observed = Err(no_such_stage(target, name, &there));
        return;
    }
    observed.beside =
        pointers.into_iter().filter(|(name, _)| !observed.stages.contains_key(name)).collect();
}

/// What to say of a stage that an API does not have.
#[must_use]
pub fn no_such_stage(target: &ApiTarget, name: &str, there: &[&str]) -> String {
    let known = if there.is_empty() {
        "it has no stage yet; gwr never creates one".to_owned()
    } else {
        format!("it has {}; gwr never creates one", there.join(", "))
    };
    format!("API {} has no stage `{name}`: {known}", target.rest_api_id)
}

/// The error with what to do about it.
fn describe(error: &AwsError) -> String {
    match error.hint() {
        Some(hint) => format!("{error}\nhint: {hint}"),
        None => error.to_string(),
    }
}
