//! What was shipped after all: the new deployment's summary against the old one's, and
//! the export after a stage was moved against the one before.
//!
//! Here the two sides have the same shape, so everything in an export counts, also what
//! the comparison before the write leaves out because only one side can state it:
//! mapping templates, models, timeouts, documentation.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::change::{Foreign, ForeignChange, ForeignEdit, ForeignSubject, THE_API};
use super::policy::normalized;
use super::sides::{AUTH, BINARY_MEDIA_TYPES, INTEGRATION, POLICY, VALIDATOR, members, verb};
use super::view::summary_changes;
use super::why::Scope;
use crate::state::observed::{DeploymentSummary, Export};

/// Routes of a new deployment that no plan listed before it was made.
///
/// `configured` is what the plan was made with: everything in which it differs from
/// what was served is on the list. Where the old summary is not known, the new one
/// must be what the plan was made with.
#[must_use]
pub fn unlisted_routes(
    served: Option<&DeploymentSummary>,
    configured: &DeploymentSummary,
    new: &DeploymentSummary,
) -> Foreign {
    let differences = |from, to| summary_changes(from, to, |_| None);
    Foreign::new(match served {
        None => differences(configured, new),
        Some(served) => {
            let listed = differences(served, configured);
            let mut shipped = differences(served, new);
            shipped.retain(|change| !listed.contains(change));
            shipped
        }
    })
}

/// Everything but gateway responses, version and servers in which the export of a moved
/// stage differs from the one before, and which is not on the list.
#[must_use]
pub fn unlisted_in_export(before: &Export, after: &Export, listed: &Foreign) -> Foreign {
    let mut changes = Vec::new();
    root_changes(&before.rest, &after.rest, listed, &mut changes);
    let words = |disabled: bool| json!(if disabled { "disabled" } else { "enabled" });
    if before.endpoint_disabled != after.endpoint_disabled {
        let (was, now) = (words(before.endpoint_disabled), words(after.endpoint_disabled));
        let change = ForeignChange::changed(ForeignSubject::DefaultEndpoint, THE_API, was, now);
        if !listed.changes().contains(&change) {
            changes.push(change);
        }
    }
    // What was accepted without being looked at is accepted.
    if listed.leaves_out(Scope::Configuration) {
        changes.clear();
    } else if listed.leaves_out(Scope::Integrations) {
        let route = ForeignSubject::Route;
        changes.retain(|change| {
            change.is(&route, ForeignEdit::Added) || change.is(&route, ForeignEdit::Removed)
        });
    }
    Foreign::new(changes)
}

fn root_changes(before: &Value, after: &Value, listed: &Foreign, out: &mut Vec<ForeignChange>) {
    let says = Listed { listed };
    for key in keys(before, after) {
        let (was, now) = (before.get(key), after.get(key));
        if was == now {
            continue;
        }
        match key {
            "paths" => path_changes(was, now, &says, out),
            "components" => component_changes(was, now, &says, out),
            POLICY => {
                let policy = |value: Option<&Value>| value.map(normalized);
                if !says.policy(now) {
                    let (subject, was, now) =
                        (ForeignSubject::ResourcePolicy, policy(was), policy(now));
                    out.extend(ForeignChange::between(subject, THE_API, was, now));
                }
            }
            BINARY_MEDIA_TYPES => {
                if !says.binary_media_types(was, now) {
                    let subject = ForeignSubject::BinaryMediaTypes;
                    out.extend(between(subject, THE_API, was, now));
                }
            }
            // Definitions that come or go with what uses them.
            "x-amazon-apigateway-request-validators"
                if says.routes_or(&ForeignSubject::RequestValidator) => {}
            _ => out.extend(between(other(key), THE_API, was, now)),
        }
    }
}

