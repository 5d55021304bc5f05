//! What was read: the live API as it is configured, and as its stages serve it.
//!
//! Plain data: `aws` fills it in, the planner reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::deployment_note::Journal;
use crate::model::{Customization, GatewayResponse, Live, ResponseType};

/// One live REST API, with as much as was worth reading.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedApi {
    pub rest_api_id: String,
    /// Known where names or tags were matched, or where the API itself was read.
    pub rest_api_name: Option<String>,
    /// As far as GetRestApis told them while names or tags were matched; no call is made
    /// for them.
    pub tags: BTreeMap<String, String>,
    pub configured: Configured,
    /// By stage name; every stage that the file names.
    pub stages: BTreeMap<String, ObservedStage>,
    /// Where the API's other stages point; read together with `deployments`.
    pub beside: BTreeMap<String, StagePointer>,
    /// GetDeployments; read only where there is something to do or evidence is open.
    pub deployments: Option<Vec<Deployment>>,
    /// What a deployment would ship beside gateway responses; read only where one is
    /// planned.
    pub routes: Option<Routes>,
}

/// The API around its gateway responses, as it is configured and as deployments hold it.
///
/// What could not be read is said, for what cannot be compared must be named.
#[derive(Clone, Debug, PartialEq)]
pub struct Routes {
    /// GetRestApi and GetResources.
    pub configured: Result<ConfiguredApi, Unread>,
    /// GetDeployment with its summary, by the deployment's id.
    pub deployed: BTreeMap<String, Result<DeploymentSummary, Unread>>,
}

/// Something that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// The operation, and what became of it in a few words: `GetRestApi: access denied`.
    pub call: String,
    /// What went wrong, at length.
    pub why: String,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
}

