//! The writes: only here, and only from [`Gateway::writer`](super::Gateway::writer).
//!
//! What may be sent twice is (Put, Delete, a stage's pointer). A patch is not: after
//! an unclear outcome the caller reads again and decides. A conflict is handed to
//! the caller for the same reason: the state under the write may have changed.

use std::sync::Arc;

use aws_sdk_apigateway::types;

use super::call::attempt::{Call, Effect};
use super::call::bucket::QuotaClass;
use super::call::error::{AwsError, AwsErrorKind};
use super::convert::responses::{self, Parts, parts};
use super::link::Link;
use crate::model::{Customization, Live, PatchOp, PatchOperation, ResponseType};
use crate::state::observed::StagePointer;

/// The writes of one account and region. Clones are cheap.
#[derive(Clone, Debug)]
pub struct Writer {
    pub(super) link: Arc<Link>,
}

impl Writer {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self { link }
    }

    /// UpdateGatewayResponse: all operations in one call.
    ///
    /// # Errors
    /// [`AwsErrorKind::Unclear`] when it is unknown whether it was done,
    /// [`AwsErrorKind::Conflict`] when it was not, because another client writes.
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
    /// [`AwsErrorKind::Conflict`] when another client writes; else the last failure.
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
    /// [`AwsErrorKind::Conflict`] when another client writes; else the last failure.
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

    /// UpdateStage, `replace /deploymentId`: from here on the stage serves it.
    ///
    /// # Errors
    /// [`AwsErrorKind::Conflict`] when another client writes; else the last failure.
    pub async fn point_stage(
        &self,
        api: &str,
        stage: &str,
        deployment: &str,
    ) -> Result<StagePointer, AwsError> {
        self.point(api, stage, "/deploymentId", deployment).await
    }

    /// UpdateStage, `replace /canarySettings/deploymentId`: from here on the canary
    /// serves it, for its present share of the traffic.
    ///
    /// # Errors
    /// [`AwsErrorKind::Conflict`] when another client writes,
    /// [`AwsErrorKind::BadRequest`] when the stage has no canary; else the last failure.
    pub async fn point_canary(
        &self,
        api: &str,
        stage: &str,
        deployment: &str,
    ) -> Result<StagePointer, AwsError> {
        let path = "/canarySettings/deploymentId";
        self.point(api, stage, path, deployment).await
    }

    async fn point(
        &self,
        api: &str,
        stage: &str,
        path: &str,
        deployment: &str,
    ) -> Result<StagePointer, AwsError> {
        let call = write("UpdateStage", api, "PATCH", format!("/restapis/{api}/stages/{stage}"));
        let operation = types::PatchOperation::builder()
            .op(types::Op::Replace)
            .path(path)
            .value(deployment)
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
        Ok(responses::pointer(answer.deployment_id, answer.canary_settings))
    }

    /// UpdateDeployment, `replace /description`.
    ///
    /// # Errors
    /// [`AwsErrorKind::Conflict`] when another client writes; else the last failure.
    pub async fn describe_deployment(
        &self,
        api: &str,
        deployment: &str,
        description: &str,
    ) -> Result<(), AwsError> {
        let path = format!("/restapis/{api}/deployments/{deployment}");
        let call = write("UpdateDeployment", api, "PATCH", path);
        let operation = types::PatchOperation::builder()
            .op(types::Op::Replace)
            .path("/description")
            .value(description)
            .build();
        let update = || {
            self.link
                .client
                .update_deployment()
                .rest_api_id(api)
                .deployment_id(deployment)
                .patch_operations(operation.clone())
                .send()
        };
        self.link.call(&call, update).await.map(|_| ())
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
        match responses::live(response_type, parts) {
            Ok((live, _unknown)) => Ok(live),
            Err(reason) => Err(self.link.unreadable(call, reason)),
        }
    }
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
pub(super) fn write<'a>(
    operation: &'static str,
    api: &'a str,
    verb: &'static str,
    path: String,
) -> Call<'a> {
    Call {
        operation,
        rest_api_id: Some(api),
        verb,
        path,
        effect: Effect::Idempotent,
        class: QuotaClass::Total,
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
