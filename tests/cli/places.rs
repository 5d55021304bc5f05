//! Where files are written to: never over the desired state, and into folders that are not
//! there yet.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[test]
fn a_plan_is_not_written_over_the_desired_state() {
    let place = Place::new(ONE);
    std::fs::create_dir(place.path().join("state")).expect("a folder");
    place.write("state/one.toml", ONE.as_bytes());
    std::os::unix::fs::symlink("gwr.toml", place.path().join("link")).expect("a link");
    for arguments in [
        &["plan", "--out", "gwr.toml"][..],
        &["plan", "--out", "./state/../gwr.toml"],
        &["plan", "--out", "link"],
        &["plan", "-f", "state", "--out", "state/one.toml"],
        &["plan", "-f", "state", "--out", "state/new.toml"],
    ] {
        place.run(arguments).exits(1).tells("is a desired-state file");
    }
    let read = |name: &str| std::fs::read_to_string(place.path().join(name)).expect("a file");
    assert_eq!([read("gwr.toml"), read("state/one.toml")], [ONE, ONE]);
    assert_eq!(place.server.calls().len(), 0);
    place.run(&["plan", "-f", "state", "--out", "state/plan.json"]).exits(0);
}

#[test]
fn the_folder_of_a_record_is_made() {
    let place = Place::new(ONE);
    place.run(&["apply", "--yes", "--record", "my/runs/rec.json"]).exits(0);
    let mode = |name: &str| {
        let there = std::fs::metadata(place.path().join(name)).expect("it is there");
        there.permissions().mode() & 0o777
    };
    assert_eq!((mode("my"), mode("my/runs/rec.json")), (0o700, 0o600));
    place.run(&["rollback", "my/runs/rec.json", "--yes", "--record", "back/rec.json"]).exits(0);
    place.write("file", b"");
    place
        .run(&["apply", "--yes", "--record", "file/rec.json"])
        .exits(1)
        .tells("its folder is a file");
}
