//! HTTP: the server, and how requests, answers and errors look on the wire.

pub mod accept;
pub mod access;
pub mod error;
pub mod hal;
pub mod host;
pub mod http;
pub mod ids;
pub mod pretty;
pub mod server;
pub mod time_text;
pub mod yaml;
