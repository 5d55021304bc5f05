//! Reading: everything first, then the plan compares.
//!
//! In: the desired state and a gateway for each account it names. Out: every API
//! with what was observed of it, or why it could not be. Which of the dearer calls
//! are worth making is asked of the planner, a pure function; nothing is decided
//! here.
//!
//! Cost: GetRestApis once per account where names or tags are matched; for each API
//! one GetGatewayResponses and for each stage one GetExport; GetStages and
//! GetDeployments only for an API that has something to do or whose evidence is open;
//! GetRestApi, GetResources and GetDeployment only where a deployment is planned.

mod drift;
mod ground;
mod history;
mod routes;

use std::collections::{BTreeMap, BTreeSet};

use time::Date;
use tokio::task::JoinSet;

pub use drift::read_for_drift;
pub use ground::{read_ground, read_pointers};
pub use history::{Chronicle, read_chronicles, read_history};

use crate::aws::{AwsError, Connection, Gateway, Reader};
use crate::desired::{DesiredApi, Matching};
use crate::journal::ExportShows;
use crate::observed::{ObservedApi, ObservedStage, RestApi, Served};
use crate::plan::{self, ApiPlan, ApiTarget, Plan, Request, Work};
use routes::read_routes;

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
    let mut subjects = read_apis(entries, look, today, on_read).await;
    read_histories(&mut subjects, today, |subject, observed| {
        let Subject { desired, export_shows, .. } = subject;
        plan::needs_history(desired, observed, *export_shows, request, today)
    })
    .await;
    read_routes(&mut subjects, request, today).await;
    subjects
}

