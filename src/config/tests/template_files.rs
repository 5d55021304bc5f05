//! Template files: beside the TOML file, and nowhere else.

use std::fs;
use std::path::Path;

use crate::config::{ConfigErrors, Loaded, load};
use crate::model::ResponseType;

use super::rules::customized;
use super::{TODAY, messages};

fn load_with(folder: &Path, file: &str) -> Result<Loaded, ConfigErrors> {
    let text = format!(
        "version = 1\n[apis.o]\nmatch = {{ name = \"o\" }}\n[apis.o.responses.THROTTLED]\ntemplates.\"a/b\" = {{ file = {file:?} }}\n"
    );
    fs::write(folder.join("gwr.toml"), text).unwrap();
    load(&[folder.join("gwr.toml")], TODAY)
}

fn message(folder: &Path, file: &str) -> String {
    let errors = load_with(folder, file).unwrap_err();
    let [message] = messages(&errors)[..] else {
        panic!("{errors}");
    };
    message.to_owned()
}

#[test]
fn the_text_is_taken_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("errors")).unwrap();
    fs::write(folder.path().join("errors/a.xml"), "<a>\r\n$x</a>\n").unwrap();
    for path in ["errors/a.xml", "./errors/a.xml", "errors/../errors/a.xml"] {
        let loaded = load_with(folder.path(), path).unwrap();
        let templates = &customized(&loaded.desired.apis[0], ResponseType::Throttled).templates;
        assert_eq!(templates["a/b"], "<a>\r\n$x</a>\n");
    }
}

#[test]
fn rejects_files_that_cannot_be_templates() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path();
    fs::write(inner.join("empty"), "").unwrap();
    fs::write(inner.join("latin1"), b"caf\xe9").unwrap();
    fs::write(inner.join("large"), vec![b'x'; 300 * 1024 + 1]).unwrap();
    fs::write(inner.join("just-right"), vec![b'x'; 300 * 1024]).unwrap();
    fs::create_dir(inner.join("folder")).unwrap();
    assert_eq!(message(inner, "nothing"), "no file `nothing`");
    assert_eq!(message(inner, "empty"), "`empty` is empty, and AWS refuses an empty template");
    assert_eq!(message(inner, "latin1"), "`latin1` is not UTF-8");
    assert_eq!(message(inner, "large"), "`large` is larger than AWS's 300 KB for a template");
    assert_eq!(message(inner, "folder"), "`folder` is not a file");
    assert!(load_with(inner, "just-right").is_ok());
    assert!(message(inner, "empty/x").starts_with("cannot read `empty/x`"));
}

#[test]
fn nothing_outside_the_folder_is_read() {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("inner");
    fs::create_dir(&inner).unwrap();
    fs::write(outer.path().join("secret"), "x").unwrap();
    let outside = "is outside the folder of this file";
    assert!(message(&inner, "../secret").ends_with(outside));
    assert!(message(&inner, "a/../../secret").ends_with(outside));
    assert!(message(&inner, outer.path().join("secret").to_str().unwrap()).ends_with(outside));
}

#[cfg(unix)]
#[test]
fn follows_symbolic_links_only_inside_the_folder() {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("inner");
    fs::create_dir(&inner).unwrap();
    fs::write(outer.path().join("secret"), "x").unwrap();
    fs::write(inner.join("inside"), "x").unwrap();
    std::os::unix::fs::symlink("../secret", inner.join("out")).unwrap();
    std::os::unix::fs::symlink("inside", inner.join("in")).unwrap();
    std::os::unix::fs::symlink(outer.path(), inner.join("up")).unwrap();
    assert!(message(&inner, "out").contains("symbolic link to outside"));
    assert!(message(&inner, "up/secret").contains("symbolic link to outside"));
    assert!(load_with(&inner, "in").is_ok());
    assert!(load_with(&inner, "up/inner/inside").is_ok());
}

/// With several files, each template starts at the file that names it.
#[test]
fn each_file_has_its_own_folder() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
    for (path, text) in [(&one, "1"), (&two, "2")] {
        fs::create_dir(path).unwrap();
        fs::write(path.join("body"), text).unwrap();
        let types = if text == "1" { "THROTTLED" } else { "DEFAULT_4XX" };
        fs::write(
            path.join("gwr.toml"),
            format!("version = 1\n[apis.o]\nmatch = {{ name = \"o\" }}\nresponses.{types}.templates.\"a/b\" = {{ file = \"body\" }}\n"),
        )
        .unwrap();
    }
    let loaded = load(&[one.join("gwr.toml"), two], TODAY).unwrap();
    let api = &loaded.desired.apis[0];
    assert_eq!(customized(api, ResponseType::Throttled).templates["a/b"], "1");
    assert_eq!(customized(api, ResponseType::Default4xx).templates["a/b"], "2");
}
