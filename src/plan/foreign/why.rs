//! What could not be compared, and why. The words are members of documents; the names of the
//! variants are part of digests that people have accepted. Both stay as they are.

use serde::Serialize;

/// What may have to be left uncompared, each as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything that GetRestApi and GetResources show.
    Configuration,
    Routes,
    /// What only an export shows of methods and of the API.
    Integrations,
    Responses,
}

impl Scope {
    pub(super) const ALL: [Self; 4] =
        [Self::Configuration, Self::Routes, Self::Integrations, Self::Responses];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "everything but gateway responses",
            Self::Routes => "routes, authorization and API keys",
            Self::Integrations => {
                "integrations, request validators, policy, binary media types, default endpoint"
            }
            Self::Responses => "gateway responses that are not managed",
        }
    }

    pub(super) fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// A reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// GetRestApi or GetResources failed.
    NoConfiguration,
    /// GetDeployment failed, or returned no summary.
    NoSummary,
    /// GetExport failed.
    NoExport,
    NoDeployment,
    Mirror,
    OtherRoutes,
    ChangedSince,
    Silent,
    NoIntegrations,
    Contradiction,
}

/// What the reasons for leaving something uncompared come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// There is undeployed work.
    Certain,
    /// It could not be read.
    Unread,
    /// It was read, and does not show it.
    Untold,
}

impl Why {
    pub(super) const ALL: [Self; 10] = [
        Self::NoConfiguration,
        Self::NoSummary,
        Self::NoExport,
        Self::NoDeployment,
        Self::Mirror,
        Self::OtherRoutes,
        Self::ChangedSince,
        Self::Silent,
        Self::NoIntegrations,
        Self::Contradiction,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::NoConfiguration => "the API's configuration could not be read",
            Self::NoSummary => "the summary of the stage's deployment could not be read",
            Self::NoExport => "the stage's export could not be read",
            Self::NoDeployment => "the stage has no deployment yet",
            Self::Mirror => {
                "exports show the configuration, and gwr did not make the stage's deployment"
            }
            Self::OtherRoutes => "the stage's export shows other routes than its deployment holds",
            Self::ChangedSince => {
                "the configuration has changed since the stage's deployment was made, and the \
                 stage's export does not show what"
            }
            Self::Silent => "the stage's export lists no gateway response",
            Self::NoIntegrations => "the stage's export shows no integration",
            Self::Contradiction => {
                "the description of the stage's deployment and the stage's export disagree"
            }
        }
    }

    pub(super) fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.as_str() == text)
    }

    pub(super) const fn certainty(self) -> Certainty {
        match self {
            Self::NoConfiguration | Self::NoSummary | Self::NoExport => Certainty::Unread,
            Self::ChangedSince => Certainty::Certain,
            Self::NoDeployment
            | Self::Mirror
            | Self::OtherRoutes
            | Self::Silent
            | Self::NoIntegrations
            | Self::Contradiction => Certainty::Untold,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::foreign::change::{Foreign, ForeignChange, ForeignSubject};

    /// Only what is certain is called work of others; what merely was not read may be mended by
    /// a permission.
    #[test]
    fn a_list_says_how_certain_it_is() {
        let left_out = |why| ForeignChange::NotCompared { scope: Scope::Integrations, why };
        let certain = ForeignChange::added(ForeignSubject::Route, Some("GET /a"), json!({}));
        for (changes, certainty) in [
            (vec![certain.clone()], Certainty::Certain),
            (vec![certain, left_out(Why::NoExport)], Certainty::Certain),
            (vec![left_out(Why::ChangedSince)], Certainty::Certain),
            (vec![left_out(Why::NoExport)], Certainty::Unread),
            (vec![left_out(Why::NoConfiguration), left_out(Why::NoSummary)], Certainty::Unread),
            (vec![left_out(Why::NoExport), left_out(Why::Mirror)], Certainty::Untold),
            (vec![left_out(Why::NoDeployment)], Certainty::Untold),
        ] {
            assert_eq!(Foreign::new(changes.clone()).certainty(), certainty, "{changes:?}");
        }
    }
}
