//! Looking again: before the first write, and when all is done.

use super::deploy::MoveEnd;
use super::run::{End, FRESH, Job, Means, Outcome};
use crate::model::ResponseType;
use crate::plan::{self, Part, Request, rebase};
use crate::read::read_ground;
use crate::state::observed::{Configured, ObservedApi, ObservedStage, Served, StagePointer};

impl Job {
    /// Reads again what the plan rests on, and compares: everything where the plan has
    /// aged, else only the types that are to be written, for nothing in the service keeps
    /// two runs apart.
    pub(crate) async fn look_again(&self, means: &Means) -> Result<ObservedApi, End> {
        if !self.asked && means.read_at.elapsed() < FRESH {
            return self.look_at_the_changed().await;
        }
        match read_ground(&self.gateway, &self.target, &self.work).await {
            Err(error) => Err(End::Failed(crate::read::describe(&error))),
            Ok(now) => match rebase(self.work.clone(), &now, &means.request) {
                Err(why) => Err(End::Stale(why)),
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
            Err(error) => return Err(End::Failed(crate::read::describe(&error))),
        };
        let others = |(response_type, change): &&(ResponseType, plan::Change)| {
            !change.starts_from(now.get(*response_type))
        };
        match self.work.changes.iter().find(others) {
            None => Ok(self.observed.clone()),
            Some((response_type, _)) => Err(End::Stale(format!(
                "{response_type} was changed by another client since it was read"
            ))),
        }
    }

    /// Reads the configuration again and plans again: nothing may be left.
    pub(crate) async fn verify(&self, means: &Means, outcome: &Outcome) -> End {
        let configured = match self.gateway.gateway_responses(&self.target.rest_api_id).await {
            Ok(configured) => configured,
            Err(error) => {
                let why = crate::read::describe(&error);
                return End::Unverified(format!("it could not be read again: {why}"));
            }
        };
        let observed = self.observe_again(configured, outcome);
        let shows = outcome.deployed.as_ref().map_or(self.work.export_shows, |d| d.export_shows);
        let request = Request::default();
        let rest = plan::plan_api(&self.desired, &observed, shows, &request, means.today);
        if rest.changes.is_empty() {
            return End::Done;
        }
        let types: Vec<String> = rest.changes.iter().map(|(t, _)| t.to_string()).collect();
        End::Unverified(format!(
            "after everything was done, {} {} still different from the file; another client may \
             be changing this API at the same time",
            types.join(", "),
            if types.len() == 1 { "is" } else { "are" },
        ))
    }

    fn observe_again(&self, configured: Configured, outcome: &Outcome) -> ObservedApi {
        let mut observed = ObservedApi { configured, ..self.observed.clone() };
        let Some(deployed) = &outcome.deployed else { return observed };
        if let Some(deployment) = &deployed.deployment {
            observed.deployments.get_or_insert_default().push(deployment.clone());
        }
        for stage in &deployed.stages {
            if let MoveEnd::Serves(_, export) = &stage.end {
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
