//! Which live APIs the entries of the file stand for.
//!
//! Cost: GetRestApis once for each account in which a name or tags are looked for;
//! GetRestApi only where `--api` asks for the name of an API that the file knows by its
//! id.

use std::collections::BTreeMap;

use super::{Entry, Subject, describe};
use crate::aws::Connection;
use crate::plan::ApiTarget;
use crate::state::desired::{DesiredApi, Matching};
use crate::state::export_shows::ExportShows;
use crate::state::observed::{Configured, ObservedApi, RestApi};

/// Finds the live API of every entry; an entry that matches by tags may stand for many.
pub async fn resolve<G: Connection>(entries: &[Entry<G>]) -> Vec<Subject<G>> {
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
pub(super) struct Found {
    pub id: String,
    /// Where it was listed.
    pub name: Option<String>,
    pub tags: BTreeMap<String, String>,
}

/// The API with nothing of it read yet.
pub(super) fn unread(found: Found) -> ObservedApi {
    let Found { id, name, tags } = found;
    ObservedApi {
        rest_api_id: id,
        rest_api_name: name,
        tags,
        configured: Configured::default(),
        stages: BTreeMap::new(),
        beside: BTreeMap::new(),
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
    let place = match &entry.desired.account {
        Some(account) => format!("in {} of account `{account}`", gateway.region()),
        None => format!("in {}", gateway.region()),
    };
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

/// What to say of a name that no API has.
#[must_use]
pub fn no_such_name(name: &str, place: &str, apis: &[RestApi]) -> String {
    none("is named", name, place, apis)
}

/// What to say of a pattern that no API's name matches.
#[must_use]
pub fn no_match(pattern: &str, place: &str, apis: &[RestApi]) -> String {
    none("matches", pattern, place, apis)
}

fn none(verb: &str, name: &str, place: &str, apis: &[RestApi]) -> String {
    let near = apis
        .iter()
        .map(|api| (strsim::jaro_winkler(&api.name, name), api.name.as_str()))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    match near {
        Some((_, near)) => {
            format!("no API {place} {verb} {name:?}; there is {near:?}. Is the region right?")
        }
        None => {
            let there = match apis.len() {
                0 => "there is none at all".to_owned(),
                1 => "1 other API is there".to_owned(),
                several => format!("{several} other APIs are there"),
            };
            format!("no API {place} {verb} {name:?}; {there}. Is the region right?")
        }
    }
}

/// An API that two entries claim is planned by neither.
///
/// The accounts' ids may be unknown, and two tables may lead to one account: ids of APIs are
/// ten random characters, which no two APIs of a region have been seen to share.
fn refuse_double_claims<G: Connection>(subjects: &mut [Subject<G>]) {
    type Claims = BTreeMap<String, Option<String>>;
    let mut claims: BTreeMap<(Option<String>, String, String), Claims> = BTreeMap::new();
    let place = |subject: &Subject<G>| {
        let endpoint = subject.gateway.as_ref().and_then(|gateway| gateway.reader().endpoint_url());
        let ApiTarget { rest_api_id, region, .. } = &subject.target;
        (endpoint.map(ToOwned::to_owned), region.clone(), rest_api_id.clone())
    };
    for subject in subjects.iter().filter(|subject| subject.observed.is_ok()) {
        let ApiTarget { key, account_id, .. } = &subject.target;
        claims.entry(place(subject)).or_default().insert(key.clone(), account_id.clone());
    }
    for subject in subjects {
        let ours = &subject.target.account_id;
        let Some(claims) = claims.get(&place(subject)) else { continue };
        let keys: Vec<String> = claims
            .iter()
            .filter(|(_, theirs)| ours.is_none() || theirs.is_none() || ours == *theirs)
            .map(|(key, _)| format!("[apis.{key}]"))
            .collect();
        if keys.len() < 2 {
            continue;
        }
        subject.observed = Err(format!(
            "API {} is claimed by {}; let only one of them match it",
            subject.target.rest_api_id,
            keys.join(" and ")
        ));
    }
}
