//! One piece of undeployed work of others, and the list of them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::document::ChangeDocument;
use super::why::{Certainty, Scope, Why};
use crate::state::digest::Digest;

/// The place of what concerns the API as a whole.
pub const THE_API: Option<&str> = None;

/// Something that a deployment would ship and gwr did not make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "ChangeDocument", from = "ChangeDocument")]
pub enum ForeignChange {
    /// What is served differs from what is configured.
    Differs {
        subject: ForeignSubject,
        edit: ForeignEdit,
        /// `GET /orders`, `WAF_FILTERED`; `None` for the API as a whole.
        place: Option<String>,
        /// As it is served.
        before: Option<Value>,
        /// As it is configured.
        after: Option<Value>,
    },
    NotCompared {
        scope: Scope,
        why: Why,
    },
    /// From a document of a later version of gwr.
    Unknown(ChangeDocument),
}

/// What differs. The names of the variants are part of digests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ForeignSubject {
    Route,
    Authorization,
    ApiKey,
    Authorizer,
    RequestValidator,
    IntegrationType,
    IntegrationMethod,
    IntegrationUri,
    IntegrationVpcLink,
    /// Another member of an integration.
    Integration(String),
    ResourcePolicy,
    /// One of them, added or removed.
    BinaryMediaType,
    /// The whole list.
    BinaryMediaTypes,
    DefaultEndpoint,
    GatewayResponse,
    Model,
    SecurityScheme,
    /// A member of an export that gwr has no name for, or the subject of a later version.
    Other(String),
}

/// What happened to it. The names of the variants are part of digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ForeignEdit {
    Added,
    Changed,
    Removed,
}

impl ForeignChange {
    fn differs(
        subject: ForeignSubject,
        edit: ForeignEdit,
        place: Option<&str>,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Self {
        Self::Differs { subject, edit, place: place.map(str::to_owned), before, after }
    }

    pub(super) fn added(subject: ForeignSubject, place: Option<&str>, after: Value) -> Self {
        Self::differs(subject, ForeignEdit::Added, place, None, Some(after))
    }

    pub(super) fn removed(subject: ForeignSubject, place: Option<&str>, before: Value) -> Self {
        Self::differs(subject, ForeignEdit::Removed, place, Some(before), None)
    }

    /// Changed, also where one side does not state it.
    pub(super) fn changed(
        subject: ForeignSubject,
        place: Option<&str>,
        before: impl Into<Option<Value>>,
        after: impl Into<Option<Value>>,
    ) -> Self {
        Self::differs(subject, ForeignEdit::Changed, place, before.into(), after.into())
    }

    /// Added, removed or changed; `None` where both sides are the same.
    pub(super) fn between(
        subject: ForeignSubject,
        place: Option<&str>,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Option<Self> {
        let edit = match (&before, &after) {
            (None, None) => return None,
            (None, Some(_)) => ForeignEdit::Added,
            (Some(_), None) => ForeignEdit::Removed,
            (Some(before), Some(after)) if before == after => return None,
            (Some(_), Some(_)) => ForeignEdit::Changed,
        };
        Some(Self::differs(subject, edit, place, before, after))
    }

    fn certainty(&self) -> Certainty {
        match self {
            Self::NotCompared { scope: _, why } => why.certainty(),
            // No permission is known to fix the reason of a later version.
            Self::Unknown(_) if self.edit().is_none() => Certainty::Untold,
            Self::Differs { .. } | Self::Unknown(_) => Certainty::Certain,
        }
    }

    /// What happened; `None` where it could not be compared.
    #[must_use]
    pub fn edit(&self) -> Option<ForeignEdit> {
        match self {
            Self::Differs { edit, .. } => Some(*edit),
            Self::NotCompared { .. } => None,
            Self::Unknown(document) => document.edit(),
        }
    }

    /// Whether this was done to this subject.
    pub(super) fn is(&self, wanted: &ForeignSubject, done: ForeignEdit) -> bool {
        matches!(self, Self::Differs { subject, edit, .. } if subject == wanted && *edit == done)
    }

    pub(super) fn subject(&self) -> Option<&ForeignSubject> {
        match self {
            Self::Differs { subject, .. } => Some(subject),
            Self::NotCompared { .. } | Self::Unknown(_) => None,
        }
    }

    /// The document without its wording, for digests.
    fn id(&self) -> Value {
        match self {
            Self::Differs { subject, edit, place, before, after } => {
                let mut id = json!({ "subject": subject, "change": edit });
                for (name, value) in [
                    ("place", &place.as_ref().map(|p| json!(p))),
                    ("before", before),
                    ("after", after),
                ] {
                    if let Some(value) = value {
                        id[name] = value.clone();
                    }
                }
                id
            }
            Self::NotCompared { scope, why } => json!({ "scope": scope, "reason": why }),
            Self::Unknown(document) => json!(document),
        }
    }
}

impl ForeignSubject {
    /// Those with a name of their own.
    pub(super) const NAMED: [Self; 16] = [
        Self::Route,
        Self::Authorization,
        Self::ApiKey,
        Self::Authorizer,
        Self::RequestValidator,
        Self::IntegrationType,
        Self::IntegrationMethod,
        Self::IntegrationUri,
        Self::IntegrationVpcLink,
        Self::ResourcePolicy,
        Self::BinaryMediaType,
        Self::BinaryMediaTypes,
        Self::DefaultEndpoint,
        Self::GatewayResponse,
        Self::Model,
        Self::SecurityScheme,
    ];

    /// As documents and reports name it.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Self::Route => "route",
            Self::Authorization => "authorization",
            Self::ApiKey => "API key",
            Self::Authorizer => "authorizer",
            Self::RequestValidator => "request validator",
            Self::IntegrationType => "integration type",
            Self::IntegrationMethod => "integration method",
            Self::IntegrationUri => "integration uri",
            Self::IntegrationVpcLink => "integration VPC link",
            Self::Integration(member) => return Cow::Owned(format!("integration {member}")),
            Self::ResourcePolicy => "resource policy",
            Self::BinaryMediaType => "binary media type",
            Self::BinaryMediaTypes => "binary media types",
            Self::DefaultEndpoint => "default endpoint",
            Self::GatewayResponse => "gateway response",
            Self::Model => "model",
            Self::SecurityScheme => "security scheme",
            Self::Other(name) => name,
        })
    }

    /// Whether a plan compares it; of the rest only two exports can be compared.
    const fn is_compared_by_plans(&self) -> bool {
        match self {
            Self::Route
            | Self::Authorization
            | Self::ApiKey
            | Self::Authorizer
            | Self::RequestValidator
            | Self::IntegrationType
            | Self::IntegrationMethod
            | Self::IntegrationUri
            | Self::IntegrationVpcLink
            | Self::ResourcePolicy
            | Self::BinaryMediaType
            | Self::BinaryMediaTypes
            | Self::DefaultEndpoint
            | Self::GatewayResponse => true,
            Self::Integration(_) | Self::Model | Self::SecurityScheme | Self::Other(_) => false,
        }
    }
}

