//! From a document back to the plan it was made of.
//!
//! Every change is built again from its `before`, `after` and `body`, by the rules by
//! which the planner builds one, and must come to the `operations` that the document
//! lists: what is applied is what was shown. What a document does not hold (the types
//! that stay as they are) is filled in by [`rebase`] from what is live, once that is
//! found to be what the plan was made against.

use std::collections::BTreeMap;

use serde_json::Value;

use super::plan::{
    ApiDocument, ChangeDocument, Document, EffectDocument, EffectiveDocument, SavedStage,
    StageAction, StageCause, StageDocument,
};
use crate::model::{
    Customization, GatewayResponse, HEADER_PREFIX, HeaderName, HeaderValue, Live, ResponseType,
    STATUS_PATH, StatusCode,
};
use crate::plan::change::{Action, Call, Change, Creation, Target};
use crate::plan::evidence::customized_digest;
use crate::plan::foreign::Foreign;
use crate::plan::responses::configured_after;
use crate::plan::shipping::list_foreign;
use crate::plan::stages::{Consent, Decision, DeployReason, KeepReason, Part, StagePlan};
use crate::plan::{ApiPlan, ApiTarget, ApiWork, Effect, Plan, Request, Work};
use crate::state::desired::{
    DeployPolicy, DesiredApi, DesiredResponse, ForeignPolicy, Matching, Unlisted,
};
use crate::state::diff::{Difference, diff};
use crate::state::effective::{Effective, Source};
use crate::state::observed::{Canary, ObservedApi, StagePointer};

/// A document whose parts do not belong together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{api}`: {what}")]
pub struct Inconsistent {
    pub api: String,
    pub what: String,
}

/// The plan of a document.
///
/// # Errors
/// When a change is not what the planner makes of its `before` and `after`.
pub fn restore(document: &Document) -> Result<Plan, Inconsistent> {
    let mut apis = Vec::new();
    for api in &document.apis {
        let work = match &api.error {
            Some(error) => Work::Unread(error.clone()),
            None => Work::Planned(Box::new(
                restore_work(api).map_err(|what| Inconsistent { api: api.name.clone(), what })?,
            )),
        };
        apis.push(ApiPlan {
            target: restore_target(api),
            desired_digest: api.desired_digest.clone(),
            work,
        });
    }
    apis.sort_by(|one, other| one.target.cmp(&other.target));
    if let Some(pair) = apis.windows(2).find(|pair| pair[0].target == pair[1].target) {
        let what = "it is listed twice".to_owned();
        return Err(Inconsistent { api: pair[0].target.key.clone(), what });
    }
    Ok(Plan { desired_digest: document.desired_digest.clone(), apis })
}

fn restore_target(api: &ApiDocument) -> ApiTarget {
    ApiTarget {
        key: api.name.clone(),
        rest_api_id: api.rest_api_id.clone(),
        rest_api_name: api.rest_api_name.clone(),
        account: api.account.clone(),
        account_id: api.account_id.clone(),
        region: api.region.clone(),
    }
}

fn restore_work(api: &ApiDocument) -> Result<ApiWork, String> {
    let base_digest = api.base_digest.clone().ok_or("it has neither `base_digest` nor `error`")?;
    let mut changes = Vec::new();
    for document in &api.changes {
        let response_type = document.response_type;
        if changes.iter().any(|(earlier, _)| *earlier == response_type) {
            return Err(format!("{response_type} is changed twice"));
        }
        let change = restore_change(document).map_err(|what| format!("{response_type}: {what}"))?;
        changes.push((response_type, change));
    }
    let after: BTreeMap<ResponseType, Live> = changes
        .iter()
        .map(|(response_type, change)| (*response_type, live_after(change)))
        .collect();
    let (unmanaged, unknown_types) =
        api.unmanaged.iter().fold((Vec::new(), Vec::new()), |(mut known, mut unknown), name| {
            match name.parse() {
                Ok(response_type) => known.push(response_type),
                Err(_) => unknown.push(name.clone()),
            }
            (known, unknown)
        });
    let stages = api
        .stages
        .iter()
        .map(|stage| restore_stage(stage, !changes.is_empty()))
        .collect::<Result<_, _>>()?;
    let saved = api.saved.clone().unwrap_or_default();
    Ok(ApiWork {
        base_digest,
        effects: api.effects.iter().map(restore_effect).collect::<Result<_, _>>()?,
        unmanaged,
        unknown_types,
        hazards: api.hazards.clone(),
        stages,
        reuse: saved.reuse_deployment_id,
        after_digest: customized_digest(&after),
        after,
        changes,
        export_shows: saved.export,
        integration_failure_unset: saved.integration_failure_unset,
        integration_failure_was: saved.integration_failure_was,
        ships: saved.ships,
        managed: saved.managed.into_iter().collect(),
    })
}

