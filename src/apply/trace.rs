//! The trace of a way back, in the descriptions of gwr's own deployments.
//!
//! A stage that points behind a later deployment of gwr's was moved back by somebody, and
//! types that are gone were wiped by somebody: by gwr itself, if the description says so.
//!
//! It is a courtesy to later runs and no part of the way back: where it cannot be left,
//! the stage is back all the same, so that a failure is told and nothing more.

use crate::aws::{AwsError, AwsErrorKind, Gateway, Writer};
use crate::read::describe;
use crate::state::deployment_note::Place;

/// A stage that gwr has moved back.
#[derive(Clone, Copy, Debug)]
pub struct WayBack<'a> {
    pub api: &'a str,
    pub stage: &'a str,
    pub from: Option<&'a str>,
    pub to: &'a str,
}

/// Writes into both deployments where the stage is now. Those of others are left alone.
/// What could not be written comes back, in words.
pub async fn leave_trace(gateway: &Gateway, writer: &Writer, way: WayBack<'_>) -> Vec<String> {
    let WayBack { api, stage, from, to } = way;
    let mut untraced = Vec::new();
    let places = from.map(|from| (from, Place::TakenBack)).into_iter().chain([(to, Place::There)]);
    for (deployment, place) in places {
        if let Err(error) = note(gateway, writer, api, deployment, stage, place).await {
            untraced.push(format!(
                "stage `{stage}` is back, and the description of deployment {deployment} does \
                 not name gwr, so that later runs attribute it to another client: {}",
                describe(&error)
            ));
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
