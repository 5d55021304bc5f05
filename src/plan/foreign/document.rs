//! The form of a foreign change in documents, and the one table of its words.
//!
//! The words are members of plan, record and drift documents, so they stay as they are.
//! A document of a later version may hold others: they are kept as they were read.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::change::{ForeignChange, ForeignEdit, ForeignSubject};
use super::why::{Scope, Why};

const NOT_COMPARED: &str = "not compared";
const WHOLE_API: &str = "the API";
const EDITS: [(ForeignEdit, &str); 3] = [
    (ForeignEdit::Added, "added"),
    (ForeignEdit::Changed, "changed"),
    (ForeignEdit::Removed, "removed"),
];

/// `{"what": "route added", "where": "GET /new", "after": …}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeDocument {
    /// `route added`, `integration uri changed`, `not compared`.
    pub what: String,
    /// `GET /orders`, `WAF_FILTERED`, `the API`.
    #[serde(rename = "where")]
    pub place: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<Value>,
}

impl ChangeDocument {
    /// In which order changes are listed.
    pub(super) fn sort_key(self) -> (String, String, String, String) {
        let text = |value: Option<Value>| value.map(|value| value.to_string()).unwrap_or_default();
        (self.place, self.what, text(self.before), text(self.after))
    }

    /// What happened; a word of a later version counts as a change.
    pub(super) fn edit(&self) -> Option<ForeignEdit> {
        (self.what != NOT_COMPARED)
            .then(|| self.parts().map_or(ForeignEdit::Changed, |(_, edit)| edit))
    }

    /// `route added` as `route` and what happened to it.
    fn parts(&self) -> Option<(&str, ForeignEdit)> {
        let (name, verb) = self.what.rsplit_once(' ')?;
        EDITS.into_iter().find(|(_, word)| *word == verb).map(|(edit, _)| (name, edit))
    }

    /// The name of what differs, without what happened to it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.parts().map_or(&self.what, |(name, _)| name)
    }

    #[must_use]
    pub fn is_of_whole_api(&self) -> bool {
        self.place == WHOLE_API
    }
}

impl From<ForeignChange> for ChangeDocument {
    fn from(change: ForeignChange) -> Self {
        match change {
            ForeignChange::Differs { subject, edit, place, before, after } => {
                let verb = match edit {
                    ForeignEdit::Added => "added",
                    ForeignEdit::Changed => "changed",
                    ForeignEdit::Removed => "removed",
                };
                let place = place.unwrap_or_else(|| WHOLE_API.to_owned());
                Self { what: format!("{} {verb}", subject.name()), place, before, after }
            }
            ForeignChange::NotCompared { scope, why } => Self {
                what: NOT_COMPARED.to_owned(),
                place: scope.as_str().to_owned(),
                before: Some(json!(format!("unknown: {}", why.as_str()))),
                after: None,
            },
            ForeignChange::Unknown(document) => document,
        }
    }
}

impl From<ChangeDocument> for ForeignChange {
    fn from(document: ChangeDocument) -> Self {
        if document.what == NOT_COMPARED {
            let why = document.before.as_ref().and_then(Value::as_str);
            let why = why.and_then(|text| Why::of(text.strip_prefix("unknown: ")?));
            return match (Scope::of(&document.place), why, &document.after) {
                (Some(scope), Some(why), None) => Self::NotCompared { scope, why },
                (None | Some(_), None | Some(_), None | Some(_)) => Self::Unknown(document),
            };
        }
        let Some((name, edit)) = document.parts() else { return Self::Unknown(document) };
        let subject = subject(name);
        let ChangeDocument { what: _, place, before, after } = document;
        let place = (place != WHOLE_API).then_some(place);
        Self::Differs { subject, edit, place, before, after }
    }
}

fn subject(name: &str) -> ForeignSubject {
    if let Some(subject) = ForeignSubject::NAMED.into_iter().find(|one| one.name() == name) {
        return subject;
    }
    match name.strip_prefix("integration ") {
        Some(member) => ForeignSubject::Integration(member.to_owned()),
        None => ForeignSubject::Other(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::foreign::Foreign;

    /// Every subject, edit, scope and reason, and words of a later version.
    fn documents() -> Vec<Value> {
        let names = ForeignSubject::NAMED.map(|subject| subject.name().into_owned());
        let others = ["integration timeoutInMillis", "x-later", "two words"].map(str::to_owned);
        let mut documents = Vec::new();
        for name in names.into_iter().chain(others) {
            documents.push(json!({"what": format!("{name} added"), "where": "GET /", "after": 1}));
            documents.push(
                json!({"what": format!("{name} removed"), "where": "the API", "before": [1]}),
            );
            documents.push(json!({"what": format!("{name} changed"), "where": "A", "after": ""}));
        }
        let reason = |why: &str| format!("unknown: {why}");
        for scope in Scope::ALL.map(Scope::as_str).into_iter().chain(["later"]) {
            for why in Why::ALL.map(Why::as_str).into_iter().chain(["later"]) {
                documents
                    .push(json!({"what": "not compared", "where": scope, "before": reason(why)}));
            }
        }
        documents.push(json!({"what": "route renamed", "where": "GET /", "before": 1, "after": 2}));
        documents.push(json!({"what": "later", "where": ""}));
        documents
    }

    #[test]
    fn a_document_is_written_as_it_was_read() {
        let mut known = 0;
        for document in documents() {
            let change: ForeignChange = serde_json::from_value(document.clone()).expect("a change");
            known += usize::from(!matches!(change, ForeignChange::Unknown(_)));
            assert_eq!(json!(change), document);
        }
        assert_eq!(known, 19 * 3 + Scope::ALL.len() * Why::ALL.len());
    }

    /// People have accepted these digests; rewording a document must not change them.
    #[test]
    fn digests_are_of_ids() {
        let digest = |changes: Vec<ForeignChange>| Foreign::new(changes).digest().to_string();
        let differs = |subject, edit, place: Option<&str>| ForeignChange::Differs {
            subject,
            edit,
            place: place.map(str::to_owned),
            before: Some(json!("a")),
            after: None,
        };
        let (scope, why) = (Scope::Responses, Why::Mirror);
        let all = vec![
            differs(ForeignSubject::Route, ForeignEdit::Removed, Some("GET /new")),
            differs(ForeignSubject::ResourcePolicy, ForeignEdit::Changed, None),
            differs(
                ForeignSubject::Integration("timeoutInMillis".to_owned()),
                ForeignEdit::Added,
                None,
            ),
            ForeignChange::NotCompared { scope, why },
        ];
        let ids = json!([
            {"before": "a", "change": "added", "subject": {"integration": "timeoutInMillis"}},
            {"before": "a", "change": "changed", "subject": "resource_policy"},
            {"before": "a", "change": "removed", "place": "GET /new", "subject": "route"},
            {"reason": "mirror", "scope": "responses"},
        ]);
        assert_eq!(digest(all.clone()), crate::state::digest::Digest::of(&ids).to_string());
        let reversed = all.iter().rev().cloned().collect();
        assert_eq!(digest(reversed), digest(all.clone()));
        assert_eq!(
            digest(all),
            "sha256:5863b425896ce1e5d58ce813d6a7c6134fa9f80c602eb7d586f8afc6105cfc32"
        );
        // No changes: also the digest in plans of gwr 0.1.
        assert_eq!(
            digest(Vec::new()),
            "sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
        );
    }
}
