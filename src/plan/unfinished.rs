//! What an earlier run wrote and never deployed, as its record says: whose change it is,
//! and what that proves.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{customized_digest, export_digest, same_response};
use super::foreign::Foreign;
use super::stages::Part;
use crate::model::{GatewayResponse, Live, ResponseType};
use crate::state::deployment_note::Ships;
use crate::state::digest::Digest;
use crate::state::observed::{Configured, ObservedStage, Served};

/// What an earlier run of gwr changed on an API and never brought to one of its stages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    pub part: Part,
    /// The deployment that the stage, or its canary, pointed at when that run began.
    pub from: Option<String>,
    /// The types that the run may have written.
    pub written: BTreeMap<ResponseType, Written>,
    /// Of everything customised when the run began.
    pub base_digest: Digest,
    /// Of everything but the gateway responses then, as [`Ships`] has it, if it was read.
    pub api_digest: Option<String>,
    /// The undeployed work of others that the run was to ship all the same.
    pub accepted: BTreeSet<Digest>,
}

/// What a run may have written for one type; `None`: the built-in response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub before: Option<GatewayResponse>,
    pub after: Option<GatewayResponse>,
}

impl Unfinished {
    /// The configuration without what that run wrote. A type that holds something else
    /// than the run wrote was changed by another client since, and stays.
    #[must_use]
    pub fn undone(
        &self,
        configured: &BTreeMap<ResponseType, Live>,
    ) -> BTreeMap<ResponseType, Live> {
        let live = |response: &Option<GatewayResponse>| {
            response.clone().map_or(Live::Default, Live::Customized)
        };
        let mut undone = configured.clone();
        for (response_type, Written { before, after }) in &self.written {
            let now = configured.get(response_type).unwrap_or(&Live::Default);
            if same_response(now, &live(after)) {
                undone.insert(*response_type, live(before));
            }
        }
        undone
    }

    /// Whether that run was to ship this work of others, and no other client has changed
    /// the API since.
    #[must_use]
    pub fn accepts(&self, foreign: &Foreign, configured: &Configured, ships: &Ships) -> bool {
        self.accepted.contains(foreign.digest())
            && self.api_digest.as_ref() == Some(&ships.api)
            && self.base_digest == customized_digest(&self.undone(&configured.responses))
    }

    /// Whether the export of the stage proves that exports mirror the configuration: the
    /// stage still points where it did, and its export already shows what the run wrote.
    #[must_use]
    pub fn proves_mirror(&self, stage: &ObservedStage, configured: &Configured) -> bool {
        let (Served::Exported(export), Some(pointer)) = (&stage.served, &stage.pointer) else {
            return false;
        };
        let now = customized_digest(&configured.responses);
        self.part == Part::Stage
            && pointer.canary.is_none()
            && pointer.deployment_id == self.from
            && now != customized_digest(&self.undone(&configured.responses))
            && now == export_digest(export)
    }
}
