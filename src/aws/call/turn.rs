//! Waiting for a deployment's turn before the first write of its API.

use super::quota::{Wait, WaitReason};
use crate::aws::connection::Gateway;

impl Gateway {
    /// Waits until a CreateDeployment could be sent at once, and takes no turn.
    ///
    /// Whoever writes first and waits then leaves an API configured and not deployed
    /// for as long as the queue is.
    pub async fn deployment_turn(&self) {
        self.link
            .quota
            .deployment_ready(|duration| {
                self.link.policy.tell(&Wait {
                    operation: "CreateDeployment",
                    rest_api_id: None,
                    duration,
                    reason: WaitReason::Quota,
                });
            })
            .await;
    }
}
