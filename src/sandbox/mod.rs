//! An embedded API Gateway.
//!
//! The real SDK speaks the real wire protocol to it; nothing in the rest of the
//! program knows that it is there. It serves those who have no AWS account at
//! hand, shows what clients will see, and carries the tests.
//!
//! It is an independent reading of what is known about the service: it shares with the
//! reconciler the table of response types, and `page`, which knows nothing of the
//! service, so that one misreading cannot hide in both. What is known is cited where it is used; where
//! nobody knows, there is a quirk ([`Quirks`]).
//!
//! Deliberately absent: authentication, a cache, VTL, backends other than MOCK.

pub mod data;
pub mod stage;

mod control;
mod openapi;
mod options;
mod quirks;
mod wire;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use control::engine::Engine;

pub use control::policy::Policy;
pub use data::persist::DataError;
pub use data::seed::Seed;
pub use options::Options;
pub use quirks::Quirks;
pub(crate) use wire::http::ACCOUNT;

/// A sandbox that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The data directory cannot be used.
    #[error("the sandbox's data directory cannot be used")]
    Data(#[from] DataError),
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}")]
    Listen {
        /// Where.
        addr: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// What should be there from the beginning cannot be made.
    #[error("cannot make the sandbox's first APIs: {0}")]
    Seed(String),
    /// There is no thread or no runtime for it.
    #[error("cannot start a thread for the sandbox")]
    Thread(#[source] io::Error),
}

async fn listen(addr: SocketAddr) -> Result<(TcpListener, SocketAddr), SandboxError> {
    let failed = |source| SandboxError::Listen { addr, source };
    let listener = TcpListener::bind(addr).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Serves in the foreground until `shutdown` resolves. `ready` is told the
/// address once calls are taken.
///
/// # Errors
/// When the address or the data directory cannot be used.
pub async fn serve(
    addr: SocketAddr,
    options: Options,
    seeds: &[Seed],
    ready: impl FnOnce(SocketAddr),
    shutdown: impl Future<Output = ()>,
) -> Result<(), SandboxError> {
    let engine = Engine::new(options, seeds)?;
    let (listener, bound) = listen(addr).await?;
    ready(bound);
    wire::server::run((listener, bound), engine, shutdown).await;
    Ok(())
}

/// A sandbox on a thread of its own; it stops when this is dropped.
#[derive(Debug)]
pub struct Background {
    addr: SocketAddr,
    endpoint: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Starts a sandbox; calls are taken when this returns.
    ///
    /// # Errors
    /// When the address or the data directory cannot be used.
    pub fn start(addr: SocketAddr, options: Options, seeds: &[Seed]) -> Result<Self, SandboxError> {
        let engine = Engine::new(options, seeds)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let (told, heard) = mpsc::channel();
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => {
                    let _ = told.send(Err(SandboxError::Thread(error)));
                    return;
                }
            };
            runtime.block_on(async move {
                match listen(addr).await {
                    Ok((listener, bound)) => {
                        let _ = told.send(Ok(bound));
                        let stopped = async move {
                            let _ = stopped.await;
                        };
                        wire::server::run((listener, bound), engine, stopped).await;
                    }
                    Err(error) => {
                        let _ = told.send(Err(error));
                    }
                }
            });
        };
        let thread = std::thread::Builder::new()
            .name("gwr-sandbox".to_owned())
            .spawn(serve)
            .map_err(SandboxError::Thread)?;
        let addr = heard
            .recv()
            .map_err(|_| SandboxError::Thread(io::Error::other("the thread ended")))??;
        let endpoint = format!("http://{addr}");
        Ok(Self { addr, endpoint, stop: Some(stop), thread: Some(thread) })
    }

    /// The URL that clients call, as `http://127.0.0.1:4510`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The address that it listens on.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
