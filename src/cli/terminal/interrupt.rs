//! Ctrl-C and SIGTERM: the first lets finish what is in flight, the second ends now.

use std::io::Write as _;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::console::Console;
use super::exit::{Exit, Signal};

/// What an interrupt means for a run that writes.
pub const NOTHING_MORE: &str =
    "the calls in flight were finished and recorded, and no others were started";

/// Whether somebody asked to stop.
#[derive(Clone)]
pub struct Interrupt(watch::Receiver<Option<Signal>>);

impl Interrupt {
    /// Begins to listen. Must be called within the runtime. `last_words` go to stderr where
    /// the second signal ends the process.
    ///
    /// # Errors
    /// When the system refuses the handlers.
    pub fn listen(last_words: String) -> std::io::Result<Self> {
        let (send, receive) = watch::channel(None);
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::spawn(async move {
            loop {
                let (signal, exit) = tokio::select! {
                    _ = interrupt.recv() => (Signal::Interrupt, Exit::Interrupted),
                    _ = terminate.recv() => (Signal::Terminate, Exit::Terminated),
                };
                let is_second = send.borrow().is_some();
                if is_second || send.send(Some(signal)).is_err() {
                    let _ = std::io::stderr().write_all(last_words.as_bytes());
                    crate::cli::end_now(exit);
                }
            }
        });
        Ok(Self(receive))
    }

    /// What was asked for, if anything was.
    #[must_use]
    pub fn requested(&self) -> Option<Signal> {
        *self.0.borrow()
    }

    /// Goes on with work that writes, and says so at once where somebody asks to stop:
    /// whoever presses Ctrl-C and sees nothing presses it again, which ends at once.
    pub async fn finish<T>(&self, work: impl Future<Output = T>, console: &Console) -> T {
        let mut work = std::pin::pin!(work);
        tokio::select! {
            done = &mut work => return done,
            _ = self.wait() => {}
        }
        console.remark(
            "Interrupted: gwr finishes and records the call in flight and starts no other. \
             Press Ctrl-C again to stop at once.",
        );
        work.await
    }

    /// Waits until somebody asks to stop.
    pub async fn wait(&self) -> Signal {
        let mut receive = self.0.clone();
        loop {
            if let Some(signal) = *receive.borrow_and_update() {
                return signal;
            }
            if receive.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
