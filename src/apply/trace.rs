//! The trace of a revert, in the descriptions of the deployments that gwr created.
//!
//! A stage that points at an older deployment than gwr's latest, or a response that is
//! customised no longer, looks like another client's work to later runs, unless a description
//! says that gwr did it.
//!
//! A stage is reverted whether or not the trace can be written: a failure is only reported.

use crate::aws::{AwsError, AwsErrorKind, Gateway, Writer};
use crate::state::deployment_note::Place;

/// A stage that gwr has reverted.
#[derive(Clone, Copy, Debug)]
pub struct WayBack<'a> {
    pub api: &'a str,
    pub stage: &'a str,
    pub from: Option<&'a str>,
    pub to: &'a str,
}

/// A trace that could not be written.
#[derive(Clone, Debug)]
pub struct Untraced {
    pub stage: String,
    pub deployment: String,
    pub error: AwsError,
}

/// Writes into both deployments where the stage is now; those of others stay unchanged.
/// Returns what could not be written.
pub async fn leave_trace(gateway: &Gateway, writer: &Writer, way: WayBack<'_>) -> Vec<Untraced> {
    let WayBack { api, stage, from, to } = way;
    let mut untraced = Vec::new();
    let places = from.map(|from| (from, Place::TakenBack)).into_iter().chain([(to, Place::There)]);
    for (deployment, place) in places {
        if let Err(error) = note(gateway, writer, api, deployment, stage, place).await {
            untraced.push(Untraced {
                stage: stage.to_owned(),
                deployment: deployment.to_owned(),
                error,
            });
        }
    }
    untraced
}

async fn note(
    gateway: &Gateway,
    writer: &Writer,
    api: &str,
    deployment: &str,
    stage: &str,
    place: Place,
) -> Result<(), AwsError> {
    let journal = match gateway.deployment(api, deployment).await {
        Ok(deployment) => deployment.journal(),
        // A deleted deployment needs no note.
        Err(error) if matches!(error.kind, AwsErrorKind::NotFound { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    match journal.and_then(|journal| journal.with_stage(stage, place)) {
        Some(noted) => writer.describe_deployment(api, deployment, &noted.to_string()).await,
        None => Ok(()),
    }
}
