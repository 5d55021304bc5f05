//! What is legal and probably not meant: the lint rules.
//!
//! In: what the file says of an API. Out: findings, each of a rule of the catalogue,
//! about a spot of a response. Nothing is asked of AWS and nothing of the disk: the same
//! file gives the same findings, in `validate` as in `plan`.
//!
//! A rule that cries wolf is worse than none. Each one here holds for whatever AWS may
//! fill in; where a template could be meant and could work, nothing is said. The
//! exceptions that are left have `[[apis.X.allow]]`, with a reason.
//!
//! [`report`] finds the lines for the findings, [`fix`] repairs what is safe.

mod catalogue;
mod directives;
mod family;
mod finding;
pub mod fix;
mod headers;
mod json;
mod named_status;
pub mod report;
mod rule;
mod templates;
mod types;
mod variables;

#[cfg(test)]
mod tests;

pub use catalogue::RULES;
pub use finding::{Finding, Fix, Replacement, Spot};
pub use rule::{NoRule, Rule};

use crate::desired::{DesiredApi, DesiredResponse};
use crate::effective::is_customisable;
use crate::model::{Customization, ResponseType};

/// Everything that the rules have to say of an API, less what its `allow` entries
/// silence; in the order of the types, what concerns the whole API last.
#[must_use]
pub fn lint(api: &DesiredApi) -> Vec<Finding> {
    let mut found = Vec::new();
    for (response_type, response) in customized(api) {
        types::check(response_type, response, &mut found);
        headers::check(response_type, response, &mut found);
        templates::check(response_type, response, &inherits(api, response_type), &mut found);
    }
    family::check(api, &mut found);
    found.sort_by_key(|finding| finding.response_type);
    silence(api, found)
}

/// The types that the file customises, with what it says of them.
fn customized(api: &DesiredApi) -> impl Iterator<Item = (ResponseType, &Customization)> {
    api.responses.iter().filter_map(|(response_type, response)| match response {
        DesiredResponse::Customized(response) => Some((*response_type, response)),
        DesiredResponse::Default => None,
    })
}

/// The types that the file leaves to a family default, where it is one.
fn inherits(api: &DesiredApi, family: ResponseType) -> Vec<ResponseType> {
    let is_left = |of: &ResponseType| {
        matches!(api.responses.get(of), None | Some(DesiredResponse::Default))
            && of.family().default_type() == family
            && *of != family
            && is_customisable(*of)
    };
    ResponseType::ALL.into_iter().filter(is_left).collect()
}

fn silence(api: &DesiredApi, found: Vec<Finding>) -> Vec<Finding> {
    let mut used = vec![false; api.allows.len()];
    let mut left = Vec::new();
    for finding in found {
        let mut silenced = false;
        for (allow, used) in api.allows.iter().zip(&mut used) {
            let about = allow.response_type.is_none_or(|t| finding.response_type == Some(t));
            if allow.rule == finding.rule.id && about {
                *used = true;
                silenced = true;
            }
        }
        if !silenced {
            left.push(finding);
        }
    }
    let unused = api.allows.iter().enumerate().zip(used).filter(|(_, used)| !used);
    left.extend(unused.map(|((number, allow), _)| finding::unused_allow(number, allow)));
    left
}