fn path_changes(
    before: Option<&Value>,
    after: Option<&Value>,
    says: &Listed<'_>,
    out: &mut Vec<ForeignChange>,
) {
    let route = ForeignSubject::Route;
    let (before, after) = (before.unwrap_or(&Value::Null), after.unwrap_or(&Value::Null));
    for path in keys(before, after) {
        let (was, now) = (before.get(path), after.get(path));
        let (was, now) = (was.unwrap_or(&Value::Null), now.unwrap_or(&Value::Null));
        for key in keys(was, now) {
            let (was, now) = (was.get(key), now.get(key));
            let Some(method) = verb(key) else {
                out.extend(between(other(key), Some(path), was, now));
                continue;
            };
            let place = format!("{method} {path}");
            match (was, now) {
                (Some(was), Some(now)) => operation_changes(&place, was, now, says, out),
                (None, Some(now)) if !says.at(&place, &route, ForeignEdit::Added) => {
                    out.push(ForeignChange::added(route.clone(), Some(&place), gist(now)));
                }
                (Some(was), None) if !says.at(&place, &route, ForeignEdit::Removed) => {
                    out.push(ForeignChange::removed(route.clone(), Some(&place), gist(was)));
                }
                (None | Some(_), None) | (None, Some(_)) => {}
            }
        }
    }
}

/// Where a route leads, for people; the whole operation would be a page.
fn gist(operation: &Value) -> Value {
    let integration = operation.get(INTEGRATION);
    let text = |key: &str| integration.and_then(|one| one.get(key)).and_then(Value::as_str);
    let parts: Vec<&str> = ["type", "httpMethod", "uri"].into_iter().filter_map(text).collect();
    json!(parts.join(" "))
}

fn operation_changes(
    place: &str,
    before: &Value,
    after: &Value,
    says: &Listed<'_>,
    out: &mut Vec<ForeignChange>,
) {
    for key in keys(before, after) {
        let (was, now) = (before.get(key), after.get(key));
        if was == now {
            continue;
        }
        match key {
            INTEGRATION => integration_changes(place, was, now, says, out),
            "security" | AUTH => {
                let subject = ForeignSubject::Authorization;
                let listed = [&subject, &ForeignSubject::ApiKey, &ForeignSubject::Authorizer];
                if !listed.iter().any(|subject| says.at(place, subject, ForeignEdit::Changed)) {
                    out.extend(between(subject, Some(place), was, now));
                }
            }
            VALIDATOR => {
                let subject = ForeignSubject::RequestValidator;
                if !says.about(place, &subject) {
                    out.extend(between(subject, Some(place), was, now));
                }
            }
            _ => out.extend(between(other(key), Some(place), was, now)),
        }
    }
}

fn integration_changes(
    place: &str,
    before: Option<&Value>,
    after: Option<&Value>,
    says: &Listed<'_>,
    out: &mut Vec<ForeignChange>,
) {
    let (before, after) = (before.unwrap_or(&Value::Null), after.unwrap_or(&Value::Null));
    // Another type has other members.
    let is_other_type = says.at(place, &ForeignSubject::IntegrationType, ForeignEdit::Changed);
    for key in keys(before, after) {
        let (was, now) = (before.get(key), after.get(key));
        if was == now {
            continue;
        }
        let vpc_link = ForeignSubject::IntegrationVpcLink;
        let (subject, is_named) = match key {
            "type" => (ForeignSubject::IntegrationType, true),
            "httpMethod" => (ForeignSubject::IntegrationMethod, true),
            "uri" => (ForeignSubject::IntegrationUri, true),
            "connectionId" => (vpc_link, true),
            "connectionType" if says.at(place, &vpc_link, ForeignEdit::Changed) => continue,
            member => (ForeignSubject::Integration(member.to_owned()), false),
        };
        let is_listed = if is_named { says.becomes(place, &subject, now) } else { is_other_type };
        if !is_listed {
            out.push(ForeignChange::changed(subject, Some(place), was.cloned(), now.cloned()));
        }
    }
}

fn component_changes(
    before: Option<&Value>,
    after: Option<&Value>,
    says: &Listed<'_>,
    out: &mut Vec<ForeignChange>,
) {
    let (before, after) = (before.unwrap_or(&Value::Null), after.unwrap_or(&Value::Null));
    for group in keys(before, after) {
        let (was, now) = (before.get(group), after.get(group));
        let (was, now) = (was.unwrap_or(&Value::Null), now.unwrap_or(&Value::Null));
        let subject = match group {
            "schemas" => ForeignSubject::Model,
            "securitySchemes" => ForeignSubject::SecurityScheme,
            group => other(group),
        };
        // They come and go with the routes that use them.
        let follows = match group {
            "securitySchemes" => {
                says.routes_or(&ForeignSubject::Authorization)
                    || says.routes_or(&ForeignSubject::ApiKey)
                    || says.routes_or(&ForeignSubject::Authorizer)
            }
            _ => says.routes_or(&ForeignSubject::Route),
        };
        for name in keys(was, now) {
            let (was, now) = (was.get(name), now.get(name));
            let comes_or_goes = was.is_none() || now.is_none();
            if !(comes_or_goes && follows) {
                out.extend(between(subject.clone(), Some(name), was, now));
            }
        }
    }
}