fn live_after(change: &Change) -> Live {
    match change.to() {
        Some(target) => Live::Customized(target.settled.clone()),
        None => Live::Default,
    }
}

/// A change, built again as the planner builds it.
///
/// # Errors
/// When the parts of the document do not come to each other.
pub fn restore_change(document: &ChangeDocument) -> Result<Change, String> {
    let ChangeDocument { response_type, action, call, operations, before, after, body } = document;
    let change = match (action, before, after) {
        (Action::Reset, Some(from), None) => Change::Reset { from: from.clone() },
        (Action::Create, None, Some(after)) => {
            let to = target(*response_type, *call, after, body.as_ref())?;
            let base = GatewayResponse::builtin(*response_type);
            let differences = differences(&base, &to, operations)?;
            let call = match call {
                Call::Patch => Creation::Patch(differences),
                Call::Put | Call::Delete => Creation::Put(differences),
            };
            Change::Create { to, call }
        }
        (Action::Update | Action::Replace, Some(from), Some(after)) => {
            let to = target(*response_type, *call, after, body.as_ref())?;
            let (from, differences) = (from.clone(), differences(from, &to, operations)?);
            match action {
                Action::Update => Change::Update { from, to, differences },
                Action::Create | Action::Replace | Action::Reset => {
                    Change::Replace { from, to, differences }
                }
            }
        }
        _ => return Err(format!("`before` and `after` are not those of a {}", action.as_str())),
    };
    if change.call() != *call {
        let (said, is) = (call.operation(), change.call().operation());
        return Err(format!("a {} is made by {is}, not by {said}", action.as_str()));
    }
    if *call == Call::Patch
        && (operations.is_empty() || !change.differences().iter().all(Difference::patchable))
    {
        return Err("no patch says what it wants".to_owned());
    }
    if change.operations() != *operations {
        return Err("its `operations` are not those that lead from `before` to `after`".to_owned());
    }
    Ok(change)
}

/// What is to be written: of a Put its body; of a patch what it leads to.
fn target(
    response_type: ResponseType,
    call: Call,
    after: &GatewayResponse,
    body: Option<&Value>,
) -> Result<Target, String> {
    let written = match (call, body) {
        (Call::Put, Some(body)) => read_body(body)?,
        (Call::Put, None) => return Err("a PutGatewayResponse has no `body`".to_owned()),
        (Call::Patch | Call::Delete, None) => as_customization(after),
        (Call::Patch | Call::Delete, Some(_)) => {
            return Err("only a PutGatewayResponse has a `body`".to_owned());
        }
    };
    let to = Target::new(response_type, written);
    if shown(response_type, &to) != *after {
        return Err("its `body` does not come to its `after`".to_owned());
    }
    Ok(to)
}

/// As the document shows a target: `INTEGRATION_FAILURE` with the status that was
/// written, for what it settles to says nothing.
pub(crate) fn shown(response_type: ResponseType, target: &Target) -> GatewayResponse {
    let mut shown = target.settled.clone();
    if response_type == ResponseType::IntegrationFailure {
        shown.status = target.written.status;
    }
    shown
}

fn as_customization(response: &GatewayResponse) -> Customization {
    let GatewayResponse { status, headers, templates } = response.clone();
    Customization { status, headers, templates }
}

fn read_body(body: &Value) -> Result<Customization, String> {
    let wrong = |member: &str| format!("`{member}` of its `body` is none");
    let mut written = Customization::default();
    for (member, value) in body.as_object().ok_or("its `body` is none")? {
        let texts = || value.as_object().ok_or_else(|| wrong(member));
        match member.as_str() {
            "statusCode" => {
                let status = value.as_str().and_then(|status| status.parse::<i64>().ok());
                let status = status.and_then(|status| StatusCode::try_from(status).ok());
                written.status = Some(status.ok_or_else(|| wrong(member))?);
            }
            "responseParameters" => {
                for (key, value) in texts()? {
                    let name = key.strip_prefix(HEADER_PREFIX).ok_or_else(|| wrong(key))?;
                    let value = value.as_str().ok_or_else(|| wrong(key))?;
                    written
                        .headers
                        .insert(HeaderName::observed(name), HeaderValue::as_written(value));
                }
            }
            "responseTemplates" => {
                for (media_type, text) in texts()? {
                    let text = text.as_str().ok_or_else(|| wrong(media_type))?;
                    written.templates.insert(media_type.clone(), text.to_owned());
                }
            }
            other => return Err(format!("its `body` has a member {other:?}")),
        }
    }
    Ok(written)
}

