//! gwr: a declarative reconciler for the gateway responses of Amazon API Gateway REST APIs.
//!
//! There are three truths, and every part of the program says which one it speaks of:
//! what the file says (*desired*), what the API is configured to do (*configured*), and
//! what a stage answers with (*served*).
//!
//! ```text
//! gwr.toml ── config ─▶ Desired ──┐
//!                                 ├─ plan ─▶ Plan ─ review ─▶ Approved ─ execute: apply ─▶ deploy ─▶ verify ─▶ Outcome
//! AWS ─── aws, read ──▶ Observed ─┘            │                                                                  │
//!                                              └─ report: text · json · markdown · html ◀─────────────────────────┘
//! ```
//!
//! Nothing flows back. [`plan`] is a total function of what was read: it reads nothing,
//! waits for nothing and cannot fail, so the same input gives the same plan. [`apply`]
//! does what the plan says or stops. Verifying is planning again: what is left after an
//! apply is a defect. The modules below stand in the order in which the data flows.

#![forbid(unsafe_code)]

// What is spoken of.
pub mod model;

pub mod extension;
pub mod partition;
pub mod visible;

// In: the file.
pub mod config;
pub mod desired;

// In: the live API.
pub mod aws;
pub mod observed;
pub mod read;

// Thinking: no clock, no network, no environment.
pub mod diff;
pub mod digest;
pub mod journal;

pub mod effective;
pub mod lint;

pub mod hazard;
pub mod plan;
pub mod review;
pub mod sealed;

// Looking: what differs, what could be written down, what may go, what is needed.
pub mod drift;
pub mod explain;
pub mod iam;
pub mod import;
pub mod prune;

// Doing: all APIs; one API, in the order of its steps; what is left behind; the way back.
pub mod execute;

pub mod apply;
pub mod deploy;
pub mod verify;

pub mod conflict;

pub mod probe;

pub mod disk;
pub mod record;

pub mod rollback;
pub mod trace;

// Out.
pub mod page;
pub mod report;

pub mod cli;

// Beside it all: an API Gateway to try it on.
#[cfg(feature = "sandbox")]
pub mod sandbox;
