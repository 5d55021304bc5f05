//! Undeployed work of others: what a deployment would ship that gwr did not make.
//!
//! A deployment is of the whole API. Compared are what a stage serves and what is
//! configured, in three places: before anything is written ([`foreign_of`]), the
//! summary of the new deployment before a stage is moved ([`unlisted_routes`]), and the
//! stage's export after the move with the one before it ([`unlisted_in_export`]).
//! Everything here is pure.
//!
//! What testifies to what is served, best first:
//!
//! - the summary of the stage's deployment: routes, authorization types, API keys;
//! - gwr's own note in the deployment's description ([`crate::state::deployment_note::Ships`]): whether the rest of
//!   the configuration still is what was deployed, though not what differs;
//! - the export: integrations, validators, policy and the like. It is believed until
//!   exports are known to mirror the configuration, or this one is seen to (its routes
//!   are not its deployment's). A mirror that shows other routes than are configured is
//!   none, and is believed again.
//!
//! Where none of them speaks, that part is listed as not compared, and counts: an API
//! that others deployed is refused once under a mirroring service, and after the first
//! accepted deployment the note speaks for it.

mod change;
mod compare;
mod document;
mod exported;
mod policy;
mod sides;
#[cfg(test)]
mod tests;
mod view;
mod why;

pub use change::{Foreign, ForeignChange, ForeignEdit};
pub(super) use compare::{Comparison, foreign_of, ships, unread};
pub use compare::{foreign_responses, unlisted_responses, written_meanwhile};
pub use document::ChangeDocument;
pub use exported::{unlisted_in_export, unlisted_routes};
pub use why::Certainty;
