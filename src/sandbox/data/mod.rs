//! What the sandbox holds, in memory and in its data folder.

pub mod excerpt;
pub mod persist;
pub mod seed;
pub mod state;
pub mod store;
pub mod stored;
