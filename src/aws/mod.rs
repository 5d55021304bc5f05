//! AWS: the only room that names the SDK.
//!
//! A [`Reader`] is one account and region, and only reads. A write needs a [`Writer`],
//! which only a [`Gateway`] hands out: what holds a [`Reader`] can never write. What is
//! read comes out as plain data (`observed`, `model`), what fails as an [`AwsError`]
//! with a message and a hint for people.
//!
//! Every attempt of every call takes its turn in the account's quota ([`QuotaPolicy`])
//! and every call ends within a time limit (`call::limits`). Deliberately absent: any
//! decision about what should be read or written, any printing, and any variable of
//! the environment that AWS has not documented.

pub mod create_deployment;
pub mod login;
pub mod reader;
pub mod stage_request;

mod call;
mod connection;
mod convert;
mod link;
mod writer;

#[cfg(test)]
mod tests;

pub use call::error::{AwsError, AwsErrorKind};
pub use call::quota::{QuotaPolicy, Wait};
pub use call::sent::Sent;
pub use connection::{Connection, Gateway, Reader};
pub use login::connect::{Credentials, Overrides};
pub use stage_request::StageAnswer;
pub use writer::Writer;
