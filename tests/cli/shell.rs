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

/// Where there is a bash, it takes the script and completes with it.
#[test]
fn bash_completes() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = binary::run(folder.path(), &["completions", "bash"]);
    std::fs::write(folder.path().join("gwr.bash"), &run.stdout).expect("a file");
    let script = "source ./gwr.bash && COMP_WORDS=(gwr pol) COMP_CWORD=1 && _gwr gwr pol gwr && \
                  echo \"${COMPREPLY[@]}\"";
    let mut bash = std::process::Command::new("bash");
    let Ok(output) = bash.args(["-c", script]).current_dir(folder.path()).output() else { return };
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "policy", "{output:?}");
}

#[test]
fn there_is_a_page_for_every_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = binary::run(folder.path(), &["man"]);
    first.exits(0);
    for words in [".TH gwr 1", ".SH SUBCOMMANDS", "Exit codes"] {
        assert!(first.stdout.contains(words), "no {words} in\n{first}");
    }
    for name in commands(folder.path()) {
        let page = binary::run(folder.path(), &["man", &name]);
        page.exits(0);
        assert!(page.stdout.contains(&format!(".TH gwr-{name} 1")), "{page}");
        assert!(page.stdout.contains("endpoint\\-url"), "{name} lacks the common options");
    }
    binary::run(folder.path(), &["man", "applay"]).exits(1).tells("apply");
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
    run(&["init"]).exits(1).tells("nothing was written over");
    assert_eq!(read("gwr.toml"), before);

    // In a folder of its own; a schema that is there stays as it is.
    std::fs::create_dir(folder.path().join("live")).expect("a folder");
    std::fs::write(folder.path().join("live/gwr.schema.json"), "{}").expect("a file");
    run(&["init", "-f", "live/shop.toml"]).exits(0).tells("gwr schema");
    assert_eq!(read("live/gwr.schema.json"), "{}");
    run(&["validate", "-f", "live/shop.toml"]).exits(0);
}
