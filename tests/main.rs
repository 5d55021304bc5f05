//! Tests from outside, all in one binary: each speaks to a real server, the embedded
//! API Gateway, over the real SDK.
//!
//! - `boundaries` reads the source: which room may name what.
//! - `cases` are folders of data: a live state, a file, and what comes of it.
//! - `cli` runs the binary: exit codes, signals, terminals, bad input.
//! - `converge` is the property that everything else serves: whatever was there,
//!   after an apply the stages serve what the file says, and nothing is left to do.
//! - `explain` holds what the verb says against what a client gets.
//! - `drift` and `hazards` run the verbs that look, and what apply refuses.
//! - `import` writes down whatever is there, and a plan of that has nothing to do.
//! - `language` finds phrases that readers did not understand, in sources, goldens and pages.
//! - `page` looks at the page of HTML, in a browser where there is one.
//! - `reference` makes `docs/reference.md` of the program.
//! - `sandbox` is about what attacks the sandbox itself: pages, and data folders.
//! - `foreign` is about undeployed work of others, and about canaries.

#![expect(clippy::expect_used, reason = "a test that cannot go on panics")]

mod boundaries;
mod cases;
mod cli;
mod converge;
mod drift;
mod explain;
mod foreign;
mod hazards;
mod import;
mod language;
mod page;
mod reference;
mod sandbox;
mod support;
