//! The writes: only here, and only from [`Gateway::writer`](super::Gateway::writer).
//!
//! What may be sent twice is (Put, Delete, a stage's pointer). A patch is not: after
//! an unclear outcome the caller reads again and decides. A conflict is handed to
//! the caller for the same reason: the state under the write may have changed.

use std::sync::Arc;

use aws_sdk_apigateway::types;
use tokio::time::Instant;

use super::call::{Budget, Call, Effect};
use super::convert::{self, Parts, parts};
use super::error::{AwsError, AwsErrorKind};
use super::failure::{Done, Failure};
use super::gateway::Gateway;
use super::link::Link;
use super::quota::{Lane, WaitReason};
use crate::model::{Customization, Live, PatchOp, PatchOperation, ResponseType};
use crate::observed::{Deployment, StagePointer};

/// How often a deployment whose creation is unclear is looked for.
const SEARCHES: u32 = 3;

/// The writes of one account and region. Clones are cheap.
#[derive(Clone, Debug)]
pub struct Writer {
    link: Arc<Link>,
}

impl Writer {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self { link }
    }

    /// UpdateGatewayResponse: all operations in one call.
    ///
    /// # Errors
    /// [`AwsErrorKind::Unclear`] when nobody knows whether it was done,
    /// [`AwsErrorKind::Conflict`] when it was not because somebody else writes.
    pub async fn patch(
        &self,
        api: &str,
        response_type: ResponseType,
        operations: &[PatchOperation],
    ) -> Result<Live, AwsError> {
        let call = Call {
            effect: Effect::Once,
            ..write("UpdateGatewayResponse", api, "PATCH", response_path(api, response_type))
        };
        let operations: Vec<_> = operations.iter().map(patch_operation).collect();
        let answer = self
            .link
            .call(&call, || {
                self.link
                    .client
                    .update_gateway_response()
                    .rest_api_id(api)
                    .response_type(sdk_type(response_type))
                    .set_patch_operations(Some(operations.clone()))
                    .send()
            })
            .await?;
        self.live(&call, response_type, parts!(answer))
    }

    /// PutGatewayResponse: replaces the whole customisation. What is unset is not
    /// sent, which leaves it at the type's built-in value.
    ///
    /// # Errors
    /// [`AwsErrorKind::Conflict`] when somebody else writes; else the last failure.
    pub async fn put(
        &self,
        api: &str,
        response_type: ResponseType,
        to: &Customization,
    ) -> Result<Live, AwsError> {
        let call = write("PutGatewayResponse", api, "PUT", response_path(api, response_type));
        let Customization { status, headers, templates } = to;
        let parameters = headers
            .iter()
            .map(|(name, value)| (name.parameter_key(), value.as_str().to_owned()))
            .collect();
        let parameters = Some(parameters).filter(|_| !headers.is_empty());
        let templates = (!templates.is_empty()).then(|| templates.clone().into_iter().collect());
        let answer = self
            .link
            .call(&call, || {
                self.link
                    .client
                    .put_gateway_response()
                    .rest_api_id(api)
                    .response_type(sdk_type(response_type))
                    .set_status_code(status.map(|status| status.to_string()))
                    .set_response_parameters(parameters.clone())
                    .set_response_templates(templates.clone())
                    .send()
            })
            .await?;
        self.live(&call, response_type, parts!(answer))
    }

    /// DeleteGatewayResponse: back to the default. A type that is not customised is
    /// what was wanted ("Gateway response type not defined on api", recorded).
    ///
    /// # Errors
    /// [`AwsErrorKind::NotFound`] when the API itself is not there,
    /// [`AwsErrorKind::Conflict`] when somebody else writes; else the last failure.
    pub async fn delete(&self, api: &str, response_type: ResponseType) -> Result<(), AwsError> {
        let call = write("DeleteGatewayResponse", api, "DELETE", response_path(api, response_type));
        let answer = self
            .link
            .call(&call, || {
                self.link
                    .client
                    .delete_gateway_response()
                    .rest_api_id(api)
                    .response_type(sdk_type(response_type))
                    .send()
            })
            .await;
        gone(answer.map(|_| ()))
    }

    /// CreateDeployment without a stage: nothing is served by it yet. `run_id` must
    /// stand in the description as `run=ID`: after an unclear outcome the deployment
    /// is looked for by it before a second one is made.
    ///
    /// # Errors
    /// [`AwsErrorKind::Unclear`] when it was neither made nor found, and may still
    /// appear; else the last failure.
    pub async fn create_deployment(
        &self,
        api: &str,
        description: &str,
        run_id: &str,
    ) -> Result<Deployment, AwsError> {
        let call = Call {
            effect: Effect::Once,
            lane: Lane::CreateDeployment,
            ..write("CreateDeployment", api, "POST", format!("/restapis/{api}/deployments"))
        };
        // Once it is known that nothing was made, another try is like any other's.
        let again = Call { effect: Effect::Idempotent, ..call.clone() };
        let mut budget = Budget::new(self.link.limits().create_deployment);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let failure = match self.create_once(&call, &mut budget, api, description).await {
                Ok(deployment) => return Ok(deployment),
                Err(failure) => failure,
            };
            if failure.done == Done::Unknown {
                let began = Instant::now();
                let search = self.find(&call, api, run_id).await;
                budget.excuse(began.elapsed());
                match search {
                    Search::Found(deployment) => return Ok(deployment),
                    Search::Failed => return Err(self.link.give_up(&call, failure, attempts)),
                    Search::Nowhere => {}
                }
            }
            let Some((pause, reason)) = self.link.again(&again, &failure, attempts, &budget) else {
                return Err(self.link.give_up(&call, failure, attempts));
            };
            self.link.rest(&call, pause, reason).await;
        }
    }

    async fn create_once(
        &self,
        call: &Call<'_>,
        budget: &mut Budget,
        api: &str,
        description: &str,
    ) -> Result<Deployment, Failure> {
        let sending =
            self.link.client.create_deployment().rest_api_id(api).description(description).send();
        let answer = self.link.once(call, budget, sending).await?;
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

    /// UpdateStage, `replace /deploymentId`: from here on the stage serves it.
    ///
    /// # Errors
    /// [`AwsErrorKind::Conflict`] when somebody else writes; else the last failure.
    pub async fn point_stage(
        &self,
        api: &str,
        stage: &str,
        deployment: &str,
    ) -> Result<StagePointer, AwsError> {
        self.replace(api, stage, "/deploymentId", deployment).await
    }

    /// UpdateStage, `replace /canarySettings/deploymentId`: the canary's share of the
    /// traffic, its variables and its cache stay as they are, and so does the stage's
    /// own pointer. CreateDeployment with `canarySettings` would send them all again, as
    /// they were read some time before.
    ///
    /// # Errors
    /// [`AwsErrorKind::Conflict`] when somebody else writes; else the last failure.
    pub async fn point_canary(
        &self,
        api: &str,
        stage: &str,
        deployment: &str,
    ) -> Result<StagePointer, AwsError> {
        self.replace(api, stage, "/canarySettings/deploymentId", deployment).await
    }

    /// One member of a stage.
    async fn replace(
        &self,
        api: &str,
        stage: &str,
        member: &str,
        value: &str,
    ) -> Result<StagePointer, AwsError> {
        let call = write("UpdateStage", api, "PATCH", format!("/restapis/{api}/stages/{stage}"));
        let operation = types::PatchOperation::builder()
            .op(types::Op::Replace)
            .path(member)
            .value(value)
            .build();
        let answer = self
            .link
            .call(&call, || {
                self.link
                    .client
                    .update_stage()
                    .rest_api_id(api)
                    .stage_name(stage)
                    .patch_operations(operation.clone())
                    .send()
            })
            .await?;
        if answer.stage_name.is_none() {
            return Err(self.link.unreadable(&call, "it has no `stageName`"));
        }
        Ok(convert::pointer(answer.deployment_id, answer.canary_settings))
    }

    /// DeleteDeployment. One that is gone already is what was wanted.
    ///
    /// # Errors
    /// [`AwsErrorKind::BadRequest`] while a stage points to it; else the last failure.
    pub async fn delete_deployment(&self, api: &str, deployment: &str) -> Result<(), AwsError> {
        let call = write(
            "DeleteDeployment",
            api,
            "DELETE",
            format!("/restapis/{api}/deployments/{deployment}"),
        );
        let answer = self
            .link
            .call(&call, || {
                self.link
                    .client
                    .delete_deployment()
                    .rest_api_id(api)
                    .deployment_id(deployment)
                    .send()
            })
            .await;
        gone(answer.map(|_| ()))
    }

    /// Looks for this run's deployment, more than once: it may take a moment to show.
    async fn find(&self, call: &Call<'_>, api: &str, run_id: &str) -> Search {
        let gateway = Gateway { link: Arc::clone(&self.link) };
        let token = format!("run={run_id}");
        let mut result = Search::Failed;
        for search in 1..=SEARCHES {
            let pause = self.link.limits().search_pause * search;
            self.link.rest(call, pause, WaitReason::Unclear).await;
            let Ok(deployments) = gateway.deployments(api).await else {
                continue;
            };
            let ours = deployments.into_iter().find(|deployment| {
                deployment
                    .description
                    .as_deref()
                    .is_some_and(|text| text.split_whitespace().any(|word| word == token))
            });
            match ours {
                Some(deployment) => return Search::Found(deployment),
                None => result = Search::Nowhere,
            }
        }
        result
    }

    /// The answer of a write, as a read would show it.
    fn live(
        &self,
        call: &Call<'_>,
        response_type: ResponseType,
        parts: Parts,
    ) -> Result<Live, AwsError> {
        if parts.response_type.as_deref() != Some(response_type.as_str()) {
            return Err(self
                .link
                .unreadable(call, format!("the answer is not about {response_type}")));
        }
        match convert::live(response_type, parts) {
            Ok((live, _unknown)) => Ok(live),
            Err(reason) => Err(self.link.unreadable(call, reason)),
        }
    }
}

