//! Findings about text: severity, place, rendering; the tables of rules and hazards.

pub mod hazard;
pub mod message;
pub mod nearest;
pub mod place;
pub mod render;
pub mod rule;
pub mod rules;
pub mod severity;
pub mod source;
pub mod text;
