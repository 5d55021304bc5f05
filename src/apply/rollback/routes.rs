//! The routes that a stage loses by going to an earlier deployment.

use std::time::Duration;

use crate::aws::{AwsError, Gateway};
use crate::plan::{ForeignChangeDocument, ForeignEdit, unlisted_routes};
use crate::state::observed::DeploymentSummary;

/// How long the summaries of the two deployments are waited for: they are shown, decide
/// nothing, and a rollback is often urgent.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a move changes in the routes of a stage, as the summaries of the deployments show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LostRoutes {
    Known {
        lost: Vec<String>,
        /// Those that get another authorization type, or another API key requirement.
        protected_differently: Vec<String>,
    },
    Unknown(RoutesUnknown),
}

/// Why the routes could not be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoutesUnknown {
    NoSummaries,
    Unread(AwsError),
    TimedOut(Duration),
}

/// Reads and compares the summaries of two deployments.
pub async fn read_routes(gateway: &Gateway, api: &str, from: &str, to: &str) -> LostRoutes {
    let both =
        async { tokio::try_join!(gateway.kept_summary(api, from), gateway.kept_summary(api, to)) };
    match tokio::time::timeout(PATIENCE, both).await {
        Ok(Ok((Some(from), Some(to)))) if !from.is_empty() && !to.is_empty() => compare(&from, &to),
        Ok(Ok(_)) => LostRoutes::Unknown(RoutesUnknown::NoSummaries),
        Ok(Err(error)) => LostRoutes::Unknown(RoutesUnknown::Unread(error)),
        Err(_) => LostRoutes::Unknown(RoutesUnknown::TimedOut(PATIENCE)),
    }
}

fn compare(from: &DeploymentSummary, to: &DeploymentSummary) -> LostRoutes {
    let changes = unlisted_routes(Some(from), from, to);
    let of = |edit: ForeignEdit| {
        let mut places: Vec<String> = changes
            .changes()
            .iter()
            .filter(|change| change.edit() == Some(edit))
            .map(|change| ForeignChangeDocument::from(change.clone()).place)
            .collect();
        places.dedup();
        places
    };
    LostRoutes::Known {
        lost: of(ForeignEdit::Removed),
        protected_differently: of(ForeignEdit::Changed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::observed::MethodSummary;

    fn summary(routes: &[(&str, &str, &str, bool)]) -> DeploymentSummary {
        let mut summary = DeploymentSummary::new();
        for (path, method, authorization, api_key_required) in routes {
            summary.entry((*path).to_owned()).or_default().insert(
                (*method).to_owned(),
                MethodSummary {
                    authorization_type: (*authorization).to_owned(),
                    api_key_required: *api_key_required,
                },
            );
        }
        summary
    }

    #[test]
    fn routes_that_only_the_newer_deployment_has_are_lost() {
        let from = summary(&[
            ("/orders", "GET", "NONE", false),
            ("/orders", "POST", "AWS_IAM", true),
            ("/orders/{id}", "DELETE", "AWS_IAM", false),
        ]);
        let to = summary(&[("/orders", "GET", "NONE", false), ("/orders", "POST", "NONE", false)]);
        assert_eq!(
            compare(&from, &to),
            LostRoutes::Known {
                lost: vec!["DELETE /orders/{id}".to_owned()],
                protected_differently: vec!["POST /orders".to_owned()],
            }
        );
        let none = LostRoutes::Known { lost: Vec::new(), protected_differently: Vec::new() };
        assert_eq!(compare(&to, &to), none);
        assert_eq!(
            compare(&to, &from),
            LostRoutes::Known {
                lost: Vec::new(),
                protected_differently: vec!["POST /orders".to_owned()],
            }
        );
    }
}
