//! One request to a stage or to the console's Test button, as templates and mappings may ask
//! about it.

use super::mapping::Mapping;
use crate::model::ResponseType;
use crate::sandbox::data::state::Texts;
use crate::sandbox::wire::http::{ACCOUNT, Request};
use crate::sandbox::wire::time_text;

/// A request and where it was routed to.
pub(crate) struct Scene<'a> {
    pub(crate) request: &'a Request,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) api_id: &'a str,
    pub(crate) region: &'a str,
    pub(crate) stage: &'a str,
    pub(crate) deployment: Option<&'a str>,
    pub(crate) via: Via,
    /// The stage's variables, with the canary's over them.
    pub(crate) stage_variables: Texts,
    /// Below the stage, with a leading slash.
    pub(crate) path: String,
    pub(crate) resource_path: Option<String>,
    pub(crate) resource_id: Option<String>,
    pub(crate) path_parameters: Texts,
    pub(crate) request_id: String,
    pub(crate) extended_request_id: String,
    pub(crate) now: i64,
}

/// How a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    /// To the stage's own deployment.
    Stage,
    /// To the deployment of the stage's canary.
    Canary,
    /// By TestInvokeMethod, past all stages.
    Test,
}

/// An error that a gateway response answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GatewayError {
    pub(crate) kind: ResponseType,
    /// The error's own status, served where no status is set.
    pub(crate) status: u16,
    /// `x-amzn-ErrorType`.
    pub(crate) name: &'static str,
    /// None is what authorizer errors have: it shows as `null`.
    pub(crate) message: Option<String>,
    pub(crate) validation: Option<String>,
}

impl Scene<'_> {
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.request.header(name).map(str::to_owned)
    }

    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.query.iter().rfind(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    /// What a mapping of a header comes to.
    pub(crate) fn map(&self, mapping: Mapping<'_>, error: Option<&GatewayError>) -> Option<String> {
        match mapping {
            Mapping::Literal(text) => Some(text.to_owned()),
            Mapping::Header(name) => self.header(name),
            Mapping::Path(name) => self.path_parameters.get(name).cloned(),
            Mapping::Query(name) => self.query(name),
            Mapping::Context(name) => self.context(name, error),
            Mapping::StageVariable(name) => self.stage_variables.get(name).cloned(),
        }
    }

    /// `$context.NAME`; `None` where nothing has that name or it has no value. What is special
    /// about a test is what Lambda functions have logged of tests in the field.
    pub(crate) fn context(&self, name: &str, error: Option<&GatewayError>) -> Option<String> {
        if let Some(part) = name.strip_prefix("error.") {
            return error.and_then(|error| error_part(error, part));
        }
        let text = |text: &str| Some(text.to_owned());
        match name {
            "accountId" => text(ACCOUNT),
            "apiId" => text(self.api_id),
            "deploymentId" => self.deployment.map(str::to_owned),
            "domainPrefix" => text(match self.via {
                Via::Stage | Via::Canary => self.api_id,
                Via::Test => "testPrefix",
            }),
            "domainName" => Some(match self.via {
                Via::Stage | Via::Canary => {
                    format!("{}.execute-api.{}.amazonaws.com", self.api_id, self.region)
                }
                Via::Test => "testPrefix.testDomainName".to_owned(),
            }),
            "extendedRequestId" => text(&self.extended_request_id),
            "httpMethod" => text(&self.request.method),
            "identity.sourceIp" => text(&self.request.source_ip),
            "identity.userAgent" => self.header("user-agent"),
            "identity.apiKey" => match self.via {
                Via::Stage | Via::Canary => self.header("x-api-key"),
                Via::Test => text("test-invoke-api-key"),
            },
            "isCanaryRequest" => Some((self.via == Via::Canary).to_string()),
            "path" => Some(match self.via {
                Via::Stage | Via::Canary => {
                    format!("/{}{}", self.stage, self.path.trim_end_matches('/'))
                }
                Via::Test => self.path.clone(),
            }),
            "protocol" => text("HTTP/1.1"),
            "requestId" => text(&self.request_id),
            "requestTime" => Some(time_text::log(self.now)),
            "requestTimeEpoch" => Some(self.now.to_string()),
            "resourceId" => self.resource_id.clone(),
            "resourcePath" => self.resource_path.clone(),
            "stage" => text(self.stage),
            _ => None,
        }
    }
}

fn error_part(error: &GatewayError, part: &str) -> Option<String> {
    match part {
        "message" => error.message.clone(),
        "messageString" => Some(serde_json::Value::from(error.message.clone()).to_string()),
        "responseType" => Some(error.kind.to_string()),
        "validationErrorString" => error.validation.clone(),
        _ => None,
    }
}
