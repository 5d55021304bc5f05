//! Looking again: before the first write, and when all is done.

use super::changes::ChangeFailure;
use super::context::ApplyContext;
use super::outcome::{Cause, End, MoveEnd, Outcome};
use super::run::{FRESH, Job};
use crate::model::ResponseType;
use crate::plan::{self, Part, Request, rebase};
use crate::read::read_ground;
use crate::state::observed::{Configured, ObservedApi, ObservedStage, Served, StagePointer};

impl Job {
    /// Reads again what the plan rests on, and compares: everything where the plan has
    /// aged, else only the types that are to be written, for nothing in the service keeps
    /// two runs apart.
    pub(crate) async fn look_again(&self, context: &ApplyContext) -> Result<ObservedApi, End> {
        if !self.asked && context.read_at.elapsed() < FRESH {
            return self.look_at_the_changed().await;
        }
        match read_ground(&self.gateway, &self.target, &self.work).await {
            Err(error) => Err(End::Failed(Cause::NotRead(error))),
            Ok(now) => match rebase(self.work.clone(), &now, &context.request) {
                Err(why) => Err(End::Stale(Cause::Outdated(why))),
                Ok(_) => Ok(now),
            },
        }
    }

    async fn look_at_the_changed(&self) -> Result<ObservedApi, End> {
        if self.work.changes.is_empty() {
            return Ok(self.observed.clone());
        }
        let now = match self.gateway.gateway_responses(&self.target.rest_api_id).await {
            Ok(now) => now,
            Err(error) => return Err(End::Failed(Cause::NotRead(error))),
        };
        let others = |(response_type, change): &&(ResponseType, plan::Change)| {
            !change.starts_from(now.get(*response_type))
        };
        match self.work.changes.iter().find(others) {
            None => Ok(self.observed.clone()),
            Some((response_type, _)) => {
                Err(End::Stale(Cause::Change(ChangeFailure::ChangedByOthers(*response_type))))
            }
        }
    }

    /// Reads the configuration again and plans again: nothing may be left.
    pub(crate) async fn verify(&self, context: &ApplyContext, outcome: &Outcome) -> End {
        let configured = match self.gateway.gateway_responses(&self.target.rest_api_id).await {
            Ok(configured) => configured,
            Err(error) => return End::Unverified(Cause::NotReadAgain(error)),
        };
        let observed = self.observe_again(configured, outcome);
        let shows = outcome.deployed.as_ref().map_or(self.work.export_shows, |d| d.export_shows);
        let request = Request::default();
        let rest = plan::plan_api(&self.desired, &observed, shows, &request, context.today);
        if rest.changes.is_empty() {
            return End::Done;
        }
        End::Unverified(Cause::Left(rest.changes.iter().map(|(t, _)| *t).collect()))
    }

    fn observe_again(&self, configured: Configured, outcome: &Outcome) -> ObservedApi {
        let mut observed = ObservedApi { configured, ..self.observed.clone() };
        let Some(deployed) = &outcome.deployed else { return observed };
        if let Some(deployment) = &deployed.deployment {
            observed.deployments.get_or_insert_default().push(deployment.clone());
        }
        for stage in &deployed.stages {
            if let MoveEnd::Verified(_, export) = &stage.end {
                let served = match export {
                    Some(export) => Served::Exported((**export).clone()),
                    None => Served::NotRead,
                };
                let before = observed.stages.get(&stage.name).and_then(|s| s.pointer.clone());
                let to = Some(stage.to.clone());
                let pointer = match (stage.part, before) {
                    (Part::Stage, _) | (Part::Canary, None) => {
                        StagePointer { deployment_id: to, canary: None }
                    }
                    (Part::Canary, Some(mut pointer)) => {
                        if let Some(canary) = &mut pointer.canary {
                            canary.deployment_id = to;
                        }
                        pointer
                    }
                };
                let pointer = Some(pointer);
                observed.stages.insert(stage.name.clone(), ObservedStage { served, pointer });
            }
        }
        observed
    }
}
