//! What was typed, said again as the command to type next: a suggestion that loses a flag
//! would do something else.

use std::fmt::Write as _;
use std::path::Path;

use crate::apply::record::{Record, Verb};
use crate::cli::args::{ApplyArgs, Common, DeploymentsArgs, RollbackArgs};
use crate::cli::terminal::ask::Asking;
use crate::report::text::shell_word;

/// The command that does the next thing with the same files and selection.
#[must_use]
pub fn same_command(verb: &str, common: &Common) -> String {
    let mut command = format!("gwr {verb}");
    let mut add = |flag: &str, value: &str| {
        let _ = write!(command, " {flag} {}", shell_word(value));
    };
    for file in &common.files {
        add("-f", &file.display().to_string());
    }
    for api in &common.apis {
        add("--api", api);
    }
    let single = [
        ("--stage", &common.stage),
        ("--region", &common.region),
        ("--profile", &common.profile),
        ("--endpoint-url", &common.endpoint_url),
    ];
    for (flag, value) in single {
        if let Some(value) = value {
            add(flag, value);
        }
    }
    if let Some(dir) = &common.sandbox {
        command.push_str(" --sandbox");
        if dir != Path::new(".gwr/sandbox") {
            let _ = write!(command, "={}", shell_word(&dir.display().to_string()));
        }
    }
    command
}

/// As [`same_command`], for a plan file or a record, which say themselves what is
/// selected.
#[must_use]
pub fn command_with(verb: &str, file: &Path, common: &Common) -> String {
    let verb = format!("{verb} {}", shell_word(&file.display().to_string()));
    same_command(&verb, &without_selection(common))
}

fn without_selection(common: &Common) -> Common {
    Common { apis: Vec::new(), stage: None, region: None, ..common.clone() }
}

/// `gwr apply`.
#[must_use]
pub fn apply(args: &ApplyArgs, asking: Asking, common: &Common) -> String {
    let ApplyArgs {
        plan_file,
        yes: _,
        record,
        message,
        probe,
        rewrite,
        canary,
        accept_foreign,
        rollback_on_failure,
    } = args;
    let verb = with_yes("apply", asking);
    let mut command = match plan_file {
        Some(path) => command_with(&verb, path, common),
        None => same_command(&verb, common),
    };
    accept(&mut command, common);
    for digest in accept_foreign {
        value(&mut command, "--accept-foreign", digest.as_str());
    }
    for response_type in rewrite {
        value(&mut command, "--rewrite", response_type.as_str());
    }
    switches(
        &mut command,
        [
            ("--canary", *canary),
            ("--probe", *probe),
            ("--rollback-on-failure", *rollback_on_failure),
        ],
    );
    if !message.is_empty() {
        value(&mut command, "--message", message);
    }
    file(&mut command, "--record", record.as_deref());
    command
}

/// `gwr rollback`.
#[must_use]
pub fn rollback(args: &RollbackArgs, asking: Asking, common: &Common) -> String {
    let RollbackArgs { back_from, to, yes: _, record } = args;
    let verb = with_yes("rollback", asking);
    let mut command = match back_from {
        Some(path) => command_with(&verb, path, common),
        None => same_command(&verb, common),
    };
    if let Some(to) = to {
        value(&mut command, "--to", to);
    }
    file(&mut command, "--record", record.as_deref());
    command
}

/// The command that completes the run of a record.
#[must_use]
pub fn again(record: &Record, common: &Common) -> String {
    match (record.verb, &record.rolls_back) {
        (Verb::Apply, _) => "gwr apply".to_owned(),
        // A record knows the run that it rolls back, and not in which file its record is.
        (Verb::Rollback, Some(_)) => same_command("rollback RECORD", &without_selection(common)),
        (Verb::Rollback, None) => {
            let api = record.apis.first();
            let stage = api.and_then(|api| api.stages.first());
            let selected = Common {
                apis: api.map(|api| api.name.clone()).into_iter().collect(),
                // The record of a run that found its stage moved already holds none.
                stage: Some(stage.map_or_else(|| "STAGE".to_owned(), |one| one.name.clone())),
                ..common.clone()
            };
            let mut command = same_command("rollback", &selected);
            if let Some(to) = stage.and_then(|stage| stage.to.as_ref()) {
                value(&mut command, "--to", to);
            }
            command
        }
    }
}

/// `gwr deployments --prune`, without a question.
#[must_use]
pub fn prune(args: &DeploymentsArgs, common: &Common) -> String {
    let DeploymentsArgs { prune, keep, all_owners, yes: _ } = args;
    let mut command = same_command(&with_yes("deployments", Asking::Skipped), common);
    switches(&mut command, [("--prune", *prune)]);
    if let Some(keep) = keep {
        value(&mut command, "--keep", &keep.to_string());
    }
    switches(&mut command, [("--all-owners", *all_owners)]);
    command
}

/// Adds the hazards that the command line accepts.
pub fn accept(command: &mut String, common: &Common) {
    for id in &common.accept {
        value(command, "--accept", id);
    }
}

fn with_yes(verb: &str, asking: Asking) -> String {
    match asking {
        Asking::Skipped => format!("{verb} --yes"),
        Asking::Needed => verb.to_owned(),
    }
}

fn value(command: &mut String, flag: &str, value: &str) {
    let _ = write!(command, " {flag} {}", shell_word(value));
}

fn file(command: &mut String, flag: &str, path: Option<&Path>) {
    if let Some(path) = path {
        value(command, flag, &path.display().to_string());
    }
}

/// Adds the switches that were given.
fn switches<'a>(command: &mut String, given: impl IntoIterator<Item = (&'a str, bool)>) {
    for (flag, _) in given.into_iter().filter(|(_, given)| *given) {
        let _ = write!(command, " {flag}");
    }
}
