//! Backwards: which types, and which causes of them, can give an answer.

use super::{Answer, Cause, Certainty, ELSEWHERE, Elsewhere, ElsewhereStatus, causes};
use crate::model::{ResponseType, StatusCode};
use crate::state::effective::{Effective, own_status};

/// What somebody saw, as far as they say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    pub response_type: Option<ResponseType>,
    /// The status of the answer.
    pub status: Option<u16>,
    /// Its `x-amzn-ErrorType`; case counts for nothing.
    pub error_type: Option<String>,
}

/// The status that a cause is answered with: the one that is set, else its own. Which may
/// be another than its type's where it is open which type answers it.
#[must_use]
pub fn status_of(response_type: ResponseType, effective: &Effective, cause: &Cause) -> u16 {
    let set = effective.status.filter(|_| effective.status != own_status(response_type));
    set.map_or(cause.status, StatusCode::get)
}

impl Question {
    /// Whether it asks backwards, from an answer to what may have given it.
    #[must_use]
    pub const fn is_backwards(&self) -> bool {
        self.status.is_some() || self.error_type.is_some()
    }

    /// The causes for which an answer is what was seen; of a type that was not asked
    /// for, none.
    #[must_use]
    pub fn causes(&self, answer: &Answer) -> Vec<&'static Cause> {
        let response_type = answer.response_type;
        if self.response_type.is_some_and(|asked| asked != response_type) {
            return Vec::new();
        }
        causes(response_type).iter().filter(|cause| self.fits(answer, cause)).collect()
    }

    fn fits(&self, answer: &Answer, cause: &Cause) -> bool {
        let Answer { response_type, effective, assumed: _, notes: _ } = answer;
        let status = self.status.is_none_or(|seen| {
            let served = status_of(*response_type, effective, cause);
            served == seen || effective.family_status.is_some_and(|family| family.get() == seen)
        });
        status && self.fits_error_type(effective, cause.error_type)
    }

    /// Also by a header of that name that the response maps: whether AWS heeds it is not
    /// documented.
    fn fits_error_type(&self, effective: &Effective, own: &str) -> bool {
        let Some(seen) = &self.error_type else { return true };
        let mapped = effective
            .headers
            .iter()
            .filter(|(name, _)| name.as_str().eq_ignore_ascii_case("x-amzn-ErrorType"))
            .filter_map(|(_, value)| value.as_literal());
        std::iter::once(own).chain(mapped).any(|name| name.eq_ignore_ascii_case(seen))
    }

    /// The answers that are no gateway response and may be what was seen.
    #[must_use]
    pub fn elsewhere(&self) -> Vec<&'static Elsewhere> {
        let fits = |one: &&Elsewhere| {
            let status = match one.status {
                ElsewhereStatus::Any | ElsewhereStatus::NoAnswer => true,
                ElsewhereStatus::Only(status) => self.status.is_none_or(|seen| seen == status),
            };
            let error_type = match (one.error_type, &self.error_type) {
                (Some(known), Some(seen)) => known.eq_ignore_ascii_case(seen),
                (_, _) => true,
            };
            status && error_type
        };
        ELSEWHERE.iter().filter(fits).collect()
    }
}

/// Every name that `x-amzn-ErrorType` is known or guessed to have, sorted.
#[must_use]
pub fn error_types() -> Vec<&'static str> {
    let mut names: Vec<&str> =
        ResponseType::ALL.into_iter().flat_map(causes).map(|cause| cause.error_type).collect();
    names.sort_unstable();
    names.dedup();
    names
}

impl Certainty {
    /// What is to be said of a cause that is not wholly known.
    #[must_use]
    pub const fn remark(self) -> Option<&'static str> {
        match self {
            Self::Seen => None,
            Self::GuessedName => Some("the name of the error is inferred from similar errors"),
            Self::OpenType => Some("which type answers is not verified on AWS"),
        }
    }
}
