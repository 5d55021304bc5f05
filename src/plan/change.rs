//! One change of one response type: what becomes of it, and by which call.

use crate::model::{Customization, GatewayResponse, Live, PatchOperation, ResponseType};
use crate::state::diff::{Difference, diff};

/// A change to one response type. Every change changes something.
///
/// Each variant carries what was there before, so that a reader, a record and a
/// rollback need no second look at the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Not customised yet.
    Create { to: Target, call: Creation },
    /// Customised otherwise; a patch says it.
    Update { from: GatewayResponse, to: Target, differences: Vec<Difference> },
    /// Customised otherwise; only a whole Put says it.
    Replace { from: GatewayResponse, to: Target, differences: Vec<Difference> },
    /// Customised, and must be at its default.
    Reset { from: GatewayResponse },
}

/// How a type that is not customised becomes so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Creation {
    /// From the built-in values, by these differences; never empty.
    Patch(Vec<Difference>),
    /// Where a patch cannot say it, or what it would start from is not certain.
    Put(Vec<Difference>),
}

/// What a type is to become: as the file wrote it, and settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub written: Customization,
    pub settled: GatewayResponse,
}

impl Target {
    #[must_use]
    pub fn new(response_type: ResponseType, written: Customization) -> Self {
        let settled = written.settle(response_type);
        Self { written, settled }
    }
}

/// What the change is called.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Create,
    Update,
    Replace,
    Reset,
}

impl Action {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Reset => "reset",
        }
    }
}

/// The call that makes the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Call {
    Patch,
    Put,
    Delete,
}

impl Call {
    /// AWS's name of the operation.
    #[must_use]
    pub const fn operation(self) -> &'static str {
        match self {
            Self::Patch => "UpdateGatewayResponse",
            Self::Put => "PutGatewayResponse",
            Self::Delete => "DeleteGatewayResponse",
        }
    }
}

impl Change {
    #[must_use]
    pub const fn action(&self) -> Action {
        match self {
            Self::Create { .. } => Action::Create,
            Self::Update { .. } => Action::Update,
            Self::Replace { .. } => Action::Replace,
            Self::Reset { .. } => Action::Reset,
        }
    }

    #[must_use]
    pub const fn call(&self) -> Call {
        match self {
            Self::Create { to: _, call: Creation::Patch(_) } | Self::Update { .. } => Call::Patch,
            Self::Create { to: _, call: Creation::Put(_) } | Self::Replace { .. } => Call::Put,
            Self::Reset { .. } => Call::Delete,
        }
    }

    /// What differs, member by member; empty for a reset.
    #[must_use]
    pub fn differences(&self) -> &[Difference] {
        match self {
            Self::Create {
                to: _,
                call: Creation::Patch(differences) | Creation::Put(differences),
            }
            | Self::Update { from: _, to: _, differences }
            | Self::Replace { from: _, to: _, differences } => differences,
            Self::Reset { from: _ } => &[],
        }
    }

    /// The patch operations: exactly what a patch sends; for a Put the difference
    /// that it makes; none for a reset.
    #[must_use]
    pub fn operations(&self) -> Vec<PatchOperation> {
        self.differences().iter().map(Difference::operation).collect()
    }

    /// What was customised before.
    #[must_use]
    pub const fn from(&self) -> Option<&GatewayResponse> {
        match self {
            Self::Create { .. } => None,
            Self::Update { from, .. } | Self::Replace { from, .. } | Self::Reset { from } => {
                Some(from)
            }
        }
    }

    /// Whether the type still is what the change was planned from.
    #[must_use]
    pub fn starts_from(&self, live: &Live) -> bool {
        match (live, self.from()) {
            (Live::Default, None) => true,
            (Live::Customized(live), Some(from)) => diff(live, from).is_empty(),
            (Live::Default, Some(_)) | (Live::Customized(_), None) => false,
        }
    }

    /// What is customised after.
    #[must_use]
    pub const fn to(&self) -> Option<&Target> {
        match self {
            Self::Create { to, .. } | Self::Update { to, .. } | Self::Replace { to, .. } => {
                Some(to)
            }
            Self::Reset { .. } => None,
        }
    }
}
