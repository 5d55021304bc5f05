//! What the verbs share: the files, the connections, the selection, saved documents.

pub mod access;
pub mod connect;
pub mod exports;
pub mod near;
pub mod pace;
pub mod record;
pub mod saved;
pub mod typed;
pub mod verbosity;
