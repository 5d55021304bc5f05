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

pub mod rules;

mod finding;
pub mod fix;
pub mod report;

#[cfg(test)]
mod tests;

pub use crate::diagnostic::rule::Rule;
pub use crate::diagnostic::rules::RULES;
pub use finding::{Finding, Spot};

use crate::model::{Customization, ResponseType};
use crate::state::desired::{DesiredApi, DesiredResponse};
use crate::state::effective::is_customisable;

/// Everything that the rules have to say of an API, less what its `allow` entries
/// silence; in the order of the types, what concerns the whole API last.
#[must_use]
pub fn lint(api: &DesiredApi) -> Vec<Finding> {
    let mut found = Vec::new();
    for (response_type, response) in customized(api) {
        rules::types::check(response_type, response, &mut found);
        rules::headers::check(response_type, response, &mut found);
        rules::templates::check(response_type, response, &inherits(api, response_type), &mut found);
    }
    rules::family::check(api, &mut found);
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
