//! From a record to the rollback that undoes it: pure.

use std::collections::BTreeMap;

use time::Date;

use super::{Back, Configuration, Move};
use crate::apply::changes::Progress;
use crate::apply::progress::progress;
use crate::apply::record::{ApiRecord, ChangeRecord, StageRecord};
use crate::diagnostic::hazard::HazardId;
use crate::model::{Customization, GatewayResponse, Live, ResponseType};
use crate::plan::{
    ApiTarget, ChangeDocument, Part, Request, StatusEvidence, plan_api, restore_change,
};
use crate::state::desired::{
    DeployPolicy, DesiredApi, DesiredResponse, ForeignPolicy, Matching, Unlisted,
};
use crate::state::diff::diff;
use crate::state::export_shows::ExportShows;
use crate::state::observed::{ObservedApi, StagePointer};

/// What takes an API back to where the record's run found it.
#[must_use]
pub fn plan_back(record: &ApiRecord, observed: ObservedApi, today: Date) -> Back {
    let target = record.target();
    let mut left = Vec::new();
    let mut moves = Vec::new();
    let mut moved_before = Vec::new();
    for stage in record.stages.iter().filter(|stage| stage.status.may_be_moved()) {
        let now = observed.stages.get(&stage.name).and_then(|stage| stage.pointer.as_ref());
        match move_back(stage, now) {
            Ok(Needed::Move(found)) => moves.push(found),
            Ok(Needed::MovedBefore(found)) => moved_before.push(found),
            Ok(Needed::Nothing) => {}
            Err(why) => left.push(why),
        }
    }
    // The last one that was moved comes back first.
    moves.reverse();

    let mut responses = BTreeMap::new();
    let mut request = Request::default();
    for ChangeRecord { status, change } in &record.changes {
        let ChangeDocument { response_type, before, .. } = change;
        if !status.may_be_made() {
            continue;
        }
        let now = observed.configured.get(*response_type);
        if !may_be_taken_back(change, now) {
            left.push(format!(
                "{response_type} was changed by another client since: it is now {}; it was left \
                 unchanged",
                now.in_words()
            ));
            continue;
        }
        let was = match before {
            None => DesiredResponse::Default,
            Some(before) => {
                if settled(change).is_some_and(|after| diff(before, &after).is_empty()) {
                    // Nothing shows what was changed (an explicit 504 looks as an unset
                    // one does), nor whether it is back: only a Put is certain.
                    request.rewrite.insert(*response_type);
                }
                let was = record.integration_failure_was;
                DesiredResponse::Customized(as_written(*response_type, before, was))
            }
        };
        responses.insert(*response_type, was);
    }
    let desired = DesiredApi { responses, ..entry(&target) };
    let work = plan_api(&desired, &observed, ExportShows::Unproven, &request, today);
    let configuration = Configuration { desired, observed, work };
    Back { target, moves, moved_before, left, configuration }
}

/// What was there, as it would be written; `was` shows whether the 504 that
/// `INTEGRATION_FAILURE` shows was.
fn as_written(
    response_type: ResponseType,
    before: &GatewayResponse,
    was: Option<StatusEvidence>,
) -> Customization {
    let GatewayResponse { status, headers, templates } = before.clone();
    let builtin = GatewayResponse::builtin(response_type).status;
    let is_unset = response_type == ResponseType::IntegrationFailure
        && was == Some(StatusEvidence::Unset)
        && status == builtin;
    Customization { status: status.filter(|_| !is_unset), headers, templates }
}

/// An entry that names nothing yet, for an API that is known by its id.
#[must_use]
pub fn entry(target: &ApiTarget) -> DesiredApi {
    DesiredApi {
        key: target.key.clone(),
        account: Some(target.account.clone()),
        matching: Matching::Id(target.rest_api_id.clone()),
        stages: Vec::new(),
        unlisted: Unlisted::Keep,
        deploy: DeployPolicy::Never,
        foreign_changes: ForeignPolicy::Refuse,
        // A rollback restores what was there, whatever hazard that has.
        accept: HazardId::ALL.map(|id| id.as_str().to_owned()).into(),
        responses: BTreeMap::new(),
        removals: BTreeMap::new(),
        ignores: Vec::new(),
        allows: Vec::new(),
    }
}

/// How a stage is brought back.
enum Needed {
    Move(Move),
    /// It is there already.
    MovedBefore(Move),
    /// The run had no deployment to move it to.
    Nothing,
}

/// How a stage is brought back, if another client has not moved it since.
fn move_back(stage: &StageRecord, now: Option<&StagePointer>) -> Result<Needed, String> {
    let StageRecord { name, part, status: _, from, to } = stage;
    let whose = part_words(*part);
    let Some(now) = now else { return Err(format!("stage `{name}` is not there any more")) };
    // Before there was a deployment no stage was moved to it.
    let Some(to) = to else { return Ok(Needed::Nothing) };
    let is = part.of(now);
    if is == from.as_deref() {
        return Ok(from.as_ref().map_or(Needed::Nothing, |from| {
            Needed::MovedBefore(Move {
                stage: name.clone(),
                part: *part,
                from: Some(to.clone()),
                to: from.clone(),
            })
        }));
    }
    if is != Some(to) {
        let is = is.unwrap_or("none");
        return Err(format!(
            "{whose}stage `{name}` was moved by another client since: it is at deployment {is}, \
             not at {to}; it was left unchanged"
        ));
    }
    if *part == Part::Stage && now.canary.is_some() {
        return Err(format!(
            "stage `{name}` has canary settings now; promote or remove the canary first"
        ));
    }
    let is = is.map(ToOwned::to_owned);
    match from {
        Some(from) => {
            Ok(Needed::Move(Move { stage: name.clone(), part: *part, from: is, to: from.clone() }))
        }
        None => Err(format!(
            "{whose}stage `{name}` had no deployment before; gwr cannot remove its deployment"
        )),
    }
}

const fn part_words(part: Part) -> &'static str {
    match part {
        Part::Stage => "",
        Part::Canary => "the canary of ",
    }
}

/// What a run has written may be undone while it still is what was written, or lies between
/// that and what was there before, as after a call whose outcome is unknown. Anything else
/// is another client's work.
fn may_be_taken_back(change: &ChangeDocument, live: &Live) -> bool {
    match restore_change(change) {
        Ok(change) => match progress(live, &change) {
            Progress::NotBegun | Progress::HalfMade | Progress::Made => true,
            Progress::Elsewhere => false,
        },
        Err(_) => is(live, change.before.as_ref()),
    }
}

fn settled(change: &ChangeDocument) -> Option<GatewayResponse> {
    restore_change(change).ok()?.to().map(|target| target.settled.clone())
}

fn is(live: &Live, wanted: Option<&GatewayResponse>) -> bool {
    match (live, wanted) {
        (Live::Default, None) => true,
        (Live::Customized(live), Some(wanted)) => diff(live, wanted).is_empty(),
        (Live::Default, Some(_)) | (Live::Customized(_), None) => false,
    }
}
