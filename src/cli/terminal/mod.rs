//! The terminal: output, questions, signals, exit codes.

pub mod ask;
pub mod console;
pub mod exit;
pub mod exit_status;
pub mod interrupt;
