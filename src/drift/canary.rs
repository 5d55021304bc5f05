//! The canary of a stage: a part of the clients get what it serves, and it is compared
//! as far as its deployment's digest tells. No export is known to show it.

use time::Date;

use crate::plan::{CanaryVerdict, Management, canary_verdict, management};
use crate::state::desired::DesiredApi;
use crate::state::observed::{ObservedApi, ObservedStage};

/// What is known of a canary, in words.
pub(super) enum Seen {
    /// It serves what its stage serves, or what is configured.
    Current(String),
    /// What it serves could not be compared: then what the stage's clients get is not
    /// known, whatever the rest of it serves.
    Uncompared(String),
}

/// `None` where the stage has no canary, or its pointer was not read.
pub(super) fn look(
    desired: &DesiredApi,
    observed: &ObservedApi,
    stage: &ObservedStage,
    today: Date,
) -> Option<Seen> {
    let pointer = stage.pointer.as_ref()?;
    let canary = pointer.canary.as_ref()?;
    let managed = |response_type| management(desired, response_type, today) == Management::Managed;
    let deployments = observed.deployments.as_deref();
    let configured = &observed.configured.responses;
    let deployment = match &canary.deployment_id {
        Some(id) => format!("deployment {id}"),
        None => "no deployment".to_owned(),
    };
    let words = format!(
        "it has a canary ({} percent of its traffic, {deployment})",
        canary.percent_traffic
    );
    Some(match canary_verdict(pointer, deployments, configured, managed)? {
        CanaryVerdict::AsItsStage => {
            Seen::Current(format!("{words}, which serves what the stage serves"))
        }
        CanaryVerdict::Current => {
            Seen::Current(format!("{words}, which holds what is configured by its digest"))
        }
        CanaryVerdict::Unknown(why) => {
            Seen::Uncompared(format!("{words}: what the canary serves was not compared, for {why}"))
        }
    })
}
