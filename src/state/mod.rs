//! The three states (desired, observed, effective), and what compares and identifies them.

pub mod deployment_note;
pub mod desired;
pub mod diff;
pub mod digest;
pub mod effective;
pub mod export_shows;
pub mod observed;
