//! Runs the rules over an API and drops the findings that its `allow` entries suppress.

use super::finding::{self, Finding};
use super::rules;
use crate::model::ResponseType;
use crate::state::desired::{DesiredApi, DesiredResponse};
use crate::state::effective::is_customisable;

/// The findings of all rules for an API, without those that its `allow` entries
/// silence; in the order of the types, what concerns the whole API last.
#[must_use]
pub fn lint(api: &DesiredApi) -> Vec<Finding> {
    let mut found = Vec::new();
    for (response_type, response) in api.customized() {
        rules::types::check(response_type, response, &mut found);
        rules::headers::check(response_type, response, &mut found);
        rules::templates::check(response_type, response, &inherits(api, response_type), &mut found);
    }
    rules::family::check(api, &mut found);
    found.sort_by_key(|finding| finding.response_type);
    silence(api, found)
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
