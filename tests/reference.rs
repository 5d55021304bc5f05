//! `docs/reference.md`, made from the program itself: what can be typed from the help
//! texts, what can be written into the file from its schema, the hazards from their table.
//!
//! `GWR_BLESS=1 cargo test --test gwr reference` writes it.

use std::fmt::Write as _;
use std::path::Path;

use gateway_responses::HazardId;
use serde_json::Value;

use crate::support::binary;

const HEAD: &str = "# Reference\n\n\
    Made from the program by `GWR_BLESS=1 cargo test --test gwr reference`; a test holds it \
    against it.\n\n\
    [Commands](#commands) · [The file](#the-file) · [Hazards](#hazards) · \
    [Documents](#documents) · lint rules: [lint.md](lint.md)\n";

const EXIT_CODES: &str = "\n## Exit codes\n\n\
    | code | meaning |\n|---|---|\n\
    | 0 | done; nothing differs (`plan` without `--detailed-exitcode`: the plan was made) |\n\
    | 1 | error: bad usage, bad file, no credentials; nothing was written |\n\
    | 2 | differences: `plan --detailed-exitcode` with changes, `drift` with drift or a stage behind |\n\
    | 3 | incomplete: something was done or read, something else failed, was stale, or could not be read or verified |\n\
    | 4 | refused, nothing written: stale plan, limit, foreign changes, hazard, no approval |\n\
    | 130, 143 | interrupted: what was in flight is finished and recorded |\n\n\
    Any code other than 0 and 2 has its reason on stderr, also with `-q`: for each API one message\n\
    with what happened, what was and was not changed, and `hint:` lines with what to do next. With\n\
    `--progress json` each message is an object in one line, with `\"severity\": \"error\"`. Where the\n\
    text report on the same terminal says it in full, the message is one line.\n\n\
    `-q` leaves out progress, notes and the warnings that do not change the exit code; a text `drift`\n\
    that finds nothing then prints nothing at all.\n";

#[test]
fn the_reference_is_what_the_program_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference.md");
    let made = format!("{HEAD}{}{EXIT_CODES}{}{}{}", commands(), file(), hazards(), documents());
    if std::env::var_os("GWR_BLESS").is_some() {
        std::fs::write(&path, &made).expect("the reference is written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == made,
        "docs/reference.md is not what the program says; make it again with GWR_BLESS=1"
    );
}

fn help(arguments: &[&str]) -> String {
    let run = binary::run(&std::env::temp_dir(), arguments);
    run.exits(0);
    run.stdout.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// The verbs, in the order in which the help names them.
fn verbs() -> Vec<String> {
    help(&["--help"])
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next().map(ToOwned::to_owned))
        .filter(|verb| verb != "help")
        .collect()
}

/// Common options are told once.
fn commands() -> String {
    let whole = help(&["--help"]);
    let verbs = verbs();
    assert!(verbs.len() > 10, "{verbs:?}");
    let mut out = format!("\n## Commands\n\n```text\n{whole}```\n");
    for verb in &verbs {
        let mut is_common = false;
        let mut own = String::new();
        for line in help(&[verb, "--help"]).lines() {
            if !line.is_empty() && !line.starts_with(' ') {
                is_common = line == "Common options:";
            }
            if !is_common {
                own += line;
                own.push('\n');
            }
        }
        let _ = write!(out, "\n### gwr {verb}\n\n```text\n{}\n```\n", own.trim_end());
    }
    out
}

/// The table of one response type, whose description says what a key that is left out means.
const RESPONSE: &str = "/$defs/response/properties";

/// A table for each table of the file.
fn file() -> String {
    let schema: Value = serde_json::from_str(&help(&["schema"])).expect("a schema");
    let mut out = format!("\n## The file\n\n{}\n", text(&schema, "description"));
    let tables = [
        ("The whole file", "/properties"),
        ("`[defaults]`", "/properties/defaults/properties"),
        ("`[accounts.NAME]`", "/$defs/account_table/properties"),
        ("`[limits]`", "/properties/limits/properties"),
        ("`[apis.NAME]`", "/$defs/api/properties"),
        ("`match`", "/$defs/match/properties"),
        ("`[apis.NAME.responses.TYPE]`, `[presets.NAME.TYPE]`", RESPONSE),
        ("`[[apis.NAME.ignore]]`", "/$defs/ignore/properties"),
        ("`[[apis.NAME.allow]]`", "/$defs/allow/properties"),
        ("The types", "/$defs/responses/properties"),
    ];
    for (title, pointer) in tables {
        let members = schema.pointer(pointer).and_then(Value::as_object);
        let members = members.unwrap_or_else(|| panic!("no {pointer} in the schema"));
        let _ = write!(out, "\n### {title}\n\n");
        if pointer == RESPONSE {
            let _ = writeln!(out, "{}\n", text(&schema["$defs"]["response"], "description"));
        }
        out.push_str("| key | what |\n|---|---|\n");
        for (key, member) in members {
            let said = resolved(&schema, member);
            let mut what = text(member, "description");
            if what.is_empty() {
                what = text(said, "description");
            }
            if let Some(choices) = said["enum"].as_array().filter(|choices| choices.len() < 5) {
                let choices: Vec<String> =
                    choices.iter().map(|choice| format!("`{choice}`")).collect();
                let _ = write!(what, " {}.", choices.join(" or "));
            }
            if let Some(default) = said.get("default") {
                let _ = write!(what, " Default: `{default}`.");
            }
            if let Some(example) = said["examples"].get(0).filter(|one| !one.is_object()) {
                let _ = write!(what, " Example: `{example}`.");
            }
            let _ = writeln!(out, "| `{key}` | {} |", what.trim().replace('|', "\\|"));
        }
    }
    out
}

fn resolved<'a>(schema: &'a Value, member: &'a Value) -> &'a Value {
    let target = member["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
    target.and_then(|pointer| schema.pointer(pointer)).unwrap_or(member)
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().replace('\n', " ")
}

fn hazards() -> String {
    let mut out = "\n## Hazards\n\nApply refuses over some, unless `accept` in the file or \
                   `--accept ID` names them; the others, and the findings of lint, only inform.\n\n\
                   | id | | when |\n|---|---|---|\n"
        .to_owned();
    for id in HazardId::ALL {
        let does = if id.refuses() { "refuses unless accepted" } else { "informs" };
        let _ = writeln!(out, "| `{id}` | {does} | {} |", id.summary());
    }
    out
}

fn documents() -> String {
    let mut out = "\n## Documents\n\nWhat `-o json` writes; each has a JSON Schema. Members may be \
                   added, none is taken away or changes its meaning.\n\n| schema | of |\n|---|---|\n"
        .to_owned();
    let names = [
        "plan",
        "apply",
        "record",
        "rollback",
        "drift",
        "deployments",
        "explain",
        "validate",
        "import",
        "init",
        "policy",
        "sandbox",
        "completions",
        "man",
    ];
    for name in names.into_iter().chain(["progress"]) {
        let schema: Value = serde_json::from_str(&help(&["schema", name])).expect("a schema");
        let _ = writeln!(out, "| `gwr schema {name}` | {} |", text(&schema, "description"));
    }
    out
}
