//! Everything that writes: changes, deployment, stages, verification; records, and rollback.
//!
//! Decisions are made in `plan`. Here a plan is carried out, or the API stops.

pub mod changes;
pub mod context;
pub mod deploy;
pub mod outcome;
pub mod probe;
pub mod progress;
pub mod recheck;
pub mod record;
pub mod retry;
pub mod rollback;
pub mod run;
pub mod stage_move;
pub mod trace;
pub mod verify;
