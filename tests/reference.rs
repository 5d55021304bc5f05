//! Generates `docs/reference.md` from the program: the tables of the file from its schema, the
//! hazards and lint rules from their tables, the command line from the help texts. Prose that
//! the program does not print is in `tests/reference/`; `.ci/docs.py` runs its commands.
//!
//! `GWR_BLESS=1 cargo test --test gwr reference` writes the page.

use std::fmt::Write as _;
use std::path::Path;

use gateway_responses::HazardId;
use serde_json::Value;

use crate::support::binary;

const HEAD: &str = "# Reference\n\n\
    Generated from the program by `GWR_BLESS=1 cargo test --test gwr reference`; a test checks \
    that it is up to date.\n\n\
    [The file](#the-file) ([types](#the-types), [values](#how-values-are-written), \
    [several files](#several-files)) · [Hazards](#hazards) · [Lint rules](#lint-rules) · \
    [Exit codes](#exit-codes) · [Documents](#documents) · [Commands](#commands)\n";

/// How values are written and files are merged: the schema has no room for it.
const VALUES: &str = include_str!("reference/values.md");

const EXIT_CODES: &str = "\n## Exit codes\n\n\
    | code | meaning |\n|---|---|\n\
    | 0 | success; nothing differs (`plan` without `--detailed-exitcode`: the plan was made) |\n\
    | 1 | error: invalid arguments, invalid file, no credentials; nothing was written |\n\
    | 2 | differences: `plan --detailed-exitcode` with changes, `drift` with drift or a stage behind |\n\
    | 3 | incomplete: part of the run succeeded; another part failed, was stale, or could not be read or verified |\n\
    | 4 | refused, nothing was written: stale plan, limit, undeployed work of others, blocking hazard, no approval |\n\
    | 130, 143 | interrupted by SIGINT or SIGTERM: the call in flight was finished and recorded |\n\n\
    Any code other than 0 and 2 has its reason on stderr, also with `-q`: for each API one message\n\
    with what happened, what was and was not changed, and `hint:` lines with what to do next. With\n\
    `--progress json` each message is an object in one line, with `\"severity\": \"error\"`. Where the\n\
    text report on the same terminal says it in full, the message is one line.\n\n\
    `-q` leaves out progress, notes and the warnings that do not change the exit code; a text `drift`\n\
    that finds nothing then prints nothing at all.\n";

#[test]
fn reference_matches_the_program() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference.md");
    let parts =
        [HEAD, &file(), VALUES, &hazards(), &lint_rules(), EXIT_CODES, &documents(), &commands()];
    let made = parts.concat();
    if std::env::var_os("GWR_BLESS").is_some() {
        std::fs::write(&path, &made).expect("the reference is written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == made,
        "docs/reference.md differs from the program; run `GWR_BLESS=1 cargo test --test gwr reference`"
    );
}

fn help(arguments: &[&str]) -> String {
    let run = binary::run(&std::env::temp_dir(), arguments);
    run.exits(0);
    run.stdout.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// The verbs, in the order of the help.
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

/// The common options are shown once, in the help of `gwr` itself.
fn commands() -> String {
    let whole = help(&["--help"]);
    let verbs = verbs();
    assert!(verbs.len() > 10, "{verbs:?}");
    let mut out = format!(
        "\n## Commands\n\nThe output of `gwr --help`, then of each command.\n\n```text\n{whole}```\n"
    );
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

/// The table of one response type. Its description explains what leaving out a key means.
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
    let mut out =
        "\n## Hazards\n\nA plan lists its hazards. Some block `gwr apply` until they are \
                   accepted: with `--accept ID`, or with `accept = [\"ID\"]` in `[apis.NAME]` or \
                   `[defaults]`. The others only inform.\n\n\
                   | id | | when | what to do |\n|---|---|---|---|\n"
            .to_owned();
    for id in HazardId::ALL {
        let does = if id.refuses() { "blocks" } else { "informs" };
        let _ = writeln!(out, "| `{id}` | {does} | {} | {} |", id.summary(), remedy(id));
    }
    out
}

const fn remedy(id: HazardId) -> &'static str {
    match id {
        HazardId::MovedBack => {
            "Let one tool own the stage's deployment: [Who deploys?](living-with-others.md#who-deploys)"
        }
        HazardId::Wiped => {
            "Stop the import that overwrites the API, or accept it if gwr always runs after that import."
        }
        HazardId::LostCors => "Repeat the headers in the type's entry, or accept it.",
        HazardId::Takeover => {
            "Copy what must stay into the file (`gwr import` prints it), remove the rest explicitly, \
             or accept it."
        }
        HazardId::FamilyDefault => "Check the list of types that change in the plan.",
        HazardId::StatusUnknowable => {
            "`gwr apply --rewrite INTEGRATION_FAILURE` writes the whole type, after which its status \
             is known."
        }
        HazardId::CloudformationOwned => {
            "Read [CDK, CloudFormation](living-with-others.md#cdk-cloudformation)."
        }
        HazardId::WafWins => "Check the web ACL's rules for custom responses.",
        HazardId::NotCustomisable => "Remove the type from the file.",
        HazardId::ExpiringCredentials => {
            "Sign in again before `gwr apply`, or apply fewer APIs at a time with `--api`."
        }
    }
}

/// An index: `docs/lint.md` has the section of each rule.
fn lint_rules() -> String {
    let document = help(&["validate", "--rules", "-o", "json"]);
    let document: Value = serde_json::from_str(&document).expect("a document");
    let rules = document["rules"].as_array().expect("a list of rules");
    let mut out =
        "\n## Lint rules\n\n`gwr validate` reports their findings; `gwr plan` shows them as \
                   hazards that inform. [lint.md](lint.md) explains each rule and how to suppress \
                   one. `gwr validate --fix` repairs those marked (fix).\n\n\
                   | severity | `validate` exits with | rules |\n|---|---|---|\n"
            .to_owned();
    let mut listed = 0;
    for (severity, exit) in [("error", "1"), ("warning", "0, with `--strict` 1"), ("note", "0")] {
        let links: Vec<String> = rules
            .iter()
            .filter(|rule| rule["severity"] == severity)
            .map(|rule| {
                let id = rule["id"].as_str().expect("an id");
                let mark = if rule["fix"].is_null() { "" } else { " (fix)" };
                format!("[{id}](lint.md#{id}){mark}")
            })
            .collect();
        listed += links.len();
        let _ = writeln!(out, "| {severity} | {exit} | {} |", links.join(", "));
    }
    assert_eq!(listed, rules.len(), "a rule has a severity that the table does not list");
    out
}

fn documents() -> String {
    let mut out =
        "\n## Documents\n\n`-o json` writes these documents. Each has a JSON Schema. New \
                   versions may add members; no member is removed or changes its meaning.\n\n\
                   | schema | of |\n|---|---|\n"
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
