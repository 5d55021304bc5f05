//! A data folder that came from elsewhere: an error names the file, and nothing is removed or
//! overwritten, neither in the folder nor outside it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use gateway_responses::{Background, SandboxError, SandboxOptions};
use serde_json::{Value, json};

use crate::support::binary::{self, Run};
use crate::support::server::{Server, seed};

const API: &str = "abcde12345";
const API_FILE: &str = "data/apis/abcde12345.json";

const FILE: &str = "version = 1\n[apis.orders]\nmatch = { id = \"abcde12345\" }\n\
                    stages = [\"prod\"]\nresponses.THROTTLED.headers.Retry-After = \"2\"\n";

/// A folder with a file, a sandbox's data with one API, and a victim next to it.
struct Place {
    folder: tempfile::TempDir,
    /// The deployment of the stage `prod`.
    deployment: String,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let options = SandboxOptions { data: Some(data), ..SandboxOptions::default() };
        let server = Server::with(options, &[seed(API, "orders", &["prod"])]);
        let deployment = server.pointer(API, "prod");
        drop(server);
        let place = Self { folder, deployment };
        place.write("gwr.toml", FILE);
        fs::create_dir(place.path("victim")).expect("a folder");
        // A configuration that the sandbox can read, so that only the id gives it away.
        place.write("victim/package.json", "{\"name\": \"victim\"}");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file");
    }

    fn snapshot_file(&self) -> String {
        format!("data/snapshots/{API}-{}.json", self.deployment)
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let text = fs::read(self.path(name)).expect("a file");
        let mut document = serde_json::from_slice(&text).expect("JSON");
        change(&mut document);
        self.write(name, &document.to_string());
    }

    fn run(&self, arguments: &[&str]) -> Run {
        binary::run(self.folder.path(), arguments)
    }

    /// Everything below the folder but the lock: what a file holds, where a link leads.
    fn tree(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut open = vec![self.folder.path().to_owned()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).expect("a folder") {
                let entry = entry.expect("an entry");
                let kind = entry.file_type().expect("a kind");
                let path = entry.path();
                if kind.is_dir() {
                    open.push(path);
                } else if kind.is_symlink() {
                    let target = fs::read_link(&path).expect("a link").into_os_string();
                    found.insert(path, target.into_encoded_bytes());
                } else if kind.is_file() && path.metadata().expect("a size").len() < 1 << 20 {
                    found.insert(path.clone(), fs::read(path).expect("a file"));
                } else {
                    found.insert(path, Vec::new());
                }
            }
        }
        found.retain(|path, _| !path.ends_with("data/lock") || path.is_symlink());
        found
    }
}

/// A run that would change the folder is refused, as [`are_refused`] says.
fn is_refused(name: &str, place: &Place, file: &str, why: &str) {
    are_refused(&[&["apply", "--sandbox=data", "--yes"]], name, place, file, why);
}

/// Every run ends with an error that names the file, and leaves everything as it is.
fn are_refused(runs: &[&[&str]], name: &str, place: &Place, file: &str, why: &str) {
    let before = place.tree();
    for arguments in runs {
        let run = place.run(arguments);
        let shown = format!("{name}: {arguments:?}\n{run}");
        assert_eq!(run.code, Some(1), "{shown}");
        assert!(!run.stderr.contains("panicked"), "{shown}");
        assert!(run.stderr.contains(file), "no {file:?} in {shown}");
        assert!(run.stderr.contains(why), "no {why:?} in {shown}");
        assert!(run.stderr.len() < 2_000, "{shown}");
        assert_eq!(place.tree(), before, "{shown}");
    }
}

/// What 0.1.0 did: pruning and resetting removed `victim/package.json`.
#[test]
fn an_id_does_not_lead_out_of_the_folder() {
    let place = Place::new();
    // The path exists for the kernel only with this folder.
    fs::create_dir(place.path(&format!("data/snapshots/{API}-"))).expect("a folder");
    let id = "/../../../victim/package";
    let path = place.path(&format!("data/snapshots/{API}-{id}.json"));
    assert!(path.exists(), "the attack is possible");
    place.change(API_FILE, |api| {
        api["deployments"][id] = json!({"id": id, "createdMillis": 1, "sequence": 1});
    });
    let runs: [&[&str]; 4] = [
        &["plan", "--sandbox=data"],
        &["apply", "--sandbox=data", "--yes"],
        &["deployments", "--prune", "--keep", "1", "--all-owners", "--yes", "--sandbox=data"],
        &["sandbox", "--listen", "127.0.0.1:0", "--data", "data"],
    ];
    are_refused(&runs, "id", &place, API_FILE, "is not a valid deployment id");
}

