//! The verbs, one file each.

pub mod apply;
pub mod apply_result;
pub mod deployments;
pub mod drift;
pub mod explain;
pub mod import;
pub mod init;
pub mod plan;
pub mod policy;
pub mod rollback;
pub mod sandbox;
pub mod schema;
pub mod shell;
pub mod show;
pub mod validate;
