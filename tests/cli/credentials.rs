//! Whose credentials sign: read off the wire, of a server that is no sandbox.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};

use super::*;

const CONFIG: &str = "\
[profile one]
region = eu-west-1
aws_access_key_id = ONE
aws_secret_access_key = secret
[profile two]
region = eu-west-1
aws_access_key_id = TWO
aws_secret_access_key = secret
[profile regional]
region = eu-west-1
[profile mfa]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/x
source_profile = one
mfa_serial = arn:aws:iam::123456789012:mfa/me
[profile beyond]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/y
source_profile = mfa
[profile lost]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/x
source_profile = nobody
";

/// A server without any API, which remembers who asked for what.
struct Listener {
    url: String,
    folder: tempfile::TempDir,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    fn new(accounts: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Some(seen) = answer(stream) {
                    all.lock().expect("no panic").push(seen);
                }
            }
        });
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("aws-config"), CONFIG).expect("a file");
        let listener = Self { url, folder, seen };
        listener.file(accounts);
        listener
    }

    fn file(&self, accounts: &str) {
        let api = |name: &str| {
            let has_own = accounts.contains(&format!("[accounts.{name}]"));
            let account = if has_own { format!("account = \"{name}\"\n") } else { String::new() };
            format!("[apis.{name}]\n{account}match = {{ name = \"{name}\" }}\n")
        };
        let two = if accounts.contains("[accounts.b]") { api("b") } else { String::new() };
        let text = format!("version = 1\n{accounts}{}{two}", api("a"));
        std::fs::write(self.folder.path().join("gwr.toml"), text).expect("a file");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut all = vec!["plan", "--progress", "never"];
        all.extend(arguments);
        let mut command = binary::command(self.folder.path(), &all);
        command
            .env("AWS_CONFIG_FILE", self.folder.path().join("aws-config"))
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_ACCESS_KEY_ID", "ENVIRONMENT");
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        Run::new(self.command(arguments).output().expect("the binary runs"))
    }

    /// Who asked, since this was looked at last.
    fn askers(&self) -> Vec<String> {
        let mut askers = std::mem::take(&mut *self.seen.lock().expect("no panic"));
        askers.sort();
        askers
    }
}

/// Answers one request with an empty list, and says whose signature it has.
fn answer(mut stream: TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|four| four == b"\r\n\r\n") {
        let mut some = [0; 4096];
        let number = stream.read(&mut some).ok().filter(|number| *number > 0)?;
        bytes.extend(&some[..number]);
    }
    let body = r#"{"item":[]}"#;
    // The client may be gone.
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    );
    let text = String::from_utf8_lossy(&bytes);
    let (_, credential) = text.split_once("Credential=")?;
    Some(credential.split('/').next()?.to_owned())
}

#[test]
fn a_profile_that_is_asked_for_signs_before_the_environment() {
    let listener = Listener::new("");
    listener.run(&["--profile", "one"]);
    assert_eq!(listener.askers(), ["ONE"]);
    listener.file("[accounts.a]\nprofile = \"two\"\n");
    listener.run(&[]);
    assert_eq!(listener.askers(), ["TWO"]);
    // The command line replaces the account's own.
    listener.run(&["--profile", "one"]);
    assert_eq!(listener.askers(), ["ONE"]);
}

#[test]
fn a_profile_of_the_environment_stays_behind_its_keys() {
    let listener = Listener::new("");
    let mut command = listener.command(&[]);
    command.env("AWS_PROFILE", "one").output().expect("the binary runs");
    assert_eq!(listener.askers(), ["ENVIRONMENT"]);
    let mut command = listener.command(&[]);
    command.env("AWS_PROFILE", "one").env_remove("AWS_ACCESS_KEY_ID");
    command.output().expect("the binary runs");
    assert_eq!(listener.askers(), ["ONE"]);
}

#[test]
fn each_account_signs_with_its_own_profile() {
    let listener =
        Listener::new("[accounts.a]\nprofile = \"one\"\n[accounts.b]\nprofile = \"two\"\n");
    listener.run(&[]);
    assert_eq!(listener.askers(), ["ONE", "TWO"]);
}

#[test]
fn a_profile_without_credentials_does_not_become_the_environment() {
    let listener = Listener::new("");
    listener.run(&["--profile", "regional"]).exits(1).tells("profile `regional` has none");
    assert!(listener.askers().is_empty());
}

#[test]
fn an_unknown_profile_is_named_and_nothing_is_asked() {
    let listener = Listener::new("");
    listener.run(&["--profile", "nope"]).exits(1).tells("there is no profile `nope`");
    listener.file("[accounts.a]\nprofile = \"none\"\nregion = \"eu-west-1\"\n");
    listener.run(&[]).exits(1).tells("there is no profile `none`");
    let lost = listener.run(&["--profile", "lost"]);
    lost.exits(1).tells("there is no profile `nobody`, which is the source of `lost`");
    assert!(listener.askers().is_empty());
}

#[test]
fn a_profile_with_mfa_is_told_before_anything_is_asked() {
    let listener = Listener::new("");
    let export = "aws configure export-credentials --profile mfa --format env";
    listener.run(&["--profile", "mfa"]).exits(1).tells("`mfa_serial`").tells(export);
    let beyond = listener.run(&["--profile", "beyond"]);
    beyond.exits(1).tells("profile `mfa`, a source of `beyond`, has `mfa_serial`");
    let mut command = listener.command(&[]);
    command.env("AWS_PROFILE", "mfa").env_remove("AWS_ACCESS_KEY_ID");
    Run::new(command.output().expect("the binary runs")).exits(1).tells(export);
    assert!(listener.askers().is_empty());
    // With the keys that were exported it works, and the profile gives the region.
    let mut command = listener.command(&[]);
    command.env("AWS_PROFILE", "mfa").output().expect("the binary runs");
    assert_eq!(listener.askers(), ["ENVIRONMENT"]);
}

#[test]
fn a_role_of_the_file_is_assumed_with_the_credentials_of_the_chain() {
    let role = "role_arn = \"arn:aws:iam::123456789012:role/x\"\nregion = \"eu-west-1\"\n";
    let listener = Listener::new(&format!("[accounts.a]\n{role}"));
    // The answer is none of STS's.
    listener.run(&[]).exits(1);
    assert_eq!(listener.askers(), ["ENVIRONMENT"]);
}