/// The differences that a document's operations stand for. A status may be among them
/// although none is to be seen: where it cannot be told from an unset one.
fn differences(
    from: &GatewayResponse,
    to: &Target,
    operations: &[crate::model::PatchOperation],
) -> Result<Vec<Difference>, String> {
    let (mut status, others): (Vec<_>, Vec<_>) = diff(from, &to.settled)
        .into_iter()
        .partition(|difference| matches!(difference, Difference::Status { .. }));
    let names_status = operations.first().is_some_and(|operation| operation.path == STATUS_PATH);
    if !names_status && !status.is_empty() {
        return Err("its `operations` leave the status out".to_owned());
    }
    if names_status {
        // A family default's settled status is unset where nobody writes one.
        status = vec![Difference::Status { from: from.status, to: to.written.status }];
    }
    Ok(status.into_iter().chain(others).collect())
}

fn restore_effect(effect: &EffectDocument) -> Result<Effect, String> {
    let EffectDocument { response_type, before, after } = effect;
    let wrong = |what| format!("the effect on {response_type}: {what}");
    Ok(Effect {
        response_type: *response_type,
        before: restore_effective(before).map_err(wrong)?,
        after: restore_effective(after).map_err(wrong)?,
    })
}

fn restore_effective(effective: &EffectiveDocument) -> Result<Effective, String> {
    let EffectiveDocument { status, family_status, source, headers, templates } = effective;
    let read = |error: serde_json::Error| error.to_string();
    let number = |status: &Option<u16>| {
        let number = status.map(|status| StatusCode::try_from(i64::from(status))).transpose();
        number.map_err(|error| error.to_string())
    };
    Ok(Effective {
        status: number(status)?,
        family_status: number(family_status)?,
        headers: serde_json::from_value(headers.clone()).map_err(read)?,
        templates: serde_json::from_value(templates.clone()).map_err(read)?,
        source: match source.as_str() {
            "own" => Source::Own,
            "builtin" => Source::Builtin,
            family => Source::FamilyDefault(
                family.parse().map_err(|_| format!("there is no source {family:?}"))?,
            ),
        },
    })
}

fn restore_stage(stage: &StageDocument, changes: bool) -> Result<StagePlan, String> {
    let saved = stage.saved.clone().unwrap_or_else(|| SavedStage {
        cause: match stage.action {
            StageAction::Deploy if changes => StageCause::Changes,
            StageAction::Deploy => StageCause::Behind,
            StageAction::None => StageCause::Current,
        },
        behind: Vec::new(),
        note: None,
        contradiction: None,
        part: Part::Stage,
        consent: Consent::Refused,
    });
    let SavedStage { cause, behind, note, contradiction, part, consent } = saved;
    let note = note.unwrap_or_default();
    let decision = match cause {
        StageCause::Changes => Decision::Deploy(DeployReason::Changes),
        StageCause::Behind => Decision::Deploy(DeployReason::Behind(behind)),
        StageCause::Unfinished => Decision::Deploy(DeployReason::Unfinished),
        StageCause::Contradiction => {
            let contradiction = contradiction
                .ok_or_else(|| format!("stage `{}`: it has no `contradiction`", stage.name))?;
            Decision::Deploy(DeployReason::Contradiction(contradiction))
        }
        StageCause::Current => Decision::Keep(KeepReason::Current),
        StageCause::CanaryHolds => Decision::Keep(KeepReason::CanaryHolds(note)),
        StageCause::DeployNever => Decision::Keep(KeepReason::DeployNever),
        StageCause::Ignored => Decision::Keep(KeepReason::Ignored),
        StageCause::NotLooked => Decision::Keep(KeepReason::NotLooked),
        StageCause::Unknown => Decision::Keep(KeepReason::Unknown(note)),
    };
    let is_deployed = matches!(decision, Decision::Deploy(_));
    if is_deployed != (stage.action == StageAction::Deploy) {
        return Err(format!("stage `{}`: its `action` is not that of its `cause`", stage.name));
    }
    let text = |value: &Value, member: &str| value[member].as_str().map(ToOwned::to_owned);
    let foreign = stage.foreign_digest.as_ref().map(|said| {
        let foreign = Foreign::new(stage.foreign_changes.clone());
        // `Document::stage_with_sentence_digest` refuses the latter where it would be applied.
        if foreign.digest() == said || foreign.sentence_digest() == *said {
            Ok(foreign)
        } else {
            Err(format!("stage `{}`: its `foreign_digest` is of other changes", stage.name))
        }
    });
    Ok(StagePlan {
        name: stage.name.clone(),
        deployment_id: stage.deployment_id.clone(),
        canary: stage.canary.as_ref().map(|canary| Canary {
            deployment_id: text(canary, "deployment_id"),
            percent_traffic: text(canary, "percent_traffic").unwrap_or_default(),
        }),
        part,
        decision,
        foreign: foreign.transpose()?,
        unread: stage.unread.clone(),
        consent,
    })
}

