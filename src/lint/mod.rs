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

mod check;
mod finding;
pub mod fix;
pub mod report;
mod rules;

#[cfg(test)]
mod tests;

pub use check::lint;
pub use finding::{Finding, Spot};
