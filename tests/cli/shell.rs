//! `gwr completions`, `gwr man`, `gwr init`.

use super::*;

/// Every command that `gwr --help` lists, but for the one that lists them.
pub(super) fn commands(folder: &Path) -> Vec<String> {
    let help = binary::run(folder, &["--help"]);
    help.exits(0);
    let (_, list) = help.stdout.split_once("Commands:\n").expect("a list of commands");
    let (list, _) = list.split_once("\n\n").expect("an end of it");
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn help_is_a_command_too() {
    let folder = tempfile::tempdir().expect("a folder");
    for (asked, told) in [
        (&["help"][..], &["--help"][..]),
        (&["help", "plan"], &["plan", "--help"]),
        (&["help", "sandbox"], &["sandbox", "--help"]),
    ] {
        let help = binary::run(folder.path(), asked);
        assert_eq!(help.exits(0).stdout, binary::run(folder.path(), told).stdout);
    }
    binary::run(folder.path(), &["help", "plna"]).exits(1).tells("plna");
    binary::run(folder.path(), &["man", "help"]).exits(1).tells("there is no page");
}

#[test]
fn every_shell_completes_every_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let commands = commands(folder.path());
    assert!(commands.len() > 10, "{commands:?}");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = binary::run(folder.path(), &["completions", shell]);
        run.exits(0);
        for name in &commands {
            assert!(run.stdout.contains(name.as_str()), "{shell} lacks {name}");
        }
        assert!(run.stdout.contains("endpoint-url"), "{shell} lacks an option");
    }
    binary::run(folder.path(), &["completions", "cmd"]).exits(1).tells("bash");
}

/// Where there is a bash, it takes the script and completes with it. What a terminal makes
/// of it is seen by tests/pieces/test_completions.py.
#[test]
fn bash_completes() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = binary::run(folder.path(), &["completions", "bash"]);
    std::fs::write(folder.path().join("gwr.bash"), &run.stdout).expect("a file");
    for (words, offered) in [
        ("gwr pol", "policy"),
        ("gwr --sandbox pol", "policy"),
        ("gwr completions fi", "fish"),
        ("gwr explain THR", "THROTTLED"),
        ("gwr apply --rewrite WAF", "WAF_FILTERED"),
        ("gwr plan --accept los", "lost-cors"),
        ("gwr plan --accept tak", "takeover"),
        ("gwr validate --explain shadowed-c", "shadowed-cors"),
        ("gwr man roll", "rollback"),
        // Bash itself completes files, where nothing else is offered.
        ("gwr apply ''", ""),
        ("gwr show --sandbox ''", ""),
    ] {
        let script = format!(
            "source ./gwr.bash && COMP_WORDS=({words}) && COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)) && \
             _gwr gwr \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        let mut bash = std::process::Command::new("bash");
        let Ok(output) = bash.args(["-c", &script]).current_dir(folder.path()).output() else {
            return;
        };
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), offered, "{words}: {output:?}");
    }
}

/// What is offered is not what is read: a name that is none is refused as before.
#[test]
fn wrong_names_are_still_told_the_right_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| binary::run(folder.path(), arguments);
    run(&["explain", "THROTTELD"]).exits(1).tells("did you mean THROTTLED?");
    run(&["explain", "throttled", "--of", "desired"]).exits(1).tells("gwr.toml");
    run(&["plan", "--accept", "lost-core"]).exits(1).tells("did you mean `lost-cors`?");
    run(&["apply", "--rewrite", "THROTTELD"]).exits(1).tells("did you mean THROTTLED?");
    run(&["validate", "--explain", "shadowed-core"]).exits(1).tells("shadowed-cors");
}

#[test]
fn there_is_a_page_for_every_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = binary::run(folder.path(), &["man"]);
    first.exits(0);
    for words in [".TH gwr 1", ".SH SUBCOMMANDS", ".SH \"EXIT STATUS\"\n0 done, 1 error"] {
        assert!(first.stdout.contains(words), "no {words} in\n{first}");
    }
    // Filled up like prose, no example could be told from the next.
    let examples = first.stdout.split(".SH EXAMPLES\n.nf\n").nth(1).expect("examples");
    assert!(examples.starts_with("gwr plan                       what would change"), "{examples}");
    assert!(examples.contains("\n.fi\n"), "{examples}");
    for name in commands(folder.path()) {
        let page = binary::run(folder.path(), &["man", &name]);
        page.exits(0);
        assert!(page.stdout.contains(&format!(".TH gwr-{name} 1")), "{page}");
        assert!(page.stdout.contains("endpoint\\-url"), "{name} lacks the common options");
    }
    binary::run(folder.path(), &["man", "applay"]).exits(1).tells("apply");
}

/// Where there is a mandoc, it has nothing to warn of.
#[test]
fn the_pages_are_good_roff() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut names = commands(folder.path());
    names.push(String::new());
    for name in names {
        let page = binary::run(
            folder.path(),
            if name.is_empty() { vec!["man"] } else { vec!["man", &name] }.as_slice(),
        );
        let mut title = page.stdout.lines().filter(|line| line.starts_with(".TH "));
        let title = title.next().expect("a title").to_owned();
        let version = env!("CARGO_PKG_VERSION");
        assert!(title.ends_with(&format!(" \"gwr {version}\" \"gwr manual\"")), "{title}");
        std::fs::write(folder.path().join("page.1"), &page.stdout).expect("a file");
        let mut mandoc = std::process::Command::new("mandoc");
        let lint = mandoc.args(["-T", "lint", "-W", "warning", "page.1"]);
        let Ok(output) = lint.current_dir(folder.path()).output() else { continue };
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.is_empty(), "{name}: {said}");
    }
}

/// Where the schema cannot be made there is no starter either, whose first line names it.
#[test]
fn a_starter_is_not_half_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| binary::run(folder.path(), arguments);
    let there = || {
        let names = std::fs::read_dir(folder.path()).expect("a folder");
        names.map(|entry| entry.expect("an entry").file_name()).collect::<Vec<_>>()
    };
    run(&["init", "-f", "gwr.schema.json"]).exits(1).tells("give another one");
    assert_eq!(there(), Vec::<std::ffi::OsString>::new());
    let schema = folder.path().join("gwr.schema.json");
    std::os::unix::fs::symlink("nowhere.json", &schema).expect("a link");
    run(&["init"]).exits(1).tells("gwr.toml was not made").tells("never overwrites");
    assert_eq!(there(), ["gwr.schema.json"]);
    std::fs::remove_file(schema).expect("a file");
    run(&["init"]).exits(0);
}

/// The starter is right, and so is the line that editors read.
#[test]
fn a_starter_is_complete_for_editors() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| binary::run(folder.path(), arguments);
    run(&["init"]).exits(0);
    run(&["validate"]).exits(0);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("a file");
    let text = read("gwr.toml");
    let schema = text.lines().next().and_then(|line| line.strip_prefix("#:schema "));
    let schema = schema.expect("the first line names the schema");
    assert_eq!(read(schema), run(&["schema"]).stdout);
    let before = text.clone();
    run(&["init"]).exits(1).tells("never overwrites");
    assert_eq!(read("gwr.toml"), before);

    // In a folder of its own; a schema that is there stays as it is.
    std::fs::create_dir(folder.path().join("live")).expect("a folder");
    std::fs::write(folder.path().join("live/gwr.schema.json"), "{}").expect("a file");
    run(&["init", "-f", "live/shop.toml"]).exits(0).tells("gwr schema");
    assert_eq!(read("live/gwr.schema.json"), "{}");
    run(&["validate", "-f", "live/shop.toml"]).exits(0);
}
