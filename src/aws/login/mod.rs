//! Credentials, profiles, regions; the account that they belong to.

pub mod chain;
pub mod connect;
pub mod credentials;
pub mod profile;
pub mod setup;
pub mod sts;
