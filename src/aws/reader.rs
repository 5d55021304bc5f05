//! The reads.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use super::call::attempt::{Call, Effect};
use super::call::bucket::{QuotaClass, Work};
use super::call::error::{AwsError, AwsErrorKind};
use super::connection::Reader;
use super::convert::export;
use super::convert::responses;
use super::login::sts::caller_account;
use crate::state::observed::{
    Configured, Deployment, DeploymentSummary, Resource, RestApi, RestApiDetail, Served,
    StagePointer, Unread,
};

/// The largest page that the service gives.
const PAGE: i32 = 500;

impl Reader {
    #[must_use]
    pub fn region(&self) -> &str {
        &self.link.region
    }

    /// The account, where the file states it (then it was checked) or the credentials do.
    #[must_use]
    pub fn account_id(&self) -> Option<&str> {
        self.link.account_id.as_deref()
    }

    /// The custom endpoint, from wherever it was set.
    #[must_use]
    pub fn endpoint_url(&self) -> Option<&str> {
        self.link.endpoint.as_deref()
    }

    /// The profile that was asked for, or that of the environment.
    #[must_use]
    pub fn profile(&self) -> Option<&str> {
        self.link.profile.as_deref()
    }

    /// When the credentials that were found first stop working, where that is known.
    #[must_use]
    pub fn credentials_expire_at(&self) -> Option<SystemTime> {
        self.link.expire_at
    }

