//! Findings with their lines: where a value was written, be it in a preset.

use super::check::lint;
use super::finding::{Finding, Spot};
use crate::config::Places;
use crate::diagnostic::message::Diagnostic;
use crate::diagnostic::place::Place;
use crate::state::desired::Desired;

/// The findings for every API, in the order of the files and of their
/// lines. What several APIs take from one preset is said once.
#[must_use]
pub fn diagnostics(desired: &Desired, places: &Places) -> Vec<Diagnostic> {
    let mut found: Vec<(Place, Finding)> = Vec::new();
    for api in &desired.apis {
        for finding in lint(api) {
            let Some(place) = place(&api.key, &finding, places) else { continue };
            let is_said = found.iter().any(|(other, said)| {
                said.message == finding.message
                    && said.rule == finding.rule
                    && other.file() == place.file()
                    && other.bytes() == place.bytes()
            });
            if !is_said {
                found.push((place, finding));
            }
        }
    }
    let mut diagnostics: Vec<Diagnostic> =
        found.iter().map(|(place, finding)| diagnostic(place, finding)).collect();
    diagnostics.sort_by(|one, other| {
        let order = |d: &Diagnostic| (d.file.clone(), d.line, d.column);
        order(one).cmp(&order(other))
    });
    diagnostics
}

pub(super) fn diagnostic(place: &Place, finding: &Finding) -> Diagnostic {
    let Finding { rule, severity, response_type: _, spot: _, message, help, fix } = finding;
    Diagnostic::about(place, *severity, message, help.as_deref()).of_rule(rule.id, fix.is_some())
}

/// Where the files say what a finding is about.
pub(super) fn place(api: &str, finding: &Finding, places: &Places) -> Option<Place> {
    let of = finding.response_type;
    match &finding.spot {
        Spot::Type => places.response_key(api, of?, &[]),
        Spot::Status => places.response_value(api, of?, &["status"]),
        Spot::HeaderName(name) => places.response_key(api, of?, &["headers", name.as_str()]),
        Spot::HeaderValue(name) => places.response_value(api, of?, &["headers", name.as_str()]),
        Spot::Template(media_type) => places.response_value(api, of?, &["templates", media_type]),
        Spot::MediaType(media_type) => places.response_key(api, of?, &["templates", media_type]),
        Spot::Allow(number) => places.allowed_rule(api, *number),
    }
}
