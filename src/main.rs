//! `gwr`: parse, run, exit code; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(gateway_responses::run(std::env::args_os()).code())
}
