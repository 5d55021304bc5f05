//! How a run ends: an exit code, and on stderr the reasons that it follows from.

use std::collections::BTreeSet;

use super::console::Console;
use super::exit::{Exit, Signal};
use crate::report::reason::{Reason, ReasonKind, UNCHANGED};

/// How far a run came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    /// No API was read or completed.
    #[default]
    Nothing,
    /// An API was read, and nothing was written.
    Read,
    /// Something was written, or may have been.
    Written,
}

/// How a run ends. Only a reason makes the code other than 0 or 2, and a reason counts by
/// being printed: so no such code is without its reason on stderr, also with `--quiet`.
#[must_use]
#[derive(Debug, Default)]
pub struct ExitStatus {
    reached: Reached,
    differs: bool,
    kinds: BTreeSet<ReasonKind>,
    signal: Option<Signal>,
}

impl ExitStatus {
    /// Of a run that could not do what was asked of it.
    pub fn of(reason: &Reason, console: &Console) -> Self {
        let mut status = Self::default();
        status.because(reason, console);
        status
    }

    /// Of a run that an error ended.
    pub fn of_error(error: &anyhow::Error, console: &Console) -> Self {
        let mut status = Self::default();
        status.because_of_error(error, console);
        status
    }

    /// Of a run that a signal ended before it wrote anything.
    pub fn interrupted(signal: Signal, console: &Console) -> Self {
        let mut status = Self::default();
        status.interrupted_by(signal, UNCHANGED, console);
        status
    }

    /// Prints a reason.
    pub fn because(&mut self, reason: &Reason, console: &Console) {
        console.reason(reason);
        self.kinds.insert(reason.kind);
    }

    /// Prints an error with its causes.
    pub fn because_of_error(&mut self, error: &anyhow::Error, console: &Console) {
        self.because(&Reason::verbatim(ReasonKind::Failed, &format!("{error:#}")), console);
    }

    /// Prints several reasons.
    pub fn because_of<'a>(
        &mut self,
        reasons: impl IntoIterator<Item = &'a Reason>,
        console: &Console,
    ) {
        for reason in reasons {
            self.because(reason, console);
        }
    }

    /// Prints that a signal ended the run, and what that means.
    pub fn interrupted_by(&mut self, signal: Signal, meaning: &str, console: &Console) {
        console.reason(&Reason::failed(&format!("interrupted: {meaning}")));
        self.signal = Some(signal);
    }

    /// The run came as far as this, or further.
    pub fn reach(&mut self, reached: Reached) {
        self.reached = self.reached.max(reached);
    }

    /// Something differs, and the code is to say so.
    pub fn differ(&mut self) {
        self.differs = true;
    }

    /// Where several codes apply, the first in this order: interrupted, error, incomplete,
    /// refused, differences, done.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let Self { reached, differs, kinds, signal } = self;
        match (signal, reached) {
            (Some(Signal::Interrupt), _) => Exit::Interrupted,
            (Some(Signal::Terminate), _) => Exit::Terminated,
            (None, Reached::Nothing) if kinds.contains(&ReasonKind::Failed) => Exit::Error,
            (None, _) if kinds.contains(&ReasonKind::Failed) => Exit::Incomplete,
            (None, Reached::Written) if kinds.contains(&ReasonKind::Refused) => Exit::Incomplete,
            (None, _) if kinds.contains(&ReasonKind::Refused) => Exit::Refused,
            (None, _) if *differs => Exit::Differences,
            (None, _) => Exit::Done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_follows_from_the_reasons_and_from_how_far_the_run_came() {
        use ReasonKind::{Failed, Refused};
        let code = |reached, differs, kinds: &[ReasonKind], signal| {
            let kinds = kinds.iter().copied().collect();
            ExitStatus { reached, differs, kinds, signal }.exit().code()
        };
        assert_eq!(code(Reached::Read, false, &[], None), 0);
        assert_eq!(code(Reached::Read, true, &[], None), 2);
        assert_eq!(code(Reached::Nothing, true, &[Failed, Refused], None), 1);
        assert_eq!(code(Reached::Read, true, &[Failed, Refused], None), 3);
        assert_eq!(code(Reached::Written, false, &[Failed], None), 3);
        assert_eq!(code(Reached::Written, false, &[Refused], None), 3);
        assert_eq!(code(Reached::Read, true, &[Refused], None), 4);
        assert_eq!(code(Reached::Nothing, false, &[Refused], None), 4);
        assert_eq!(code(Reached::Nothing, false, &[Failed], Some(Signal::Interrupt)), 130);
        assert_eq!(code(Reached::Written, true, &[], Some(Signal::Terminate)), 143);
    }
}