impl Unread {
    /// What went wrong, and what to do about it on a line of its own.
    #[must_use]
    pub fn details(&self) -> String {
        match &self.hint {
            Some(hint) => format!("{}\nhint: {hint}", self.why),
            None => self.why.clone(),
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// An API as a deployment made now would hold it, but for its gateway responses.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfiguredApi {
    pub detail: RestApiDetail,
    pub resources: Vec<Resource>,
}

impl Routes {
    /// Whether a deployment holds the routes as they are configured.
    #[must_use]
    pub fn are_deployed_by(&self, deployment: &str) -> bool {
        match (&self.configured, self.summary(deployment)) {
            (Ok(configured), Some(held)) => configured.summary() == *held,
            (Ok(_) | Err(_), _) => false,
        }
    }

    /// What a deployment holds. An empty summary tells nothing: the service deploys no
    /// API without a method, and there are servers that keep no summaries.
    #[must_use]
    pub fn summary(&self, deployment: &str) -> Option<&DeploymentSummary> {
        self.deployed.get(deployment)?.as_ref().ok().filter(|summary| !summary.is_empty())
    }
}

impl ConfiguredApi {
    /// As the summary of a deployment made now would tell it.
    #[must_use]
    pub fn summary(&self) -> DeploymentSummary {
        self.resources
            .iter()
            .filter(|resource| !resource.methods.is_empty())
            .map(|resource| {
                let methods = resource
                    .methods
                    .iter()
                    .map(|method| {
                        let summary = resource.configured.get(method).map(|m| m.summary.clone());
                        (method.clone(), summary.unwrap_or_default())
                    })
                    .collect();
                (resource.path.clone(), methods)
            })
            .collect()
    }
}

/// The answer of GetGatewayResponses without what is only inherited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configured {
    /// Every known type; one that the answer lacks is at its default.
    pub responses: BTreeMap<ResponseType, Live>,
    /// Types that this program does not know: reported, never managed.
    pub unknown_types: BTreeSet<String>,
    /// Entries of `responseParameters` that set no header, by type: reported, and no
    /// part of a response's state, so that they are no drift either.
    pub unknown_parameters: BTreeMap<ResponseType, BTreeMap<String, String>>,
}

impl Configured {
    #[must_use]
    pub fn get(&self, response_type: ResponseType) -> &Live {
        const DEFAULT: &Live = &Live::Default;
        self.responses.get(&response_type).unwrap_or(DEFAULT)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct ObservedStage {
    pub served: Served,
    /// From GetStages; `None` where that was not read.
    pub pointer: Option<StagePointer>,
}

/// What a stage serves, as far as an export tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Served {
    /// `--skip-served`, or a stage that the file ignores.
    NotRead,
    /// The service knows no such stage.
    NoSuchStage,
    /// The export could not be had.
    Unreadable(Unread),
    Exported(Export),
}

/// The answer of GetExport (`oas30`, `extensions=apigateway`).
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// Customised types with what the document states of them; what it leaves out
    /// is unset here.
    pub responses: BTreeMap<ResponseType, Customization>,
    /// Those of which it states an empty table of templates, which is something else
    /// than none.
    pub without_templates: BTreeSet<ResponseType>,
    /// Types that this program does not know.
    pub unknown_types: BTreeSet<String>,
    /// Entries of `responseParameters` that set no header, by type.
    pub unknown_parameters: BTreeMap<ResponseType, BTreeMap<String, String>>,
    /// The document without gateway responses, `info.version` and `servers`:
    /// everything that a deployment of other changes would alter.
    pub rest: serde_json::Value,
    /// Whether the default endpoint is disabled, which `servers` says.
    pub endpoint_disabled: bool,
}

impl Export {
    /// A customised type as GetGatewayResponses would show it.
    #[must_use]
    pub fn settled(&self, response_type: ResponseType) -> Option<GatewayResponse> {
        let mut response = self.responses.get(&response_type)?.settle(response_type);
        if self.without_templates.contains(&response_type) {
            response.templates.clear();
        }
        Some(response)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagePointer {
    /// Absent on a stage without a deployment.
    pub deployment_id: Option<String>,
    /// The deployment that the canary serves, where the stage has canary settings.
    pub canary: Option<Canary>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canary {
    pub deployment_id: Option<String>,
    /// Percent of the traffic, as text so that it compares exactly.
    pub percent_traffic: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    pub id: String,
    /// Unix seconds.
    pub created_at: Option<i64>,
    pub description: Option<String>,
}

impl Deployment {
    /// Whether its description is one of gwr's.
    #[must_use]
    pub fn is_of_gwr(&self) -> bool {
        self.journal().is_some()
    }

    /// What gwr wrote into its description.
    #[must_use]
    pub fn journal(&self) -> Option<Journal> {
        Journal::parse(self.description.as_deref()?)
    }
}

/// What was deployed to an API, and where its stages point.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Every stage of the API, also those that the file does not name.
    pub stages: BTreeMap<String, StagePointer>,
    /// Newest first.
    pub deployments: Vec<Deployment>,
}

impl History {
    /// The ids of deployments that a stage or a canary serves and that are not listed.
    #[must_use]
    pub fn unlisted(&self) -> Vec<String> {
        let listed = |id: &&str| self.deployments.iter().any(|one| one.id == **id);
        self.used().into_iter().filter(|id| !listed(id)).map(ToOwned::to_owned).collect()
    }

    /// The ids of the deployments that a stage or a canary serves.
    #[must_use]
    pub fn used(&self) -> BTreeSet<&str> {
        self.stages
            .values()
            .flat_map(|StagePointer { deployment_id, canary }| {
                let canary = canary.as_ref().and_then(|canary| canary.deployment_id.as_deref());
                [deployment_id.as_deref(), canary]
            })
            .flatten()
            .collect()
    }

    /// What of it one stage has to do with.
    #[must_use]
    pub fn of_stage(self, stage: &str) -> Self {
        let concerned: Vec<bool> =
            self.deployments.iter().map(|deployment| self.concerns(deployment, stage)).collect();
        let Self { mut stages, deployments } = self;
        stages.retain(|name, _| name == stage);
        let deployments = deployments
            .into_iter()
            .zip(concerned)
            .filter_map(|(deployment, concerned)| concerned.then_some(deployment))
            .collect();
        Self { stages, deployments }
    }

    /// Whether a stage or its canary serves a deployment, or it was made for the stage.
    fn concerns(&self, deployment: &Deployment, stage: &str) -> bool {
        let serves =
            self.stages.get(stage).is_some_and(|StagePointer { deployment_id, canary }| {
                let canary = canary.as_ref().and_then(|canary| canary.deployment_id.as_ref());
                [deployment_id.as_ref(), canary].contains(&Some(&deployment.id))
            });
        serves
            || deployment
                .journal()
                .is_some_and(|journal| journal.previous.iter().any(|(name, _)| name == stage))
    }
}

/// A REST API as GetRestApis lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestApi {
    pub id: String,
    pub name: String,
    pub tags: BTreeMap<String, String>,
}

/// A REST API as GetRestApi tells it: what a deployment freezes beside its methods.
#[derive(Clone, Debug, PartialEq)]
pub struct RestApiDetail {
    pub id: String,
    pub name: String,
    pub tags: BTreeMap<String, String>,
    /// The resource policy as a document; a text where it is none.
    pub policy: Option<serde_json::Value>,
    pub binary_media_types: BTreeSet<String>,
    pub disable_execute_api_endpoint: bool,
    /// `EDGE`, `REGIONAL`, `PRIVATE`.
    pub endpoint_types: BTreeSet<String>,
}

/// A method as a deployment's summary tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MethodSummary {
    /// `NONE` where the answer says nothing.
    pub authorization_type: String,
    pub api_key_required: bool,
}

/// The summary of a deployment: by path, then by HTTP method.
pub type DeploymentSummary = BTreeMap<String, BTreeMap<String, MethodSummary>>;

/// A resource of an API as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    pub id: String,
    pub path: String,
    pub methods: BTreeSet<String>,
    /// What is set on each of `methods`, as far as GetResources embeds it.
    pub configured: BTreeMap<String, MethodConfiguration>,
}

/// A method as it is configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MethodConfiguration {
    pub summary: MethodSummary,
    pub authorizer_id: Option<String>,
    pub request_validator_id: Option<String>,
    pub integration: Option<IntegrationConfiguration>,
}

/// Where a method leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IntegrationConfiguration {
    /// `AWS`, `AWS_PROXY`, `HTTP`, `HTTP_PROXY`, `MOCK`.
    pub kind: Option<String>,
    pub http_method: Option<String>,
    pub uri: Option<String>,
    /// The VPC link.
    pub connection_id: Option<String>,
}
