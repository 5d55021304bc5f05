//! AWS: the only room that names the SDK.
//!
//! A [`Reader`] is one account and region, and only reads. A write needs a [`Writer`],
//! which only a [`Gateway`] hands out: what holds a [`Reader`] can never write. What is
//! read comes out as plain data (`observed`, `model`), what fails as an [`AwsError`]
//! with a message and a hint for people.
//!
//! Every attempt of every call takes its turn in the account's quota ([`QuotaPolicy`])
//! and every call ends within a time limit ([`TimeLimits`]). Deliberately absent: any
//! decision about what should be read or written, any printing, and any variable of
//! the environment that AWS has not documented.

mod bucket;
mod call;
mod chain;
mod connect;
mod connection;
mod convert;
mod credentials;
mod deploy;
mod error;
mod export;
mod failure;
mod gateway;
mod http;
mod link;
mod probe;
mod profile;
mod quota;
mod sent;
mod text;
mod turn;
mod writer;

#[cfg(test)]
mod tests;

pub use bucket::Work;
pub use call::TimeLimits;
pub use connect::{Credentials, Overrides};
pub use connection::{Connection, Gateway, Reader};
pub use error::{AccessDenied, AwsError, AwsErrorKind};
pub use probe::StageAnswer;
pub use quota::{QuotaPolicy, Wait, WaitReason};
pub use sent::Sent;
pub use writer::Writer;
