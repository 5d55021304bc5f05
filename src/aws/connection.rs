//! Who may do what: a [`Reader`] reads, a [`Gateway`] leads to a [`Writer`] as well.

use std::ops::Deref;
use std::sync::Arc;

use super::call::error::AwsError;
use super::call::quota::QuotaPolicy;
use super::link::Link;
use super::login::connect::{self, Credentials, Overrides};
use super::writer::Writer;
use crate::state::desired::Account;

/// One account and region of API Gateway, to be read and nothing else: there is no way
/// from here to a `Writer`. Clones are cheap and share connections, quota and the
/// count of calls.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(super) link: Arc<Link>,
}

/// One account and region of API Gateway, with leave to write: everything that a
/// `Reader` is, and the only way to a `Writer`.
///
/// Who connects decides: a verb that never writes asks for a `Reader` and cannot come
/// by anything more.
#[derive(Clone, Debug)]
pub struct Gateway {
    reader: Reader,
}

/// What an account can be connected to as.
pub trait Connection: Clone + Send + Sync + 'static {
    /// Resolves region, endpoint and credentials, and checks the account's id where
    /// the file states one. Nothing else is sent.
    ///
    /// # Errors
    /// No region, no usable credentials, another account than the file says, or an
    /// invalid endpoint.
    fn connect(
        account: &Account,
        overrides: &Overrides,
        credentials: Credentials,
        quota: QuotaPolicy,
    ) -> impl Future<Output = Result<Self, AwsError>>;

    fn reader(&self) -> &Reader;
}

impl Connection for Reader {
    async fn connect(
        account: &Account,
        overrides: &Overrides,
        credentials: Credentials,
        quota: QuotaPolicy,
    ) -> Result<Self, AwsError> {
        // Boxed: the SDK's futures are deep, and the compiler follows their layout to an end.
        let link = Box::pin(connect::connect(account, overrides, credentials, quota)).await?;
        Ok(Self { link: Arc::new(link) })
    }

    fn reader(&self) -> &Reader {
        self
    }
}

impl Connection for Gateway {
    async fn connect(
        account: &Account,
        overrides: &Overrides,
        credentials: Credentials,
        quota: QuotaPolicy,
    ) -> Result<Self, AwsError> {
        Self::connect(account, overrides, credentials, quota).await
    }

    fn reader(&self) -> &Reader {
        &self.reader
    }
}

impl Deref for Gateway {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Gateway {
    /// Resolves region, endpoint and credentials, and checks the account's id where
    /// the file states one. Nothing else is sent.
    ///
    /// # Errors
    /// No region, no usable credentials, another account than the file says, or an
    /// invalid endpoint.
    pub async fn connect(
        account: &Account,
        overrides: &Overrides,
        credentials: Credentials,
        quota: QuotaPolicy,
    ) -> Result<Self, AwsError> {
        let reader = <Reader as Connection>::connect(account, overrides, credentials, quota);
        Ok(Self { reader: reader.await? })
    }

    /// The only way to a write.
    #[must_use]
    pub fn writer(&self) -> Writer {
        Writer::new(Arc::clone(&self.link))
    }
}
