//! gwr: a declarative reconciler for the gateway responses of Amazon API Gateway REST APIs.
//!
//! There are three states, and every part of the program says which one it means: what the
//! file says (*desired*), what the API is configured to do (*configured*), and what a stage
//! answers with (*served*).
//!
//! ```text
//! gwr.toml ── config ──▶ Desired ──┐
//!                                  ├─ plan ─▶ Plan ─ review ─▶ Approved ─ apply: changes ─▶ deploy ─▶ move stages ─▶ verify ─▶ Outcome
//! AWS ── aws ── read ──▶ Observed ─┘            │                                                                              │
//!                                               └─ report: text · json · markdown · html ◀─────────────────────────────────────┘
//! ```
//!
//! Nothing flows back. `plan` is a total function of what was read: it reads nothing, waits
//! for nothing and cannot fail, so the same input gives the same plan. `apply` does what the
//! plan says or stops. Verifying is planning again: what is left after an apply is a defect.
//!
//! The modules are private. This page lists what a program that embeds gwr needs, in the
//! order in which the data flows; `ARCHITECTURE.md` describes the rooms.

#![forbid(unsafe_code)]

#[cfg(test)]
#[path = "../tests/support/named.rs"]
mod named;
#[cfg(test)]
use named::named_tests;

// The rooms, from the ground up.
mod model;

mod state;

mod diagnostic;

mod config;
mod lint;

mod aws;
mod plan;

mod read;
mod saved;

mod drift;
mod explain;
mod import;
mod policy;

mod apply;

mod page;
mod report;

mod cli;

#[cfg(feature = "sandbox")]
mod sandbox;

// The command line.
pub use cli::{Exit, run};

// The file, and the state that it asks for.
pub use config::{Loaded, load};
pub use state::desired::{Account, Desired, DesiredApi, Limits};

// The live APIs.
pub use aws::{Credentials, Gateway, Overrides, QuotaPolicy};
pub use read::{Entry, Look, Subject, plan, read, read_pointers};

// The plan, its document, and its approval.
pub use diagnostic::hazard::HazardId;
pub use plan::review::{Approval, review};
pub use plan::{Pace, Plan, Request};
pub use saved::plan::{Document, Summary};
pub use saved::restore::restore;
pub use saved::sealed::{digest as document_digest, open as open_document};

// Applying it, and undoing that.
pub use apply::context::{ApplyContext, DeployOptions, OnBadStage};
pub use apply::outcome::{End, Outcome};
pub use apply::record::{Record, Recorder, Verb};
pub use apply::rollback::{bring_configurations_back, bring_stages_back, plan_back};
pub use apply::run::execute;
pub use apply::verify::Patience;
// Documents and texts of a plan, and the words of records.
pub use report::apply_ending::WORDS;
pub use report::plan::render as render_plan;
pub use report::schema::of as document_schema;
pub use report::style::Colour;

// The embedded API Gateway.
#[cfg(feature = "sandbox")]
pub use sandbox::{Background, Options as SandboxOptions, Quirks, SandboxError, Seed};
