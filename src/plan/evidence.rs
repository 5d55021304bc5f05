//! What can be known of a stage, and on what evidence.
//!
//! There are two witnesses. The *export* of a stage lists gateway responses; AWS
//! documents that it "exports a deployed version", which is not verified for
//! gateway responses. The *journal* in a deployment's description holds what gwr
//! deployed, and not what others deployed since. Each is believed as
//! far as it goes; where they contradict each other, the answer is "unknown".

use std::collections::BTreeMap;
use std::fmt;

use super::Unfinished;
use crate::model::{GatewayResponse, Live, ResponseType};
use crate::state::deployment_note::{Journal, Ships};
use crate::state::diff::diff;
use crate::state::digest::{Digest, of_responses};
pub use crate::state::effective::StatusEvidence;
use crate::state::export_shows::ExportShows;
use crate::state::observed::{
    Canary, Deployment, Export, ObservedApi, ObservedStage, Served, StagePointer,
};

/// Whether a stage serves what is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageVerdict {
    Current(Evidence),
    /// It serves different versions of these managed types; empty where only a digest shows it.
    Behind(Vec<ResponseType>, Evidence),
    /// The description of the stage's deployment and the stage's export disagree.
    Contradiction(Contradiction),
    /// Neither; the text says why.
    Unknown(String),
    /// `--skip-served`.
    NotLooked,
}

/// The digests of the responses that a deployment is described with, and that the export of
/// its stage holds. Which of the two the stage serves is unknown.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Contradiction {
    pub description: Digest,
    pub export: Digest,
}

impl Contradiction {
    /// Why the stage is unknown, without the digests.
    pub const WHY: &str = "the description of its deployment and its export contradict each other";
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { description, export } = self;
        write!(
            f,
            "its deployment's description has the digest {}, its export {}: they contradict each \
             other",
            description.short(),
            export.short(),
        )
    }
}

/// Whether the canary of a stage serves what is configured. No export is known to show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CanaryVerdict {
    /// It serves the stage's own deployment.
    AsItsStage,
    /// Its deployment's digest says so.
    Current,
    /// Unknown; the text gives the reason.
    Unknown(String),
}

/// What a verdict rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    Export,
    Digest,
}

/// Decides whether the live 504 is explicit, from the stages whose
/// `INTEGRATION_FAILURE` otherwise is what is configured.
///
/// The journal comes first: it is written by the one who sent the Put. Of an export,
/// a `statusCode` that is absent proves an unset status; one that is there is taken
/// for an explicit one (seen in exports of types that the console saved).
#[must_use]
pub fn integration_failure_status(
    observed: &ObservedApi,
    live: &GatewayResponse,
) -> StatusEvidence {
    const TYPE: ResponseType = ResponseType::IntegrationFailure;
    let mut found = None;
    for stage in observed.stages.values() {
        let Served::Exported(export) = &stage.served else { continue };
        let Some(entry) = export.responses.get(&TYPE) else { continue };
        if !export.settled(TYPE).is_some_and(|served| diff(live, &served).is_empty()) {
            continue;
        }
        let says_unset = journal_of(stage, observed.deployments.as_deref())
            .is_some_and(|journal| journal.leaves_integration_failure_unset());
        let says = match entry.status {
            None => StatusEvidence::Unset,
            Some(_) if says_unset => StatusEvidence::Unset,
            Some(_) if is_unlisted(stage, observed.deployments.as_deref()) => continue,
            Some(_) => StatusEvidence::Explicit,
        };
        match found {
            None => found = Some(says),
            Some(earlier) if earlier == says => {}
            Some(_) => return StatusEvidence::Unknown,
        }
    }
    found.unwrap_or(StatusEvidence::Unknown)
}

/// Whether the deployment that a stage points at is not in the list yet: what its
/// description says is not known then, which is something else than nothing.
fn is_unlisted(stage: &ObservedStage, deployments: Option<&[Deployment]>) -> bool {
    let id = stage.pointer.as_ref().and_then(|pointer| pointer.deployment_id.as_ref());
    match (id, deployments) {
        (Some(id), Some(listed)) => !listed.iter().any(|deployment| deployment.id == *id),
        (None, _) | (_, None) => false,
    }
}

/// The journal of the deployment that a stage points at.
#[must_use]
pub fn journal_of(stage: &ObservedStage, deployments: Option<&[Deployment]>) -> Option<Journal> {
    journal_of_deployment(stage.pointer.as_ref()?.deployment_id.as_ref()?, deployments)
}