#[test]
fn hostile_ids_are_refused_wherever_they_stand() {
    let long = "a".repeat(5_000);
    let hostile = ["", ".", "..", "../x", "/etc/passwd", "a/b", "a\0b", "a\nb", "Ä", &long];
    for id in hostile {
        let place = Place::new();
        place.change(API_FILE, |api| {
            api["deployments"][id] = json!({"id": id});
        });
        is_refused(&format!("{id:?}"), &place, API_FILE, "is not a valid deployment id");
    }
    for (at, why) in [
        ("/id", "is not a valid API id"),
        ("/rootResourceId", "is not a valid root resource id"),
        ("/stages/prod/stageName", "the stage under the key"),
        ("/stages/prod/deploymentId", "which the API does not have"),
    ] {
        let place = Place::new();
        place.change(API_FILE, |api| {
            *api.pointer_mut(at).expect("a member") = json!("../../victim");
        });
        is_refused(at, &place, API_FILE, why);
    }
    let place = Place::new();
    place.change(&place.snapshot_file(), |snapshot| {
        snapshot["authorizers"]["../a"] = json!({"id": "../a", "name": "a"});
    });
    is_refused("snapshot", &place, &place.snapshot_file(), "is not a valid authorizer id");
}

#[test]
fn files_are_where_their_names_say() {
    let place = Place::new();
    fs::copy(place.path(API_FILE), place.path("data/apis/other.json")).expect("a copy");
    is_refused("twice", &place, "data/apis/other.json", "does not hold the API");

    let place = Place::new();
    fs::rename(place.path(API_FILE), place.path("data/apis/a b.json")).expect("moved");
    is_refused("name", &place, "data/apis/a b.json", "does not have the name");

    let place = Place::new();
    place.write("data/snapshots/..json", "{}");
    is_refused("snapshot", &place, "data/snapshots/..json", "does not have the name");

    let place = Place::new();
    fs::remove_file(place.path(&place.snapshot_file())).expect("removed");
    is_refused("lacking", &place, &place.snapshot_file(), "has no file");
}

#[test]
fn links_and_pipes_are_refused() {
    for name in ["data/apis", "data/snapshots"] {
        let place = Place::new();
        fs::rename(place.path(name), place.path("elsewhere")).expect("moved");
        symlink("../elsewhere", place.path(name)).expect("a link");
        is_refused(name, &place, name, "is not a folder");
    }
    let names = |place: &Place| {
        [
            "data/sandbox.json".to_owned(),
            "data/lock".to_owned(),
            API_FILE.to_owned(),
            place.snapshot_file(),
        ]
    };
    for number in 0..4 {
        let place = Place::new();
        let name = &names(&place)[number];
        fs::rename(place.path(name), place.path("elsewhere")).expect("moved");
        symlink(place.path("elsewhere"), place.path(name)).expect("a link");
        is_refused(name, &place, name, "is not a regular file");

        let place = Place::new();
        let name = &names(&place)[number];
        fs::remove_file(place.path(name)).expect("removed");
        let made = std::process::Command::new("mkfifo").arg(place.path(name)).status();
        assert!(made.expect("mkfifo").success());
        is_refused(name, &place, name, "is not a regular file");
    }
    let place = Place::new();
    fs::remove_file(place.path("data/lock")).expect("removed");
    symlink(place.path("victim/new"), place.path("data/lock")).expect("a link to nothing");
    is_refused("dangling", &place, "data/lock", "is not a regular file");
}

#[test]
fn files_that_are_not_a_sandboxs_are_refused() {
    let huge = format!("\"{}\"", "x".repeat(1 << 20));
    let deep = "[".repeat(200_000);
    for (text, why) in [
        ("", "EOF"),
        ("{", "EOF"),
        ("[]", "expected"),
        ("null", "expected"),
        ("{}", "missing field `id`"),
        ("{\"id\": 7}", "expected a string"),
        (&huge, "invalid type"),
        (&deep, "expected"),
        ("{\"id\": \"abcde12345\", \"tags\": [[[[\"\u{202e}", "expected a map"),
    ] {
        let place = Place::new();
        place.write(API_FILE, text);
        is_refused(&text[..text.len().min(20)], &place, API_FILE, why);
    }
    let place = Place::new();
    let nested = format!(
        "{{\"id\": \"{API}\", \"stages\": {{\"s\": {{\"methodSettings\": {{\"a\": {{\"b\": {deep}"
    );
    place.write(API_FILE, &nested);
    is_refused("nested", &place, API_FILE, "recursion limit exceeded");

    let place = Place::new();
    fs::write(place.path(API_FILE), b"{\"id\": \"\xff\"}").expect("a file");
    is_refused("bytes", &place, API_FILE, "is not valid sandbox data");

    let place = Place::new();
    let file = fs::File::create(place.path(&place.snapshot_file())).expect("a file");
    file.set_len(1 << 30).expect("a sparse file");
    is_refused("large", &place, &place.snapshot_file(), "1073741824 bytes");

    let place = Place::new();
    place.change("data/sandbox.json", |marker| marker["format"] = json!(2));
    is_refused("newer", &place, "data/sandbox.json", "newer version");
}

