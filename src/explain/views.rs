//! From what was read to the three truths.

use time::Date;

use super::notes::{self, notes};
use super::{Answer, Known, Truth, View};
use crate::model::{GatewayResponse, ResponseType};
use crate::plan::{
    ApiTarget, Evidence, Management, StageVerdict, configured_state, desired_state, export_digest,
    exported_state, journal_of, management, stage_verdict,
};
use crate::state::desired::{DesiredApi, Matching};
use crate::state::effective::{State, StatusEvidence, effective, is_customisable};
use crate::state::export_shows::ExportShows;
use crate::state::observed::{ObservedApi, ObservedStage, Served};

/// Which truths are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    All,
    Only(Truth),
}

impl Wanted {
    fn includes(self, truth: Truth) -> bool {
        self == Self::All || self == Self::Only(truth)
    }
}

/// Whether an API cannot be explained without GetStages and GetDeployments: what a stage
/// serves is open, or whether the 504 of `INTEGRATION_FAILURE` was set.
#[must_use]
pub fn needs_history(observed: &ObservedApi, shows: ExportShows, wanted: Wanted) -> bool {
    const TYPE: ResponseType = ResponseType::IntegrationFailure;
    let configured = configured_state(observed);
    let exported = |stage: &ObservedStage| matches!(stage.served, Served::Exported(_));
    let open_504 = configured.status_evidence(TYPE).is_some()
        && configured.own(TYPE).map(|own| own.status)
            == Some(GatewayResponse::builtin(TYPE).status)
        && observed.stages.values().any(exported);
    let open_stage = wanted.includes(Truth::Served)
        && observed.stages.values().any(|stage| {
            stage.served != Served::NotRead
                && !matches!(verdict(observed, stage, shows), StageVerdict::Current(_))
        });
    open_504 || open_stage
}

fn verdict(observed: &ObservedApi, stage: &ObservedStage, shows: ExportShows) -> StageVerdict {
    let configured = &observed.configured.responses;
    stage_verdict(stage, observed.deployments.as_deref(), configured, |_| true, shows)
}

/// Every truth that is asked for of an API that was read.
#[must_use]
pub fn explain(
    desired: &DesiredApi,
    observed: &ObservedApi,
    shows: ExportShows,
    wanted: Wanted,
    today: Date,
) -> Vec<View> {
    let configured = configured_state(observed);
    let mut views = Vec::new();
    if wanted.includes(Truth::Desired) {
        let state = desired_state(desired, &configured, today);
        let mut known = known(Truth::Desired, &state);
        for answer in &mut known.answers {
            let managed = management(desired, answer.response_type, today);
            answer.notes.extend(notes::standing(managed));
        }
        views.push(View { of: Truth::Desired, stage: None, known: Ok(known) });
    }
    if wanted.includes(Truth::Configured) {
        let known = Ok(known(Truth::Configured, &configured));
        views.push(View { of: Truth::Configured, stage: None, known });
    }
    if wanted.includes(Truth::Served) {
        for name in &desired.stages {
            if desired.ignores_stage(name, today).is_some() {
                continue;
            }
            let Some(stage) = observed.stages.get(name) else { continue };
            let known = served(observed, stage, shows, &configured);
            views.push(View { of: Truth::Served, stage: Some(name.clone()), known });
        }
    }
    views
}