/// The journal of a deployment.
#[must_use]
pub fn journal_of_deployment(id: &str, deployments: Option<&[Deployment]>) -> Option<Journal> {
    let deployment = deployments?.iter().find(|deployment| deployment.id == id)?;
    Journal::parse(deployment.description.as_deref()?)
}

/// What exports show, as far as these APIs of one account and region prove it: one that
/// differs from the configuration read with it proves a snapshot, and one that shows
/// what a run wrote and never deployed proves a mirror.
#[must_use]
pub fn export_shows<'a>(
    apis: impl IntoIterator<Item = &'a ObservedApi>,
    unfinished: &BTreeMap<(String, String), Unfinished>,
) -> ExportShows {
    let mut mirror = false;
    for api in apis {
        let configured = customized_digest(&api.configured.responses);
        for (name, stage) in &api.stages {
            if let Served::Exported(export) = &stage.served
                && export_digest(export) != configured
            {
                return ExportShows::Snapshot;
            }
            let place = (api.rest_api_id.clone(), name.clone());
            let left = unfinished.get(&place);
            mirror |= left.is_some_and(|left| left.proves_mirror(stage, &api.configured));
        }
        for deployment in api.deployments.iter().flatten() {
            match deployment.description.as_deref().and_then(Journal::parse).map(|j| j.export) {
                Some(ExportShows::Snapshot) => return ExportShows::Snapshot,
                Some(ExportShows::Mirror) => mirror = true,
                Some(ExportShows::Unproven) | None => {}
            }
        }
    }
    if mirror { ExportShows::Mirror } else { ExportShows::Unproven }
}

/// Whether a stage serves the managed types as they are configured.
#[must_use]
pub fn stage_verdict(
    stage: &ObservedStage,
    deployments: Option<&[Deployment]>,
    configured: &BTreeMap<ResponseType, Live>,
    managed: impl Fn(ResponseType) -> bool,
    shows: ExportShows,
) -> StageVerdict {
    let journal = journal_of(stage, deployments);
    let wanted = customized_digest(configured);
    let by_journal = journal.as_ref().map(|journal| {
        if journal.digest == wanted || holds_the_managed(journal, configured, &managed) {
            StageVerdict::Current(Evidence::Digest)
        } else {
            StageVerdict::Behind(Vec::new(), Evidence::Digest)
        }
    });
    let by_journal = by_journal.or_else(|| left_behind(stage, deployments?, &wanted));
    let export = match (&stage.served, shows) {
        (Served::Exported(_), _) if has_other_canary(stage) => {
            return by_journal.unwrap_or_else(|| {
                StageVerdict::Unknown(
                    "which half of a stage with a canary an export shows is not proven, and the \
                     stage's deployment was not made by gwr"
                        .to_owned(),
                )
            });
        }
        // It lists nothing, and the deployment was made with something: this server
        // does not export gateway responses at all (LocalStack does not).
        (Served::Exported(export), _) if is_silent(export, journal.as_ref()) => {
            return by_journal.unwrap_or(StageVerdict::NotLooked);
        }
        (Served::Exported(export), ExportShows::Snapshot | ExportShows::Unproven) => export,
        (Served::Exported(_), ExportShows::Mirror) => {
            return by_journal.unwrap_or_else(|| {
                StageVerdict::Unknown(
                    "an export shows the configuration, not what the stage serves, and the \
                     stage's deployment was not made by gwr"
                        .to_owned(),
                )
            });
        }
        (Served::Unreadable(unread), _) => {
            return by_journal.unwrap_or_else(|| {
                StageVerdict::Unknown(format!("its export could not be read: {unread}"))
            });
        }
        (Served::NoSuchStage, _) => {
            return StageVerdict::Unknown("there is no such stage".to_owned());
        }
        (Served::NotRead, _) => return by_journal.unwrap_or(StageVerdict::NotLooked),
    };

    let served = export_digest(export);
    match journal {
        Some(journal) if journal.digest != served => {
            let description = journal.digest;
            StageVerdict::Contradiction(Contradiction { description, export: served })
        }
        Some(_) | None => {
            let behind: Vec<ResponseType> = ResponseType::ALL
                .into_iter()
                .filter(|response_type| managed(*response_type))
                .filter(|response_type| !serves(export, configured, *response_type))
                .collect();
            if behind.is_empty() {
                StageVerdict::Current(Evidence::Export)
            } else {
                StageVerdict::Behind(behind, Evidence::Export)
            }
        }
    }
}

