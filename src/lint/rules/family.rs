//! A customised type inherits nothing from its family default.
//!
//! Only what the file says of the family default counts: what else the API may hold is
//! not known offline, and `lost-cors` tells of it in a plan.

use super::headers::named;
use crate::diagnostic::rules::{SHADOWED_CORS, SHADOWED_HEADERS};
use crate::lint::finding::{Finding, Fix, Spot};
use crate::model::{Customization, HeaderName, HeaderValue, ResponseType};
use crate::state::desired::DesiredApi;
use crate::state::effective::is_customisable;

pub(crate) fn check(api: &DesiredApi, found: &mut Vec<Finding>) {
    for (response_type, response) in api.customized() {
        let family = response_type.family().default_type();
        let default = api.customized().find(|(other, _)| *other == family);
        if let Some((_, default)) = default
            && response_type != family
            && is_customisable(response_type)
        {
            found.extend(shadowed_cors(response_type, response, family, default));
            found.extend(shadowed_headers(response_type, response, family, default));
        }
    }
}

const ORIGIN: &str = "access-control-allow-origin";

/// What counts in the answer to any request. The others (`-Allow-Headers`,
/// `-Allow-Methods`, `-Max-Age`) are read of a preflight that succeeded, which no gateway
/// response is.
const READ_OF_ANSWERS: [&str; 2] =
    ["access-control-allow-credentials", "access-control-expose-headers"];

fn shadowed_cors(
    response_type: ResponseType,
    response: &Customization,
    family: ResponseType,
    default: &Customization,
) -> Option<Finding> {
    let missing = missing(response, default, is_cors);
    let lacks = |name: &str| missing.iter().any(|(other, _)| other.lower() == name);
    let cause = if lacks(ORIGIN) {
        "cross-origin requests fail with a network error instead of the answer"
    } else if READ_OF_ANSWERS.into_iter().any(lacks)
        && named(response, ORIGIN)? == named(default, ORIGIN)?
    {
        "cross-origin requests can read less of this answer than of other errors"
    } else {
        return None;
    };
    let message = format!(
        "{response_type} has no {}, which {family} gives: a customised type inherits \
         nothing, so {cause}",
        listed(&missing)
    );
    let fix = Fix::Headers(
        missing.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
    );
    Some(
        Finding::new(&SHADOWED_CORS, response_type, Spot::Type, message)
            .help(format!("repeat the headers of {family} here"))
            .fix(Some(fix)),
    )
}

fn shadowed_headers(
    response_type: ResponseType,
    response: &Customization,
    family: ResponseType,
    default: &Customization,
) -> Option<Finding> {
    let missing = missing(response, default, |name| !is_cors(name));
    if missing.is_empty() {
        return None;
    }
    let message = format!(
        "{response_type} has no {}, which {family} gives: a customised type inherits \
         nothing",
        listed(&missing)
    );
    Some(
        Finding::new(&SHADOWED_HEADERS, response_type, Spot::Type, message)
            .help(format!("repeat the headers of {family} here, or allow this rule and say why")),
    )
}

/// The default's headers of that kind which the response has not.
fn missing<'a>(
    response: &Customization,
    default: &'a Customization,
    kind: impl Fn(&HeaderName) -> bool,
) -> Vec<(&'a HeaderName, &'a HeaderValue)> {
    default
        .headers
        .iter()
        .filter(|(name, _)| kind(name) && !response.headers.keys().any(|own| own.same_as(name)))
        .collect()
}

fn is_cors(name: &HeaderName) -> bool {
    name.lower().starts_with("access-control-")
}

fn listed(headers: &[(&HeaderName, &HeaderValue)]) -> String {
    headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
}
