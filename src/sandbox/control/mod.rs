//! The control plane: routes, operations, patches, limits and faults.

pub mod admin;
pub mod audit;
pub mod constraints;
pub mod dispatch;
pub mod engine;
pub mod faults;
pub mod generic_patch;
pub mod operations;
pub mod patch;
pub mod patch_operation;
pub mod policy;
pub mod quota;
pub mod route;
pub mod stage_patch;
pub mod sts;