/// The entry of a file that would want what the plan makes: for verifying, which is
/// planning again.
#[must_use]
pub fn wanted(target: &ApiTarget, work: &ApiWork) -> DesiredApi {
    DesiredApi {
        key: target.key.clone(),
        account: Some(target.account.clone()),
        matching: Matching::Id(target.rest_api_id.clone()),
        stages: work.stages.iter().map(|stage| stage.name.clone()).collect(),
        unlisted: Unlisted::Keep,
        deploy: if work.deploys() { DeployPolicy::Auto } else { DeployPolicy::Never },
        foreign_changes: ForeignPolicy::Refuse,
        accept: std::collections::BTreeSet::new(),
        responses: work
            .changes
            .iter()
            .map(|(response_type, change)| {
                let wanted = match change.to() {
                    Some(target) => DesiredResponse::Customized(target.written.clone()),
                    None => DesiredResponse::Default,
                };
                (*response_type, wanted)
            })
            .collect(),
        removals: BTreeMap::new(),
        ignores: Vec::new(),
        allows: Vec::new(),
    }
}

/// The plan as it is to be applied to what is live now; the text of the error says
/// what is not as it was when the plan was made.
///
/// # Errors
/// When the configuration or a stage is not what the plan was made against.
pub fn rebase(
    mut work: ApiWork,
    observed: &ObservedApi,
    request: &Request,
) -> Result<ApiWork, String> {
    let now = customized_digest(&observed.configured.responses);
    if now != work.base_digest {
        return Err(format!(
            "its gateway responses were changed since the plan was made (they were {}, and are {})",
            work.base_digest.short(),
            now.short()
        ));
    }
    for (response_type, change) in &work.changes {
        if !change.starts_from(observed.configured.get(*response_type)) {
            return Err(format!("{response_type} is not what the plan says it was"));
        }
    }
    let pointer = |name: &str| observed.stages.get(name).and_then(|stage| stage.pointer.as_ref());
    let bound = work.stages.iter().filter(|s| s.deployment_id.is_some() || s.is_deployed());
    if let Some(moved) = bound.clone().find_map(|stage| moved(stage, pointer(&stage.name))) {
        return Err(moved);
    }
    let mut now = work.stages.clone();
    list_foreign(&mut now, observed, work.export_shows, request, |t| work.managed.contains(&t));
    for (was, now) in work.stages.iter().zip(&now) {
        if let (Some(was_foreign), Some(now_foreign)) = (&was.foreign, &now.foreign)
            && was.consent != Consent::Allowed
            && was_foreign.digest() != now_foreign.digest()
        {
            let name = &was.name;
            return Err(if now_foreign.is_empty() {
                format!("the undeployed work of others for stage `{name}` is gone")
            } else {
                format!(
                    "others changed the API since the plan was made; a deployment to stage \
                     `{name}` would now also ship: {}",
                    now_foreign.sentence()
                )
            });
        }
    }
    work.after = configured_after(observed, &work.changes);
    work.after_digest = customized_digest(&work.after);
    Ok(work)
}

/// How a stage is not where it was when the plan was made; in words.
#[must_use]
pub fn moved(stage: &StagePlan, now: Option<&StagePointer>) -> Option<String> {
    let name = &stage.name;
    let Some(now) = now else { return Some(format!("stage `{name}` is not there any more")) };
    let words = |id: &Option<String>| match id {
        Some(id) => format!("at deployment {id}"),
        None => "without a deployment".to_owned(),
    };
    if now.deployment_id != stage.deployment_id {
        let (was, is) = (words(&stage.deployment_id), words(&now.deployment_id));
        return Some(format!(
            "stage `{name}` was {was} when the plan was made, and is {is}: another client moved it"
        ));
    }
    (now.canary != stage.canary)
        .then(|| format!("the canary settings of stage `{name}` changed since the plan was made"))
}