/// What the file alone says; nothing is known of what it leaves alone.
#[must_use]
pub fn explain_file(desired: &DesiredApi, today: Date) -> (ApiTarget, Vec<View>) {
    let state = desired_state(desired, &State::default(), today);
    let mut known = known(Truth::Desired, &state);
    for answer in &mut known.answers {
        let standing = management(desired, answer.response_type, today);
        let family = answer.response_type.family().default_type();
        if !is_customisable(answer.response_type) {
            continue;
        }
        if standing != Management::Managed {
            answer.assumed = true;
            answer.notes.insert(0, notes::unread(standing));
        } else if state.own(answer.response_type).is_none()
            && management(desired, family, today) != Management::Managed
        {
            answer.assumed = true;
            answer.notes.insert(0, notes::unread_family(family));
        }
    }
    let (rest_api_id, rest_api_name) = match &desired.matching {
        Matching::Id(id) => (id.clone(), None),
        Matching::Name(name) => (String::new(), Some(name.clone())),
        Matching::Tags(_) => (String::new(), None),
    };
    let target = ApiTarget {
        key: desired.key.clone(),
        account: desired.account.clone().unwrap_or_default(),
        account_id: None,
        region: String::new(),
        rest_api_id,
        rest_api_name,
    };
    (target, vec![View { of: Truth::Desired, stage: None, known: Ok(known) }])
}

fn known(of: Truth, state: &State) -> Known {
    let answers = ResponseType::ALL
        .into_iter()
        .map(|response_type| Answer {
            response_type,
            effective: effective(response_type, state),
            assumed: false,
            notes: notes(of, response_type, state),
        })
        .collect();
    Known { answers, remarks: Vec::new() }
}

/// What a stage serves, as far as anything tells.
fn served(
    observed: &ObservedApi,
    stage: &ObservedStage,
    shows: ExportShows,
    configured: &State,
) -> Result<Known, String> {
    let deployments = observed.deployments.as_deref();
    let (state, remark) = match (verdict(observed, stage, shows), &stage.served) {
        (StageVerdict::Contradiction(why), _) => return Err(why.to_string()),
        (StageVerdict::Unknown(why), _) => return Err(why),
        (StageVerdict::NotLooked, _) => return Err("what it serves is unknown".to_owned()),
        (StageVerdict::Behind(_, Evidence::Digest), _) => {
            return Err("the digest of its deployment differs from the configuration; what it \
                serves is unknown"
                .to_owned());
        }
        (
            StageVerdict::Current(Evidence::Export) | StageVerdict::Behind(_, Evidence::Export),
            Served::Exported(export),
        ) => {
            let journal = journal_of(stage, deployments);
            let remark = match shows {
                _ if journal.is_some_and(|journal| journal.digest == export_digest(export)) => {
                    "as its export and the digest of its deployment show"
                }
                ExportShows::Snapshot => "as its export shows",
                // `Mirror` is no evidence, and does not come here.
                ExportShows::Unproven | ExportShows::Mirror => {
                    "as its export shows, which agrees with what is configured; nothing here has \
                     proven yet that an export shows what a stage serves and not what is configured"
                }
            };
            (exported_state(export, stage, deployments), remark)
        }
        (StageVerdict::Current(_) | StageVerdict::Behind(..), _) => {
            (by_digest(observed, stage, configured), "as the digest of its deployment shows")
        }
    };
    let mut known = known(Truth::Served, &state);
    known.remarks.push(remark.to_owned());
    if stage.pointer.as_ref().is_some_and(|pointer| pointer.canary.is_some()) {
        known.remarks.push(
            "it has a canary, which serves part of the traffic from another \
            deployment"
                .into(),
        );
    }
    Ok(known)
}

/// What is configured, held by a deployment. GetGatewayResponses shows the same whether
/// `INTEGRATION_FAILURE` has a status of 504 or none: that the deployment had one is
/// certain only where its description does not deny it, and where it is set now.
fn by_digest(observed: &ObservedApi, stage: &ObservedStage, configured: &State) -> State {
    const TYPE: ResponseType = ResponseType::IntegrationFailure;
    let journal = journal_of(stage, observed.deployments.as_deref());
    let says_unset = journal.is_some_and(|journal| journal.leaves_integration_failure_unset());
    let mut state = configured.clone();
    if let Some(own) = configured.own(TYPE) {
        let evidence = match configured.status_evidence(TYPE) {
            _ if says_unset => StatusEvidence::Unset,
            Some(StatusEvidence::Explicit) => StatusEvidence::Explicit,
            _ => StatusEvidence::Unknown,
        };
        state.insert(TYPE, own.clone(), evidence);
    }
    state
}
