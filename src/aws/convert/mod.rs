//! From the SDK's types to this program's.

pub mod export;
pub mod responses;
