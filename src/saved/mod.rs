//! Documents on disk: sealed, written whole or not at all, and read back.

pub mod disk;
pub mod plan;
pub mod restore;
pub mod sealed;