/// Whether a deployment that held no unmanaged response holds the managed ones as they are
/// configured: what others have added since is theirs to deploy.
fn holds_the_managed(
    journal: &Journal,
    configured: &BTreeMap<ResponseType, Live>,
    managed: impl Fn(ResponseType) -> bool,
) -> bool {
    let held_no_others =
        journal.ships().is_some_and(|ships| ships.responses == Ships::short(&of_responses([])));
    let of_managed = configured.iter().filter(|(response_type, _)| managed(**response_type));
    held_no_others
        && journal.digest
            == of_responses(of_managed.filter_map(|(t, live)| Some((*t, live.customized()?))))
}

/// A deployment that says nothing of itself, and that gwr moved a stage away from so that
/// it serves exactly what is configured now: it holds something else.
fn left_behind(
    stage: &ObservedStage,
    deployments: &[Deployment],
    wanted: &Digest,
) -> Option<StageVerdict> {
    let id = stage.pointer.as_ref()?.deployment_id.as_ref()?;
    let journals = deployments.iter().filter_map(|one| Journal::parse(one.description.as_deref()?));
    let mut moved_away = journals.filter(|journal| {
        journal.digest == *wanted && journal.previous.iter().any(|(_, previous)| previous == id)
    });
    moved_away.next().map(|_| StageVerdict::Behind(Vec::new(), Evidence::Digest))
}

/// Whether the canary of a stage serves another deployment than the stage.
fn has_other_canary(stage: &ObservedStage) -> bool {
    stage.pointer.as_ref().is_some_and(|pointer| {
        pointer.canary.as_ref().is_some_and(|canary| canary.deployment_id != pointer.deployment_id)
    })
}

/// Whether the canary of a stage serves the managed types as they are configured; `None`
/// where the stage has none.
#[must_use]
pub fn canary_verdict(
    pointer: &StagePointer,
    deployments: Option<&[Deployment]>,
    configured: &BTreeMap<ResponseType, Live>,
    managed: impl Fn(ResponseType) -> bool,
) -> Option<CanaryVerdict> {
    let StagePointer { deployment_id, canary } = pointer;
    let Canary { deployment_id: of_the_canary, percent_traffic: _ } = canary.as_ref()?;
    if of_the_canary == deployment_id {
        return Some(CanaryVerdict::AsItsStage);
    }
    let Some(id) = of_the_canary else {
        return Some(CanaryVerdict::Unknown("which deployment it serves is unknown".to_owned()));
    };
    Some(match journal_of_deployment(id, deployments) {
        None => CanaryVerdict::Unknown("its deployment was not made by gwr".to_owned()),
        Some(journal)
            if journal.digest == customized_digest(configured)
                || holds_the_managed(&journal, configured, managed) =>
        {
            CanaryVerdict::Current
        }
        Some(_) => CanaryVerdict::Unknown(
            "its deployment was created for a different \
            configuration"
                .to_owned(),
        ),
    })
}

/// Whether an export says nothing of gateway responses although its deployment was
/// made with some: then it is no evidence.
pub(super) fn is_silent(export: &Export, journal: Option<&Journal>) -> bool {
    export.responses.is_empty() && journal.is_some_and(|journal| journal.digest != of_responses([]))
}

/// Whether an export holds a type as it is configured.
#[must_use]
pub fn serves(
    export: &Export,
    configured: &BTreeMap<ResponseType, Live>,
    response_type: ResponseType,
) -> bool {
    let live = configured.get(&response_type).and_then(Live::customized);
    same_customized(export.settled(response_type).as_ref(), live)
}

/// Whether two live responses are the same.
#[must_use]
pub fn same_response(one: &Live, other: &Live) -> bool {
    same_customized(one.customized(), other.customized())
}

fn same_customized(one: Option<&GatewayResponse>, other: Option<&GatewayResponse>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => diff(one, other).is_empty(),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// The digest of everything that is customised.
#[must_use]
pub fn customized_digest(responses: &BTreeMap<ResponseType, Live>) -> Digest {
    of_responses(responses.iter().filter_map(|(t, live)| Some((*t, live.customized()?))))
}

/// The digest of everything that an export holds.
#[must_use]
pub fn export_digest(export: &Export) -> Digest {
    let settled: BTreeMap<ResponseType, GatewayResponse> = export
        .responses
        .keys()
        .filter_map(|response_type| Some((*response_type, export.settled(*response_type)?)))
        .collect();
    of_responses(settled.iter().map(|(response_type, response)| (*response_type, response)))
}