/// The undeployed work of others that a deployment to a stage would ship: sorted, each
/// once, with the digest that accepts exactly this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    changes: Vec<ForeignChange>,
    digest: Digest,
}

impl Foreign {
    #[must_use]
    pub fn new(mut changes: Vec<ForeignChange>) -> Self {
        changes.sort_by_cached_key(|change| ChangeDocument::from(change.clone()).sort_key());
        changes.dedup();
        // Sorted by id, so that no wording has a part in the digest.
        let mut ids: Vec<Value> = changes.iter().map(ForeignChange::id).collect();
        ids.sort_by_cached_key(|id| serde_json_canonicalizer::to_string(id).unwrap_or_default());
        Self { digest: Digest::of(&ids), changes }
    }

    /// With what a deployment to a stage may ship whose description and export disagree.
    #[must_use]
    pub fn with_contradiction(mut self) -> Self {
        let (scope, why) = (Scope::Responses, Why::Contradiction);
        self.changes.push(ForeignChange::NotCompared { scope, why });
        Self::new(self.changes)
    }

    #[must_use]
    pub fn changes(&self) -> &[ForeignChange] {
        &self.changes
    }

    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The digest that gwr 0.1 gave this list: over the sentences of the document.
    #[must_use]
    pub fn sentence_digest(&self) -> Digest {
        Digest::of(&self.changes)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether something on the list is certain; if not, whether all of it could not be
    /// read, which a permission may fix.
    #[must_use]
    pub fn certainty(&self) -> Certainty {
        let of = |wanted| move |change: &ForeignChange| change.certainty() == wanted;
        if self.changes.iter().any(of(Certainty::Certain)) {
            Certainty::Certain
        } else if self.changes.iter().all(of(Certainty::Unread)) {
            Certainty::Unread
        } else {
            Certainty::Untold
        }
    }

    /// The first few in one sentence, without values.
    #[must_use]
    pub fn sentence(&self) -> String {
        const NAMED: usize = 3;
        let name = |change: &ForeignChange| {
            let ChangeDocument { what, place, .. } = change.clone().into();
            format!("{what} ({place})")
        };
        let mut parts: Vec<String> = self.changes.iter().take(NAMED).map(name).collect();
        if self.changes.len() > NAMED {
            parts.push(format!("{} more", self.changes.len() - NAMED));
        }
        parts.join(", ")
    }

    /// What no plan can list, because only an export states it: mapping templates,
    /// models, timeouts. `None` where a plan made now lists everything.
    #[must_use]
    pub fn beyond_a_plan(&self) -> Option<Self> {
        let is_beyond = |change: &&ForeignChange| {
            !change.subject().is_some_and(ForeignSubject::is_compared_by_plans)
        };
        let beyond: Vec<ForeignChange> = self.changes.iter().filter(is_beyond).cloned().collect();
        (!beyond.is_empty()).then(|| Self::new(beyond))
    }

    /// Whether a scope was left uncompared, and with this list is accepted so.
    pub(super) fn leaves_out(&self, wanted: Scope) -> bool {
        self.changes.iter().any(
            |change| matches!(change, ForeignChange::NotCompared { scope, .. } if *scope == wanted),
        )
    }
}