    /// How many attempts were sent so far, those of the writer included.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.link.attempts.load(Ordering::Relaxed)
    }

    /// How long some work takes at least, by the share of the quota that is used.
    #[must_use]
    pub fn time_for(&self, work: &Work) -> Duration {
        self.link.quota.time_for(work)
    }

    /// The account's id as STS says it (GetCallerIdentity, which no policy can deny).
    ///
    /// # Errors
    /// When STS cannot be asked.
    pub async fn account_id_by_sts(&self) -> Result<String, AwsError> {
        caller_account(&self.link).await
    }

    /// All REST APIs of the account and region.
    ///
    /// # Errors
    /// When a page cannot be had.
    pub async fn rest_apis(&self) -> Result<Vec<RestApi>, AwsError> {
        let call = read("GetRestApis", None, "/restapis".to_owned());
        let mut apis = Vec::new();
        let mut position: Option<String> = None;
        loop {
            let page = self
                .link
                .call(&call, || {
                    self.link
                        .client
                        .get_rest_apis()
                        .limit(PAGE)
                        .set_position(position.clone())
                        .send()
                })
                .await?;
            for api in page.items.unwrap_or_default() {
                apis.push(self.convert(&call, responses::rest_api(api))?);
            }
            match self.next(&call, position, page.position)? {
                Some(next) => position = Some(next),
                None => return Ok(apis),
            }
        }
    }

    /// One REST API: what a deployment freezes next to its methods.
    ///
    /// # Errors
    /// [`AwsErrorKind::NotFound`] when there is none, or when it cannot be read.
    pub async fn rest_api(&self, api: &str) -> Result<RestApiDetail, AwsError> {
        let call = read("GetRestApi", Some(api), format!("/restapis/{api}"));
        let answer = self
            .link
            .call(&call, || self.link.client.get_rest_api().rest_api_id(api).send())
            .await?;
        let id = answer.id.ok_or("the API has no `id`".to_owned());
        Ok(RestApiDetail {
            id: self.convert(&call, id)?,
            name: answer.name.unwrap_or_default(),
            tags: responses::ordered(answer.tags.unwrap_or_default()),
            policy: answer.policy.filter(|text| !text.is_empty()).map(responses::policy),
            binary_media_types: answer.binary_media_types.unwrap_or_default().into_iter().collect(),
            disable_execute_api_endpoint: answer.disable_execute_api_endpoint,
            endpoint_types: answer
                .endpoint_configuration
                .and_then(|endpoint| endpoint.types)
                .unwrap_or_default()
                .into_iter()
                .map(|kind| kind.as_str().to_owned())
                .collect(),
        })
    }

    /// What the API is configured to answer: one call. The service pages nothing
    /// here; a position is followed should it ever come.
    ///
    /// # Errors
    /// When it cannot be read, or the answer is none of API Gateway's. An answer
    /// without the list would else pass for an API with nothing customised.
    pub async fn gateway_responses(&self, api: &str) -> Result<Configured, AwsError> {
        let path = format!("/restapis/{api}/gatewayresponses");
        let call = read("GetGatewayResponses", Some(api), path);
        let mut items = Vec::new();
        let mut position: Option<String> = None;
        loop {
            let page = self
                .link
                .call(&call, || {
                    self.link
                        .client
                        .get_gateway_responses()
                        .rest_api_id(api)
                        .set_position(position.clone())
                        .send()
                })
                .await?;
            let listed = page.items.ok_or("it has no `item`".to_owned());
            items.extend(self.convert(&call, listed)?);
            match self.next(&call, position, page.position)? {
                Some(next) => position = Some(next),
                None => return self.convert(&call, responses::configured(items)),
            }
        }
    }

    /// What a stage serves. A stage that is not there and an export that cannot be
    /// read are answers; what a later try could mend is an error.
    ///
    /// # Errors
    /// When the service cannot be asked now, or the API is not there.
    pub async fn export(&self, api: &str, stage: &str) -> Result<Served, AwsError> {
        let path = format!("/restapis/{api}/stages/{stage}/exports/oas30");
        let call = read("GetExport", Some(api), path);
        let answer = self
            .link
            .call(&call, || {
                self.link
                    .client
                    .get_export()
                    .rest_api_id(api)
                    .stage_name(stage)
                    .export_type("oas30")
                    .parameters("extensions", "apigateway")
                    .accepts("application/json")
                    .send()
            })
            .await;
        match answer {
            Ok(answer) => {
                let body = answer.body.map(aws_sdk_apigateway::primitives::Blob::into_inner);
                Ok(match export::read(&body.unwrap_or_default()) {
                    Ok(export) => Served::Exported(export),
                    Err(why) => {
                        let call = "GetExport: no export that can be read".to_owned();
                        Served::Unreadable(Unread { call, why, hint: None })
                    }
                })
            }
            Err(error) => served_instead(&error).ok_or(error),
        }
    }

    /// Where the stages point, by name.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn stages(&self, api: &str) -> Result<BTreeMap<String, StagePointer>, AwsError> {
        let path = format!("/restapis/{api}/stages");
        let call = read("GetStages", Some(api), path);
        let answer =
            self.link.call(&call, || self.link.client.get_stages().rest_api_id(api).send()).await?;
        let mut stages = BTreeMap::new();
        for stage in answer.item.unwrap_or_default() {
            let name = stage.stage_name.ok_or("a stage has no `stageName`".to_owned());
            stages.insert(
                self.convert(&call, name)?,
                responses::pointer(stage.deployment_id, stage.canary_settings),
            );
        }
        Ok(stages)
    }

    /// Where one stage points.
    ///
    /// # Errors
    /// [`AwsErrorKind::NotFound`] when there is none, or when it cannot be read.
    pub async fn stage(&self, api: &str, stage: &str) -> Result<StagePointer, AwsError> {
        let path = format!("/restapis/{api}/stages/{stage}");
        let call = read("GetStage", Some(api), path);
        let answer = self
            .link
            .call(&call, || self.link.client.get_stage().rest_api_id(api).stage_name(stage).send())
            .await?;
        if answer.stage_name.is_none() {
            return Err(self.link.unreadable(&call, "it has no `stageName`"));
        }
        Ok(responses::pointer(answer.deployment_id, answer.canary_settings))
    }

    /// All deployments, newest first.
    ///
    /// # Errors
    /// When a page cannot be had.
    pub async fn deployments(&self, api: &str) -> Result<Vec<Deployment>, AwsError> {
        let path = format!("/restapis/{api}/deployments");
        let call = read("GetDeployments", Some(api), path);
        let mut items = Vec::new();
        let mut position: Option<String> = None;
        loop {
            let page = self
                .link
                .call(&call, || {
                    self.link
                        .client
                        .get_deployments()
                        .rest_api_id(api)
                        .limit(PAGE)
                        .set_position(position.clone())
                        .send()
                })
                .await?;
            items.extend(page.items.unwrap_or_default());
            match self.next(&call, position, page.position)? {
                Some(next) => position = Some(next),
                None => return self.convert(&call, responses::deployments(items)),
            }
        }
    }

    /// One deployment.
    ///
    /// # Errors
    /// [`AwsErrorKind::NotFound`] when there is no such deployment, or when it cannot be
    /// read.
    pub async fn deployment(&self, api: &str, id: &str) -> Result<Deployment, AwsError> {
        let path = format!("/restapis/{api}/deployments/{id}");
        let call = read("GetDeployment", Some(api), path);
        let get = || self.link.client.get_deployment().rest_api_id(api).deployment_id(id).send();
        let answer = self.link.call(&call, get).await?;
        Ok(Deployment {
            id: id.to_owned(),
            created_at: answer.created_date.map(|at| at.secs()),
            description: answer.description,
        })
    }

    /// The methods in a deployment, by path and HTTP method.
    ///
    /// # Errors
    /// [`AwsErrorKind::NotFound`] when there is no such deployment, or when it cannot
    /// be read. An answer without a summary is an error too: it would pass for an API
    /// that lost all its methods.
    pub async fn deployment_summary(
        &self,
        api: &str,
        deployment: &str,
    ) -> Result<DeploymentSummary, AwsError> {
        let path = format!("/restapis/{api}/deployments/{deployment}");
        let call = read("GetDeployment", Some(api), path);
        let kept = self.kept_summary(api, deployment).await?;
        self.convert(&call, kept.ok_or("it has no `apiSummary`".to_owned()))
    }

    /// The same; `None` where the server keeps no summaries, as LocalStack does not.
    ///
    /// # Errors
    /// [`AwsErrorKind::NotFound`] when there is no such deployment, or when it cannot
    /// be read.
    pub async fn kept_summary(
        &self,
        api: &str,
        deployment: &str,
    ) -> Result<Option<DeploymentSummary>, AwsError> {
        let path = format!("/restapis/{api}/deployments/{deployment}");
        let call = read("GetDeployment", Some(api), path);
        let answer = self
            .link
            .call(&call, || {
                self.link
                    .client
                    .get_deployment()
                    .rest_api_id(api)
                    .deployment_id(deployment)
                    .embed("apisummary")
                    .send()
            })
            .await?;
        Ok(answer.api_summary.map(responses::summary))
    }

    /// All resources with their methods.
    ///
    /// # Errors
    /// When a page cannot be had.
    pub async fn resources(&self, api: &str) -> Result<Vec<Resource>, AwsError> {
        let path = format!("/restapis/{api}/resources");
        let call =
            Call { class: QuotaClass::GetResources, ..read("GetResources", Some(api), path) };
        let mut resources = Vec::new();
        let mut position: Option<String> = None;
        loop {
            let page = self
                .link
                .call(&call, || {
                    self.link
                        .client
                        .get_resources()
                        .rest_api_id(api)
                        .limit(PAGE)
                        .embed("methods")
                        .set_position(position.clone())
                        .send()
                })
                .await?;
            for item in page.items.unwrap_or_default() {
                resources.push(self.convert(&call, responses::resource(item))?);
            }
            match self.next(&call, position, page.position)? {
                Some(next) => position = Some(next),
                None => return Ok(resources),
            }
        }
    }

    fn convert<T>(&self, call: &Call<'_>, converted: Result<T, String>) -> Result<T, AwsError> {
        converted.map_err(|reason| self.link.unreadable(call, reason))
    }

    /// The next page; one that is the same again would never end.
    fn next(
        &self,
        call: &Call<'_>,
        asked: Option<String>,
        answered: Option<String>,
    ) -> Result<Option<String>, AwsError> {
        match answered.filter(|position| !position.is_empty()) {
            Some(next) if asked.as_ref() == Some(&next) => {
                Err(self.link.unreadable(call, "it gives the same page again and again"))
            }
            next => Ok(next),
        }
    }
}

