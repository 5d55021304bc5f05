//! Ctrl-C and SIGTERM: the first lets finish what is in flight, the second ends now.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::console::Console;
use super::exit::Exit;

/// Whether somebody asked to stop.
#[derive(Clone)]
pub struct Interrupt(watch::Receiver<Option<Exit>>);

impl Interrupt {
    /// Begins to listen. Must be called within the runtime.
    ///
    /// # Errors
    /// When the system refuses the handlers.
    pub fn listen() -> std::io::Result<Self> {
        let (send, receive) = watch::channel(None);
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::spawn(async move {
            loop {
                let exit = tokio::select! {
                    _ = interrupt.recv() => Exit::Interrupted,
                    _ = terminate.recv() => Exit::Terminated,
                };
                if send.borrow().is_some() {
                    super::end_now(exit);
                }
                if send.send(Some(exit)).is_err() {
                    super::end_now(exit);
                }
            }
        });
        Ok(Self(receive))
    }

    /// What was asked for, if anything was.
    #[must_use]
    pub fn requested(&self) -> Option<Exit> {
        *self.0.borrow()
    }

    /// Goes on with work that writes, and says so at once where somebody asks to stop:
    /// whoever presses Ctrl-C and sees nothing presses it again, which ends at once.
    pub async fn told<T>(&self, work: impl Future<Output = T>, console: &Console) -> T {
        let mut work = std::pin::pin!(work);
        tokio::select! {
            done = &mut work => return done,
            _ = self.wait() => {}
        }
        console.remark(
            "Interrupted: the call in flight is finished and recorded, nothing new is begun. \
             Ctrl-C again ends at once.",
        );
        work.await
    }

    /// Waits until somebody asks to stop.
    pub async fn wait(&self) -> Exit {
        let mut receive = self.0.clone();
        loop {
            if let Some(exit) = *receive.borrow_and_update() {
                return exit;
            }
            if receive.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
