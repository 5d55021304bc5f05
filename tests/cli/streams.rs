//! A stdout that cannot be written: told, and counted in the exit code.

use std::fs::File;

use super::*;

/// Every write to it fails with ENOSPC.
fn full() -> File {
    File::options().write(true).open("/dev/full").expect("a device of Linux")
}

#[test]
fn data_that_is_lost_is_an_error_of_whoever_only_reads() {
    let place = Place::new(ONE);
    let verbs: [&[&str]; 6] = [
        &["plan"],
        &["plan", "--detailed-exitcode", "-o", "json"],
        &["import", "--all"],
        &["deployments"],
        &["schema"],
        &["validate"],
    ];
    for arguments in verbs {
        let child = place.command(arguments).stdout(full()).spawn().expect("the binary runs");
        let run = binary::wait(child);
        run.exits(1).tells("error: the result could not be written to stdout: No space left");
        assert_eq!(run.stderr.matches("could not be written").count(), 1, "{run}");
    }
    let mut help = binary::command(place.path(), &["--help"]);
    binary::wait(help.stdout(full()).spawn().expect("the binary runs")).exits(1);
}

#[test]
fn data_that_is_lost_stops_no_apply_and_makes_it_incomplete() {
    let place = Place::new(ONE);
    let mut apply = place.command(&["apply", "--yes"]);
    let run = binary::wait(apply.stdout(full()).spawn().expect("the binary runs"));
    run.exits(3).tells("could not be written to stdout");
    assert_eq!(place.writes(), ["UpdateGatewayResponse", "CreateDeployment", "UpdateStage"]);
    // Another code stays.
    let place = Place::new(ONE);
    let mut refused = place.command(&["apply"]);
    binary::wait(refused.stdout(full()).spawn().expect("the binary runs")).exits(4);
}