/// What every verb reads: GetGatewayResponses of each API, GetExport of each stage.
async fn read_apis<G: Connection>(
    entries: &[Entry<G>],
    look: Look,
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

    settle_export_shows(&mut subjects);
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

/// Finds the live API of every entry; an entry that matches by tags may stand for many.
async fn resolve<G: Connection>(entries: &[Entry<G>]) -> Vec<Subject<G>> {
    let listings = list_accounts(entries).await;
    let mut subjects = Vec::new();
    for entry in entries {
        let listing = listings.get(&entry.account);
        match named_as_asked(entry, matches(entry, listing)).await {
            Ok(found) => {
                for found in found {
                    let Found { id, name, tags: _ } = &found;
                    let (id, name) = (id.clone(), name.clone());
                    subjects.push(subject(entry, id, name, Ok(unread(found))));
                }
            }
            Err(error) => {
                let id = match &entry.desired.matching {
                    Matching::Id(id) => id.clone(),
                    Matching::Name(_) | Matching::Tags(_) => String::new(),
                };
                let name = match &entry.desired.matching {
                    Matching::Name(name) => Some(name.clone()),
                    Matching::Id(_) | Matching::Tags(_) => None,
                };
                subjects.push(subject(entry, id, name, Err(error)));
            }
        }
    }
    refuse_double_claims(&mut subjects);
    subjects
}

/// Leaves the APIs whose live name was asked for.
async fn named_as_asked<G: Connection>(
    entry: &Entry<G>,
    found: Result<Vec<Found>, String>,
) -> Result<Vec<Found>, String> {
    if entry.names.is_empty() {
        return found;
    }
    let gateway = entry.gateway.as_ref().map_err(Clone::clone)?;
    let mut kept = Vec::new();
    for Found { id, name, tags } in found? {
        let (name, tags) = match name {
            Some(name) => (name, tags),
            None => {
                let api = gateway.reader().rest_api(&id).await.map_err(|error| describe(&error))?;
                (api.name, api.tags)
            }
        };
        if entry.names.iter().any(|pattern| pattern.matches(&name)) {
            kept.push(Found { id, name: Some(name), tags });
        }
    }
    Ok(kept)
}

fn subject<G: Connection>(
    entry: &Entry<G>,
    rest_api_id: String,
    rest_api_name: Option<String>,
    observed: Result<ObservedApi, String>,
) -> Subject<G> {
    let gateway = entry.gateway.as_ref().ok().cloned();
    let reader = gateway.as_ref().map(Connection::reader);
    Subject {
        desired: DesiredApi { stages: entry.stages.clone(), ..entry.desired.clone() },
        target: ApiTarget {
            key: entry.desired.key.clone(),
            rest_api_id,
            rest_api_name,
            account: entry.account.clone(),
            account_id: reader.and_then(|reader| reader.account_id().map(ToOwned::to_owned)),
            region: reader.map(|reader| reader.region().to_owned()).unwrap_or_default(),
        },
        gateway,
        observed,
        export_shows: ExportShows::Unproven,
    }
}

/// A live API that an entry stands for.
#[derive(Clone)]
struct Found {
    id: String,
    /// Where it was listed.
    name: Option<String>,
    tags: BTreeMap<String, String>,
}

fn unread(found: Found) -> ObservedApi {
    let Found { id, name, tags } = found;
    ObservedApi {
        rest_api_id: id,
        rest_api_name: name,
        tags,
        configured: crate::observed::Configured::default(),
        stages: BTreeMap::new(),
        deployments: None,
        routes: None,
    }
}

/// GetRestApis, once for every account in which a name or tags are looked for.
async fn list_accounts<G: Connection>(
    entries: &[Entry<G>],
) -> BTreeMap<String, Result<Vec<RestApi>, String>> {
    let mut listings = BTreeMap::new();
    for entry in entries {
        let by_id = matches!(entry.desired.matching, Matching::Id(_));
        if by_id || listings.contains_key(&entry.account) {
            continue;
        }
        if let Ok(gateway) = &entry.gateway {
            let listing = gateway.reader().rest_apis().await.map_err(|error| describe(&error));
            listings.insert(entry.account.clone(), listing);
        }
    }
    listings
}

fn matches<G: Connection>(
    entry: &Entry<G>,
    listing: Option<&Result<Vec<RestApi>, String>>,
) -> Result<Vec<Found>, String> {
    let gateway = entry.gateway.as_ref().map_err(Clone::clone)?.reader();
    if let Matching::Id(id) = &entry.desired.matching {
        return Ok(vec![Found { id: id.clone(), name: None, tags: BTreeMap::new() }]);
    }
    let listed = |api: &RestApi| Found {
        id: api.id.clone(),
        name: Some(api.name.clone()),
        tags: api.tags.clone(),
    };
    let apis = match listing {
        Some(Ok(apis)) => apis,
        Some(Err(error)) => return Err(error.clone()),
        None => return Err("the APIs of its account were not listed".to_owned()),
    };
    let place = format!("in {} of account `{}`", gateway.region(), entry.account);
    match &entry.desired.matching {
        Matching::Id(_) => Ok(Vec::new()),
        Matching::Name(name) => {
            let found: Vec<&RestApi> = apis.iter().filter(|api| api.name == *name).collect();
            match found.as_slice() {
                [] => Err(no_such_name(name, &place, apis)),
                [api] => Ok(vec![listed(api)]),
                several => Err(format!(
                    "{} APIs {place} are named {name:?}: {}. Say which with `match = {{ id = \"…\" }}`",
                    several.len(),
                    several.iter().map(|api| api.id.as_str()).collect::<Vec<_>>().join(", "),
                )),
            }
        }
        Matching::Tags(tags) => {
            let found: Vec<Found> = apis
                .iter()
                .filter(|api| tags.iter().all(|(key, value)| api.tags.get(key) == Some(value)))
                .map(listed)
                .collect();
            if found.is_empty() {
                let wanted: Vec<String> =
                    tags.iter().map(|(key, value)| format!("{key} = {value:?}")).collect();
                return Err(format!("no API {place} has the tags {}", wanted.join(", ")));
            }
            Ok(found)
        }
    }
}

fn no_such_name(name: &str, place: &str, apis: &[RestApi]) -> String {
    let near = apis
        .iter()
        .map(|api| (strsim::jaro_winkler(&api.name, name), api.name.as_str()))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    match near {
        Some((_, near)) => {
            format!("no API {place} is named {name:?}; there is {near:?}. Is the region right?")
        }
        None => format!(
            "no API {place} is named {name:?}; {} other APIs are there. Is the region right?",
            apis.len()
        ),
    }
}

/// An API that two entries claim is planned by neither.
fn refuse_double_claims<G>(subjects: &mut [Subject<G>]) {
    let mut claims: BTreeMap<(String, String, String), BTreeSet<String>> = BTreeMap::new();
    let place = |subject: &Subject<G>| {
        let ApiTarget { key: _, rest_api_id, rest_api_name: _, account, account_id, region } =
            &subject.target;
        let account = account_id.clone().unwrap_or_else(|| account.clone());
        (account, region.clone(), rest_api_id.clone())
    };
    for subject in subjects.iter().filter(|subject| subject.observed.is_ok()) {
        claims.entry(place(subject)).or_default().insert(subject.target.key.clone());
    }
    for subject in subjects {
        let Some(keys) = claims.get(&place(subject)).filter(|keys| keys.len() > 1) else {
            continue;
        };
        let keys: Vec<String> = keys.iter().map(|key| format!("[apis.{key}]")).collect();
        subject.observed = Err(format!(
            "API {} is claimed by {}; let only one of them match it",
            subject.target.rest_api_id,
            keys.join(" and ")
        ));
    }
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
fn settle_export_shows<G>(subjects: &mut [Subject<G>]) {
    let place = |target: &ApiTarget| (target.account.clone(), target.region.clone());
    let mut known: BTreeMap<_, Vec<&ObservedApi>> = BTreeMap::new();
    for subject in subjects.iter() {
        if let Ok(observed) = &subject.observed {
            known.entry(place(&subject.target)).or_default().push(observed);
        }
    }
    let known: BTreeMap<_, ExportShows> =
        known.into_iter().map(|(place, apis)| (place, plan::export_shows(apis))).collect();
    for subject in subjects {
        subject.export_shows = known.get(&place(&subject.target)).copied().unwrap_or_default();
    }
}

/// GetStages and GetDeployments, of the APIs that need them.
async fn read_histories<G: Connection>(
    subjects: &mut [Subject<G>],
    today: Date,
    is_needed: impl Fn(&Subject<G>, &ObservedApi) -> bool,
) {
    let mut reads = JoinSet::new();
    for (index, subject) in subjects.iter().enumerate() {
        let (Ok(observed), Some(gateway)) = (&subject.observed, &subject.gateway) else {
            continue;
        };
        if observed.deployments.is_none() && is_needed(subject, observed) {
            let gateway = gateway.reader().clone();
            let api = subject.target.rest_api_id.clone();
            reads.spawn(async move {
                (index, tokio::try_join!(gateway.stages(&api), gateway.deployments(&api)))
            });
        }
    }
    while let Some(read) = reads.join_next().await {
        let Ok((index, history)) = read else { continue };
        let subject = &mut subjects[index];
        let Ok(observed) = &mut subject.observed else { continue };
        match history {
            Err(error) => subject.observed = Err(describe(&error)),
            Ok((pointers, deployments)) => {
                observed.deployments = Some(deployments);
                let mut missing = Vec::new();
                for (name, stage) in &mut observed.stages {
                    stage.pointer = pointers.get(name).cloned();
                    if stage.pointer.is_none()
                        && subject.desired.ignores_stage(name, today).is_none()
                    {
                        missing.push(name.clone());
                    }
                }
                if let Some(name) = missing.first() {
                    let there: Vec<&str> = pointers.keys().map(String::as_str).collect();
                    subject.observed = Err(no_such_stage(&subject.target, name, &there));
                }
            }
        }
    }
    settle_export_shows(subjects);
}

fn no_such_stage(target: &ApiTarget, name: &str, there: &[&str]) -> String {
    let known = if there.is_empty() {
        "it has no stage yet; gwr never creates one".to_owned()
    } else {
        format!("it has {}; gwr never creates one", there.join(", "))
    };
    format!("API {} has no stage `{name}`: {known}", target.rest_api_id)
}

/// The error with what to do about it.
#[must_use]
pub fn describe(error: &AwsError) -> String {
    match error.hint() {
        Some(hint) => format!("{error}\nhint: {hint}"),
        None => error.to_string(),
    }
}
