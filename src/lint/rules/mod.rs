//! The lint rules, one subject a file.

pub mod directives;
pub mod family;
pub mod headers;
pub mod json;
pub mod named_status;
pub mod templates;
pub mod types;
pub mod variables;
