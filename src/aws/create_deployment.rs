//! CreateDeployment: the one write that makes something new each time it is sent.
//!
//! It has the slowest quota of all that are used here, and after a lost answer a
//! second sending would leave an unknown deployment behind. So the run's id
//! stands in the description, and the deployment is looked for by it first.

use std::sync::Arc;

use aws_sdk_apigateway::types;
use tokio::time::Instant;

use super::call::attempt::{Budget, Call, Effect, Tried};
use super::call::bucket::QuotaClass;
use super::call::error::{AwsError, AwsErrorKind, Done};
use super::call::failure::Failure;
use super::call::quota::WaitReason;
use super::connection::Reader;
use super::reader::read;
use super::writer::{Writer, write};
use crate::state::observed::Deployment;

/// How often a deployment whose creation is unclear is looked for: a request that was
/// given up may still be at work.
const SEARCHES: u32 = 3;

/// Where a new deployment goes.
#[derive(Clone, Debug)]
enum Target {
    /// Nowhere: it is there, and nothing serves it.
    Nowhere,
    /// To the canary of a stage, with the settings that it has.
    Canary(String, types::DeploymentCanarySettings),
}

/// What became of a look for a deployment.
enum Search {
    Found(Deployment),
    /// It does not exist.
    Nowhere,
    /// The list could not be read.
    Failed,
}

impl Writer {
    /// CreateDeployment without a stage: nothing is served by it yet. `run_id` must
    /// stand in the description as `run=ID`: after an unclear outcome the deployment
    /// is looked for by it before a second one is made.
    ///
    /// # Errors
    /// [`AwsErrorKind::Unclear`] when it is unknown whether it was made,
    /// [`AwsErrorKind::Conflict`] when another client writes; else the last failure.
    pub async fn create_deployment(
        &self,
        api: &str,
        description: &str,
        run_id: &str,
    ) -> Result<Deployment, AwsError> {
        self.create(api, description, run_id, Target::Nowhere).await
    }

    /// CreateDeployment to the canary of a stage, with the canary's present share of
    /// the traffic, variables and cache: the stage's other part stays as it is.
    ///
    /// # Errors
    /// As [`Writer::create_deployment`], and [`AwsErrorKind::BadRequest`] when the
    /// stage has no canary.
    pub async fn create_canary_deployment(
        &self,
        api: &str,
        stage: &str,
        description: &str,
        run_id: &str,
    ) -> Result<Deployment, AwsError> {
        let path = format!("/restapis/{api}/stages/{stage}");
        let call = read("GetStage", Some(api), path);
        let present = self
            .link
            .call(&call, || self.link.client.get_stage().rest_api_id(api).stage_name(stage).send())
            .await?;
        let Some(canary) = present.canary_settings else {
            let message = format!("stage {stage} has no canary");
            let failure = Failure::new(AwsErrorKind::BadRequest { message }, Done::No);
            return Err(self.link.give_up(&call, failure, Tried::ONCE));
        };
        let settings = types::DeploymentCanarySettings::builder()
            .percent_traffic(canary.percent_traffic)
            .set_stage_variable_overrides(canary.stage_variable_overrides)
            .use_stage_cache(canary.use_stage_cache)
            .build();
        let target = Target::Canary(stage.to_owned(), settings);
        self.create(api, description, run_id, target).await
    }

    async fn create(
        &self,
        api: &str,
        description: &str,
        run_id: &str,
        target: Target,
    ) -> Result<Deployment, AwsError> {
        let path = format!("/restapis/{api}/deployments");
        let call = Call {
            effect: Effect::Once,
            class: QuotaClass::CreateDeployment,
            ..write("CreateDeployment", api, "POST", path)
        };
        // Once it is known that nothing was made, another try is like any other's.
        let again = Call { effect: Effect::Idempotent, ..call.clone() };
        let mut budget = Budget::new(self.link.limits().create_deployment);
        let mut attempts = 0;
        let mut earlier = Done::No;
        loop {
            attempts += 1;
            let sent = self.create_once(&call, &mut budget, description, target.clone());
            let failure = match sent.await {
                Ok(deployment) => return Ok(deployment),
                Err(failure) => failure,
            };
            if failure.done == Done::Unknown {
                let began = Instant::now();
                let search = self.find(&call, api, run_id).await;
                budget.excuse(began.elapsed());
                match search {
                    Search::Found(deployment) => return Ok(deployment),
                    Search::Failed => {
                        return Err(self.link.give_up(&call, failure, Tried { attempts, earlier }));
                    }
                    Search::Nowhere => {}
                }
            }
            let Some((pause, reason)) = self.link.again(&again, &failure, attempts, &budget) else {
                return Err(self.link.give_up(&call, failure, Tried { attempts, earlier }));
            };
            earlier = failure.done.or(earlier);
            self.link.rest(&call, pause, reason).await;
        }
    }

    async fn create_once(
        &self,
        call: &Call<'_>,
        budget: &mut Budget,
        description: &str,
        target: Target,
    ) -> Result<Deployment, Failure> {
        let request = self
            .link
            .client
            .create_deployment()
            .set_rest_api_id(call.rest_api_id.map(str::to_owned))
            .description(description);
        let request = match target {
            Target::Nowhere => request,
            Target::Canary(stage, settings) => request.stage_name(stage).canary_settings(settings),
        };
        let answer = self.link.once(call, budget, request.send()).await?;
        match answer.id {
            Some(id) => Ok(Deployment {
                id,
                created_at: answer.created_date.map(|at| at.secs()),
                description: answer.description,
            }),
            None => Err(Failure::new(
                AwsErrorKind::Unreadable { message: "it has no `id`".to_owned() },
                Done::Unknown,
            )),
        }
    }

    /// Looks for this run's deployment, more than once: it may take a moment to show.
    async fn find(&self, call: &Call<'_>, api: &str, run_id: &str) -> Search {
        let gateway = Reader { link: Arc::clone(&self.link) };
        let token = format!("run={run_id}");
        for search in 1..=SEARCHES {
            let pause = self.link.limits().search_pause * search;
            self.link.rest(call, pause, WaitReason::Unclear).await;
            // A read has had its own retries.
            let Ok(deployments) = gateway.deployments(api).await else {
                return Search::Failed;
            };
            let ours = deployments.into_iter().find(|deployment| {
                deployment
                    .description
                    .as_deref()
                    .is_some_and(|text| text.split_whitespace().any(|word| word == token))
            });
            if let Some(deployment) = ours {
                return Search::Found(deployment);
            }
        }
        Search::Nowhere
    }
}
