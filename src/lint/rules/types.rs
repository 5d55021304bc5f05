//! Types whose customisation does not do what it seems to do.

use crate::diagnostic::rules::{FLATTENED_STATUS, NOT_CUSTOMISABLE, WAF_WINS};
use crate::lint::finding::{Finding, Spot};
use crate::model::{Customization, ResponseType};
use crate::state::effective::{is_customisable, own_status};

pub(crate) fn check(
    response_type: ResponseType,
    response: &Customization,
    found: &mut Vec<Finding>,
) {
    found.extend(flattened(response_type, response));
    if response_type == ResponseType::WafFiltered {
        let message = format!(
            "where AWS WAF has a custom response of its own, clients get that one and never this \
             {response_type}"
        );
        found.push(
            Finding::new(&WAF_WINS, response_type, Spot::Type, message)
                .help("look at the rules' custom responses, in WAF"),
        );
    }
    if !is_customisable(response_type) {
        let message = format!(
            "AWS accepts a customisation of {response_type} and ignores it: clients get the \
             built-in answer"
        );
        found.push(
            Finding::new(&NOT_CUSTOMISABLE, response_type, Spot::Type, message)
                .help("take the type out"),
        );
    }
}

/// Only `INTEGRATION_FAILURE` is several errors with statuses of their own.
fn flattened(response_type: ResponseType, response: &Customization) -> Option<Finding> {
    let status = response.status?;
    if own_status(response_type).is_some() || response_type.is_family_default() {
        return None;
    }
    let message = format!(
        "{response_type} answers {status} for every failure, where it would be 500, 502 or 504 by \
         what went wrong"
    );
    Some(
        Finding::new(&FLATTENED_STATUS, response_type, Spot::Status, message)
            .help("leave `status` out, or allow this rule and say what clients do with it"),
    )
}
