//! Reports: what people and programs get to read. Renders, and decides nothing.
//!
//! Every text that came from AWS or from the file goes through [`text::printable`]
//! before it reaches a terminal.

pub mod openmetrics;

pub mod apply_ending;
pub mod aws_error;
pub mod comments;
pub mod deployments;
pub mod drift;
pub mod explain;
pub mod foreign;
pub mod json;
pub mod lint;
mod markdown;
pub mod outcome;
pub mod plan;
pub mod probe;
pub mod progress;
pub mod reason;
pub mod record;
pub mod rollback;
pub mod sarif;
pub mod schema;
mod stages;
pub mod style;
pub mod text;
