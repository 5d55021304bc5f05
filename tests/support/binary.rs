//! The binary, run as a person runs it, in a folder and an environment of its own.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Run {
    /// `None`: killed by a signal.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    pub fn new(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// Fails unless the run ended with this code, without a panic.
    #[track_caller]
    pub fn exits(&self, code: i32) -> &Self {
        assert!(!self.stderr.contains("panicked"), "{self}");
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Fails unless stderr is empty.
    #[track_caller]
    pub fn is_silent(&self) -> &Self {
        assert_eq!(self.stderr, "", "{self}");
        self
    }

    /// Fails unless stderr holds the text.
    #[track_caller]
    pub fn tells(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "no {text:?} in\n{self}");
        self
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, stdout, stderr } = self;
        write!(f, "exit {code:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---")
    }
}

/// The command in a folder, with invalid credentials, a tenth of the usual waits, and
/// nothing of the environment that could lead elsewhere.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gwr"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("AWS_CONFIG_FILE", folder.join("no-config"))
        .env("AWS_SHARED_CREDENTIALS_FILE", folder.join("no-credentials"))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "no-secret")
        .env("AWS_REGION", "us-east-1")
        .env("GWR_TEST_PACE", "0.1")
        .env("SOURCE_DATE_EPOCH", "1767225600")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs it to its end.
pub fn run(folder: &Path, arguments: &[&str]) -> Run {
    let run = Run::new(command(folder, arguments).output().expect("the binary runs"));
    super::documents::check(arguments, &run);
    run
}

/// The same with the usual waits: for tests of the quota itself.
pub fn run_at_full_pace(folder: &Path, arguments: &[&str]) -> Run {
    let mut command = command(folder, arguments);
    let run = Run::new(command.env_remove("GWR_TEST_PACE").output().expect("the binary runs"));
    super::documents::check(arguments, &run);
    run
}

/// Waits for one that was started by hand.
pub fn wait(child: Child) -> Run {
    Run::new(child.wait_with_output().expect("the binary ends"))
}