fn other(key: &str) -> ForeignSubject {
    ForeignSubject::Other(key.to_owned())
}

fn between(
    subject: ForeignSubject,
    place: Option<&str>,
    before: Option<&Value>,
    after: Option<&Value>,
) -> Option<ForeignChange> {
    ForeignChange::between(subject, place, before.cloned(), after.cloned())
}

/// What was listed before the deployment.
struct Listed<'a> {
    listed: &'a Foreign,
}

/// A listed difference.
struct Entry<'a> {
    subject: &'a ForeignSubject,
    edit: ForeignEdit,
    place: Option<&'a str>,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
}

impl Listed<'_> {
    fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.listed.changes().iter().filter_map(|change| match change {
            ForeignChange::Differs { subject, edit, place, before, after } => Some(Entry {
                subject,
                edit: *edit,
                place: place.as_deref(),
                before: before.as_ref(),
                after: after.as_ref(),
            }),
            ForeignChange::NotCompared { .. } | ForeignChange::Unknown(_) => None,
        })
    }

    fn of(&self, subject: &ForeignSubject) -> impl Iterator<Item = Entry<'_>> {
        self.entries().filter(move |entry| entry.subject == subject)
    }

    fn at(&self, place: &str, subject: &ForeignSubject, edit: ForeignEdit) -> bool {
        self.of(subject).any(|entry| entry.place == Some(place) && entry.edit == edit)
    }

    /// With any edit.
    fn about(&self, place: &str, subject: &ForeignSubject) -> bool {
        self.of(subject).any(|entry| entry.place == Some(place))
    }

    /// Changed to this value.
    fn becomes(&self, place: &str, subject: &ForeignSubject, to: Option<&Value>) -> bool {
        let same = |listed: Option<&Value>| match (listed, to) {
            (Some(Value::String(listed)), Some(Value::String(to))) => {
                listed == to
                    || (*subject != ForeignSubject::IntegrationUri
                        && listed.eq_ignore_ascii_case(to))
            }
            (listed, to) => listed == to,
        };
        self.of(subject).any(|entry| {
            entry.place == Some(place) && entry.edit == ForeignEdit::Changed && same(entry.after)
        })
    }

    fn policy(&self, now: Option<&Value>) -> bool {
        let now = now.map(normalized);
        self.of(&ForeignSubject::ResourcePolicy).any(|entry| entry.after == now.as_ref())
    }

    fn binary_media_types(&self, was: Option<&Value>, now: Option<&Value>) -> bool {
        let set = |value: Option<&Value>| -> BTreeSet<String> {
            let texts = value.and_then(Value::as_array).into_iter().flatten();
            texts.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let (was, now) = (set(was), set(now));
        let listed = |text: &String, edit: ForeignEdit| {
            self.of(&ForeignSubject::BinaryMediaType).any(|entry| {
                entry.edit == edit && entry.after.or(entry.before) == Some(&json!(text))
            })
        };
        now.difference(&was).all(|text| listed(text, ForeignEdit::Added))
            && was.difference(&now).all(|text| listed(text, ForeignEdit::Removed))
    }

    /// Whether routes were added, removed or changed, or this anywhere.
    fn routes_or(&self, subject: &ForeignSubject) -> bool {
        self.entries()
            .any(|entry| entry.subject == subject || *entry.subject == ForeignSubject::Route)
    }
}

/// The keys of both objects, each once, in order.
fn keys<'a>(one: &'a Value, other: &'a Value) -> BTreeSet<&'a str> {
    members(Some(one)).chain(members(Some(other))).map(|(key, _)| key.as_str()).collect()
}
