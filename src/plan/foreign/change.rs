//! One piece of somebody else's undeployed work, and the list of them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::why::{Certainty, Why};
use crate::state::digest::Digest;

/// The `where` of what concerns the API as a whole.
pub const THE_API: &str = "the API";

/// The `what` of something that could not be compared.
const NOT_COMPARED: &str = "not compared";

/// Something that a deployment would ship and gwr did not make, as every report and
/// document tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignChange {
    /// `route added`, `integration uri changed`, …
    pub what: String,
    /// `GET /orders`, `WAF_FILTERED`, `the API`.
    #[serde(rename = "where")]
    pub place: String,
    /// As it is served.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<Value>,
    /// As it is configured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<Value>,
}

/// How a change is marked for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Added,
    Changed,
    Removed,
    NotCompared,
}

impl ForeignChange {
    pub(super) fn added(noun: &str, place: impl Into<String>, after: Value) -> Self {
        Self {
            what: format!("{noun} added"),
            place: place.into(),
            before: None,
            after: Some(after),
        }
    }

    pub(super) fn removed(noun: &str, place: impl Into<String>, before: Value) -> Self {
        Self {
            what: format!("{noun} removed"),
            place: place.into(),
            before: Some(before),
            after: None,
        }
    }

    pub(super) fn changed(
        noun: &str,
        place: impl Into<String>,
        before: Value,
        after: Value,
    ) -> Self {
        Self {
            what: format!("{noun} changed"),
            place: place.into(),
            before: Some(before),
            after: Some(after),
        }
    }

    /// Added, removed or changed, or nothing where both sides are the same.
    pub(super) fn between(
        noun: &str,
        place: &str,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Option<Self> {
        match (before, after) {
            (None, None) => None,
            (None, Some(after)) => Some(Self::added(noun, place, after)),
            (Some(before), None) => Some(Self::removed(noun, place, before)),
            (Some(before), Some(after)) if before == after => None,
            (Some(before), Some(after)) => Some(Self::changed(noun, place, before, after)),
        }
    }

    /// What could not be compared, with the reason.
    pub(super) fn not_compared(scope: Scope, why: Why) -> Self {
        Self {
            what: NOT_COMPARED.to_owned(),
            place: scope.as_str().to_owned(),
            before: Some(Value::String(format!("unknown: {}", why.as_str()))),
            after: None,
        }
    }

    /// Whether there is something, or only nobody can tell. A reason of a later version
    /// counts as none that this one can do something about.
    fn certainty(&self) -> Certainty {
        match self.mark() {
            Mark::Added | Mark::Changed | Mark::Removed => Certainty::Certain,
            Mark::NotCompared => self.why().map_or(Certainty::Untold, Why::certainty),
        }
    }

    /// Why it could not be compared.
    pub(super) fn why(&self) -> Option<Why> {
        Why::of(self.before.as_ref()?.as_str()?.strip_prefix("unknown: ")?)
    }

    #[must_use]
    pub fn mark(&self) -> Mark {
        match self.what.rsplit(' ').next() {
            _ if self.what == NOT_COMPARED => Mark::NotCompared,
            Some("added") => Mark::Added,
            Some("removed") => Mark::Removed,
            Some(_) | None => Mark::Changed,
        }
    }

    /// What is changed, without the word that the mark says.
    #[must_use]
    pub fn noun(&self) -> &str {
        match self.mark() {
            Mark::NotCompared => &self.what,
            Mark::Added | Mark::Changed | Mark::Removed => {
                self.what.rsplit_once(' ').map_or(self.what.as_str(), |(noun, _)| noun)
            }
        }
    }

    fn key(&self) -> (&str, &str, String, String) {
        let text = |value: &Option<Value>| value.as_ref().map(Value::to_string).unwrap_or_default();
        (&self.place, &self.what, text(&self.before), text(&self.after))
    }
}

/// What may have to be left uncompared, each as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Everything that GetRestApi and GetResources tell.
    Configuration,
    Routes,
    /// What an export alone tells of methods and of the API.
    Integrations,
    Responses,
}

impl Scope {
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
        changes.sort_by(|one, other| one.key().cmp(&other.key()));
        changes.dedup();
        let digest = Digest::of(&changes);
        Self { changes, digest }
    }

    /// With what a deployment to a stage may ship whose description and export disagree.
    #[must_use]
    pub fn with_contradiction(mut self) -> Self {
        self.changes.push(ForeignChange::not_compared(Scope::Responses, Why::Contradiction));
        Self::new(self.changes)
    }

    #[must_use]
    pub fn changes(&self) -> &[ForeignChange] {
        &self.changes
    }

    /// The digest of the sorted list.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether something on the list is certain; if not, whether all of it could not be
    /// read, which a permission may mend.
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
        let name = |change: &ForeignChange| format!("{} ({})", change.what, change.place);
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
        const LISTED: [&str; 13] = [
            "gateway response",
            "route",
            "authorization",
            "authorizer",
            "API key",
            "request validator",
            "integration type",
            "integration method",
            "integration uri",
            "integration VPC link",
            "resource policy",
            "binary media types",
            "default endpoint",
        ];
        let beyond: Vec<ForeignChange> = self
            .changes
            .iter()
            .filter(|change| !LISTED.contains(&change.noun()))
            .cloned()
            .collect();
        (!beyond.is_empty()).then(|| Self::new(beyond))
    }

    /// Whether a scope was left uncompared, and with this list is accepted so.
    pub(super) fn leaves_out(&self, scope: Scope) -> bool {
        self.changes
            .iter()
            .any(|change| change.what == NOT_COMPARED && change.place == scope.as_str())
    }
}
