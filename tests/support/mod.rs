//! What the tests share: a server, a client that is not gwr's, and the binary.

pub mod back;
pub mod binary;
pub mod documents;
pub mod engine;
pub mod http;
pub mod named;
pub mod oracle;
pub mod server;