/// Numbers with which the sandbox calculates.
#[test]
fn numbers_out_of_range_are_refused() {
    for (at, value) in [
        ("/sequence", json!(u64::MAX)),
        ("/createdDate", json!(i64::MIN)),
        ("/stages/prod/lastUpdatedDate", json!(-1)),
    ] {
        let place = Place::new();
        place.change(API_FILE, |api| {
            *api.pointer_mut(at).expect("a member") = value;
        });
        is_refused(at, &place, API_FILE, "is not a valid");
    }
}

/// A killed sandbox leaves snapshots that no API names and files that are not in their place.
#[test]
fn only_what_a_killed_sandbox_left_is_swept_away() {
    let place = Place::new();
    let other = format!("data/snapshots/{API}-zzzzzz.json");
    place.write(&other, "{}");
    place.write("data/apis/.tmpAb12xY", "half");
    place.write("data/.tmp-notes", "a person's");
    place.write("data/apis/.tmpnotes.json.bak", "a person's");
    symlink("../victim/package.json", place.path("data/apis/.tmpLinked")).expect("a link");
    let mut expected = place.tree();
    expected.remove(&place.path(&other));
    expected.remove(&place.path("data/apis/.tmpAb12xY"));
    place.run(&["plan", "--sandbox=data"]).exits(0);
    assert_eq!(place.tree(), expected);
}

#[test]
fn a_new_folder_is_for_its_owner_only() {
    let place = Place::new();
    place.run(&["apply", "--sandbox", "--yes"]).exits(0);
    let mut open = vec![place.path(".gwr")];
    let mut seen = 0;
    while let Some(path) = open.pop() {
        let there = path.metadata().expect("it is there");
        let mode = there.permissions().mode() & 0o777;
        assert_eq!(mode, if there.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
        seen += 1;
        if there.is_dir() {
            open.extend(children(&path));
        }
    }
    assert!(seen > 8, "{seen}");
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

/// The folder was made by gwr 0.1.0, with every kind of id that it made.
#[test]
fn a_folder_of_version_0_1_0_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sandbox-data-v1");
    for name in ["sandbox.json", "apis", "snapshots"] {
        let from = fixture.join(name);
        let files = if from.is_dir() { children(&from) } else { vec![from] };
        for file in files {
            let to = data.join(file.strip_prefix(&fixture).expect("below the fixture"));
            fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
            fs::copy(&file, to).expect("a copy");
        }
    }
    let server =
        Server::with(SandboxOptions { data: Some(data), ..SandboxOptions::default() }, &[]);
    let apis = server.done("GET", "/restapis", &Value::Null);
    let mut ids: Vec<&str> = apis["item"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|api| api["id"].as_str().expect("an id"))
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, ["7v5bow77h3", "My_Api-1", "xy49im2agj"]);
    let stages = server.done("GET", "/restapis/7v5bow77h3/stages", &Value::Null);
    assert_eq!(stages["item"].as_array().map(Vec::len), Some(2));
    let answer = server.ask("My_Api-1", "prod", "THROTTLED", "*/*");
    assert_eq!(answer.header("retry-after"), ["2"]);
}

/// An id that a file may not have, from the library.
#[test]
fn a_seed_cannot_have_a_hostile_id() {
    for id in ["../../victim", "", &"a".repeat(129)] {
        let folder = tempfile::tempdir().expect("a folder");
        let options =
            SandboxOptions { data: Some(folder.path().join("data")), ..SandboxOptions::default() };
        let error = Background::start(([127, 0, 0, 1], 0).into(), options, &[seed(id, "o", &[])])
            .expect_err("an id that is not valid");
        assert!(matches!(&error, SandboxError::Seed(_)), "{error}");
        assert!(error.to_string().contains("is not a valid API id"), "{error}");
    }
}

#[test]
fn nothing_is_written_that_cannot_be_read_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let options = SandboxOptions { data: Some(data), ..SandboxOptions::default() };
    let server = Server::with(options.clone(), &[seed(API, "orders", &["prod"])]);

    let root = server.done("GET", &format!("/restapis/{API}"), &Value::Null);
    let root = root["rootResourceId"].as_str().expect("an id");
    let path = format!("/restapis/{API}/resources/{root}/methods/GET/integration");
    let nested = |depth: usize| {
        let inner = (0..depth).fold(json!(1), |inner, _| json!([inner]));
        json!({"type": "MOCK", "tlsConfig": inner})
    };
    assert_eq!(server.call("PUT", &path, &nested(100)).status, 201);
    let refused = server.call("PUT", &path, &nested(124));
    assert_eq!(refused.status, 500, "{refused:?}");
    assert!(refused.body.contains("recursion limit exceeded"), "{refused:?}");

    drop(server);
    let server = Server::with(options, &[]);
    assert_eq!(server.done("GET", &path, &Value::Null)["tlsConfig"], nested(100)["tlsConfig"]);
}
