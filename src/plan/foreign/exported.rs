//! What was shipped after all: the new deployment's summary against the old one's, and
//! the export after a stage was moved against the one before.
//!
//! Here the two sides have the same shape, so everything in an export counts, also what
//! the comparison before the write leaves out because only one side can state it:
//! mapping templates, models, timeouts, documentation.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::change::{Foreign, ForeignChange, Mark, Scope, THE_API};
use super::policy::normalized;
use super::sides::{AUTH, BINARY_MEDIA_TYPES, INTEGRATION, POLICY, VALIDATOR, members, verb};
use super::view::summary_changes;
use crate::state::observed::{DeploymentSummary, Export};

/// Routes of a new deployment that nobody has seen before it was made.
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
        let change = ForeignChange::changed("default endpoint", THE_API, was, now);
        if !listed.changes().contains(&change) {
            changes.push(change);
        }
    }
    // What was accepted without being looked at is accepted.
    if listed.leaves_out(Scope::Configuration) {
        changes.clear();
    } else if listed.leaves_out(Scope::Integrations) {
        changes.retain(|change| matches!(change.what.as_str(), "route added" | "route removed"));
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
                    let (was, now) = (policy(was), policy(now));
                    out.extend(ForeignChange::between("resource policy", THE_API, was, now));
                }
            }
            BINARY_MEDIA_TYPES => {
                if !says.binary_media_types(was, now) {
                    let (was, now) = (was.cloned(), now.cloned());
                    out.extend(ForeignChange::between("binary media types", THE_API, was, now));
                }
            }
            // Definitions that come or go with what uses them.
            "x-amazon-apigateway-request-validators" if says.routes_or("request validator") => {}
            _ => out.extend(ForeignChange::between(key, THE_API, was.cloned(), now.cloned())),
        }
    }
}

fn path_changes(
    before: Option<&Value>,
    after: Option<&Value>,
    says: &Listed<'_>,
    out: &mut Vec<ForeignChange>,
) {
    let (before, after) = (before.unwrap_or(&Value::Null), after.unwrap_or(&Value::Null));
    for path in keys(before, after) {
        let (was, now) = (before.get(path), after.get(path));
        let (was, now) = (was.unwrap_or(&Value::Null), now.unwrap_or(&Value::Null));
        for key in keys(was, now) {
            let (was, now) = (was.get(key), now.get(key));
            let Some(method) = verb(key) else {
                out.extend(ForeignChange::between(key, path, was.cloned(), now.cloned()));
                continue;
            };
            let place = format!("{method} {path}");
            match (was, now) {
                (Some(was), Some(now)) => operation_changes(&place, was, now, says, out),
                (None, Some(now)) if !says.at(&place, "route added") => {
                    out.push(ForeignChange::added("route", place, gist(now)));
                }
                (Some(was), None) if !says.at(&place, "route removed") => {
                    out.push(ForeignChange::removed("route", place, gist(was)));
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
                let listed = ["authorization changed", "API key changed", "authorizer changed"];
                if !listed.iter().any(|what| says.at(place, what)) {
                    let (was, now) = (was.cloned(), now.cloned());
                    out.extend(ForeignChange::between("authorization", place, was, now));
                }
            }
            VALIDATOR => {
                if !says.about(place, "request validator") {
                    let (was, now) = (was.cloned(), now.cloned());
                    out.extend(ForeignChange::between("request validator", place, was, now));
                }
            }
            _ => out.extend(ForeignChange::between(key, place, was.cloned(), now.cloned())),
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
    // With another type everything else is another too.
    let other_type = says.at(place, "integration type changed");
    for key in keys(before, after) {
        let (was, now) = (before.get(key), after.get(key));
        if was == now {
            continue;
        }
        let noun = match key {
            "type" => "integration type".to_owned(),
            "httpMethod" => "integration method".to_owned(),
            "uri" => "integration uri".to_owned(),
            "connectionId" => "integration VPC link".to_owned(),
            "connectionType" if says.at(place, "integration VPC link changed") => continue,
            other => format!("integration {other}"),
        };
        let is_listed = match key {
            "type" | "httpMethod" | "uri" | "connectionId" => {
                says.becomes(place, &format!("{noun} changed"), now)
            }
            _ => other_type,
        };
        if !is_listed {
            out.push(ForeignChange {
                what: format!("{noun} changed"),
                place: place.to_owned(),
                before: was.cloned(),
                after: now.cloned(),
            });
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
        let noun = match group {
            "schemas" => "model",
            "securitySchemes" => "security scheme",
            other => other,
        };
        // They come and go with the routes that use them.
        let follows = match group {
            "securitySchemes" => {
                says.routes_or("authorization")
                    || says.routes_or("API key")
                    || says.routes_or("authorizer")
            }
            _ => says.routes_or("route"),
        };
        for name in keys(was, now) {
            let (was, now) = (was.get(name), now.get(name));
            let comes_or_goes = was.is_none() || now.is_none();
            if !(comes_or_goes && follows) {
                out.extend(ForeignChange::between(noun, name, was.cloned(), now.cloned()));
            }
        }
    }
}

/// Questions to the list.
struct Listed<'a> {
    listed: &'a Foreign,
}

impl Listed<'_> {
    fn at(&self, place: &str, what: &str) -> bool {
        self.listed.changes().iter().any(|change| change.place == place && change.what == what)
    }

    /// Whatever was done to it.
    fn about(&self, place: &str, noun: &str) -> bool {
        self.listed.changes().iter().any(|change| change.place == place && change.noun() == noun)
    }

    /// The same, and to this.
    fn becomes(&self, place: &str, what: &str, to: Option<&Value>) -> bool {
        let same = |listed: Option<&Value>| match (listed, to) {
            (Some(Value::String(listed)), Some(Value::String(to))) => {
                listed == to
                    || (what != "integration uri changed" && listed.eq_ignore_ascii_case(to))
            }
            (listed, to) => listed == to,
        };
        let mut changes = self.listed.changes().iter();
        changes.any(|change| {
            change.place == place && change.what == what && same(change.after.as_ref())
        })
    }

    fn policy(&self, now: Option<&Value>) -> bool {
        let now = now.map(normalized);
        self.listed.changes().iter().any(|change| {
            change.noun() == "resource policy" && change.after.as_ref() == now.as_ref()
        })
    }

    fn binary_media_types(&self, was: Option<&Value>, now: Option<&Value>) -> bool {
        let set = |value: Option<&Value>| -> BTreeSet<String> {
            let texts = value.and_then(Value::as_array).into_iter().flatten();
            texts.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let (was, now) = (set(was), set(now));
        let listed = |text: &String, mark: Mark| {
            self.listed.changes().iter().any(|change| {
                let value = change.after.as_ref().or(change.before.as_ref());
                change.noun() == "binary media type"
                    && change.mark() == mark
                    && value == Some(&json!(text))
            })
        };
        now.difference(&was).all(|text| listed(text, Mark::Added))
            && was.difference(&now).all(|text| listed(text, Mark::Removed))
    }

    /// Whether routes come or go, or something is done to this anywhere.
    fn routes_or(&self, noun: &str) -> bool {
        let named = |name: &str| name == noun || name == "route";
        self.listed.changes().iter().any(|change| named(change.noun()))
    }
}

/// The keys of both objects, each once, in order.
fn keys<'a>(one: &'a Value, other: &'a Value) -> BTreeSet<&'a str> {
    members(Some(one)).chain(members(Some(other))).map(|(key, _)| key.as_str()).collect()
}
