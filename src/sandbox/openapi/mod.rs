//! OpenAPI documents as the service exports and imports them.

pub mod integration;
pub mod read;
pub mod security;
pub mod write;