/// What became of a look for a deployment.
enum Search {
    Found(Deployment),
    /// Nobody has it, as far as could be read.
    Nowhere,
    /// It could not be read at all.
    Failed,
}

/// A deletion of something that is not there is done, unless the API is not there.
fn gone(answer: Result<(), AwsError>) -> Result<(), AwsError> {
    let Err(error) = answer else {
        return Ok(());
    };
    let AwsErrorKind::NotFound { message } = &error.kind else {
        return Err(error);
    };
    if message.contains("API identifier") { Err(error) } else { Ok(()) }
}

/// A write that may be sent twice and counts against the total only.
fn write<'a>(operation: &'static str, api: &'a str, verb: &'static str, path: String) -> Call<'a> {
    Call {
        operation,
        rest_api_id: Some(api),
        verb,
        path,
        effect: Effect::Idempotent,
        lane: Lane::Total,
    }
}

fn response_path(api: &str, response_type: ResponseType) -> String {
    format!("/restapis/{api}/gatewayresponses/{response_type}")
}

fn sdk_type(response_type: ResponseType) -> types::GatewayResponseType {
    response_type.as_str().into()
}

fn patch_operation(operation: &PatchOperation) -> types::PatchOperation {
    let PatchOperation { op, path, value } = operation;
    types::PatchOperation::builder()
        .op(match op {
            PatchOp::Add => types::Op::Add,
            PatchOp::Replace => types::Op::Replace,
            PatchOp::Remove => types::Op::Remove,
        })
        .path(path)
        .set_value(value.clone())
        .build()
}