/// What a failed export says of the stage, unless a later try could say more.
fn served_instead(error: &AwsError) -> Option<Served> {
    match &error.kind {
        // The texts are recorded: "Invalid API identifier specified …" and "Invalid
        // stage identifier specified".
        AwsErrorKind::NotFound { message } if message.contains("API identifier") => None,
        AwsErrorKind::NotFound { .. } => Some(Served::NoSuchStage),
        AwsErrorKind::BadRequest { .. }
        | AwsErrorKind::AccessDenied(_)
        | AwsErrorKind::Unreadable { .. } => {
            let (call, why) = (error.in_short(), error.reason());
            Some(Served::Unreadable(Unread { call, why, hint: error.hint() }))
        }
        AwsErrorKind::NoCredentials { .. }
        | AwsErrorKind::ExpiredCredentials { .. }
        | AwsErrorKind::RefusedCredentials { .. }
        | AwsErrorKind::NoRegion
        | AwsErrorKind::WrongAccount { .. }
        | AwsErrorKind::Conflict { .. }
        | AwsErrorKind::Throttled { .. }
        | AwsErrorKind::LimitExceeded { .. }
        | AwsErrorKind::Unavailable { .. }
        | AwsErrorKind::Unreachable { .. }
        | AwsErrorKind::ConnectionLost { .. }
        | AwsErrorKind::TimedOut { .. }
        | AwsErrorKind::Unclear { .. }
        | AwsErrorKind::Unsendable { .. } => None,
    }
}

/// A read that counts against the total only.
pub(crate) fn read<'a>(operation: &'static str, api: Option<&'a str>, path: String) -> Call<'a> {
    Call {
        operation,
        rest_api_id: api,
        verb: "GET",
        path,
        effect: Effect::Read,
        class: QuotaClass::Total,
    }
}
