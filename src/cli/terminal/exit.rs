//! Exit codes: a promise to scripts.

/// What asks a run to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, as of Ctrl-C.
    Interrupt,
    /// SIGTERM
    Terminate,
}

/// How a run ends. Where several apply, the first in this order counts:
/// interrupted, error, incomplete, refused, differences, done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done; nothing differs.
    Done,
    /// 1: bad usage, bad file, no credentials: nothing was written, and no API was
    /// completed or read.
    Error,
    /// 2: differences, where they were asked for.
    Differences,
    /// 3: something was done or read, and something else failed, was skipped as
    /// stale, or could not be read or verified.
    Incomplete,
    /// 4: refused, and nothing written.
    Refused,
    /// 130: SIGINT.
    Interrupted,
    /// 143: SIGTERM.
    Terminated,
}

impl Exit {
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Error => 1,
            Self::Differences => 2,
            Self::Incomplete => 3,
            Self::Refused => 4,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}
