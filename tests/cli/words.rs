//! What a person reads at night: what happened, what was done, what to type next.

use super::*;

/// How often a text is said on stderr.
fn said(run: &Run, text: &str) -> usize {
    run.stderr.matches(text).count()
}

#[test]
fn an_apply_that_ends_before_any_write_says_so_once() {
    let place = Place::new(ONE);
    let without = |name: &str| {
        let mut command = binary::command(place.path(), &["apply", "--yes", "-q"]);
        command.env_remove(name);
        binary::wait(command.spawn().expect("the binary runs"))
    };
    for run in [
        without("AWS_REGION"),
        without("AWS_ACCESS_KEY_ID"),
        place.run(&["apply", "--yes", "--api", "nobody"]),
        binary::run(place.path(), &["apply", "--yes", "--endpoint-url", "nowhere"]),
    ] {
        run.exits(1);
        let unchanged =
            said(&run, "; nothing was changed\n") + said(&run, "; nothing was written to it\n");
        assert_eq!(unchanged, 1, "{run}");
        for operation in ["Connect", "LoadCredentials"] {
            assert_eq!(said(&run, operation), 0, "{run}");
        }
    }
    place.write("bad.toml", b"version = 2\n");
    let run = place.run(&["apply", "--yes", "-f", "bad.toml"]);
    assert_eq!(said(run.exits(1), "nothing was read or changed"), 1, "{run}");
    assert_eq!(said(&run, "; nothing was changed"), 0, "{run}");
}

#[test]
fn a_profile_that_never_logged_in_is_told_how_to() {
    let place = Place::new(ONE);
    let sso = "sso_start_url = https://corp.example.com/start\nsso_region = eu-west-1\n";
    let account = "sso_account_id = 123456789012\nsso_role_name = Admin\nregion = eu-west-1\n";
    let config = format!(
        "[profile old]\n{sso}{account}[profile new]\nsso_session = corp\n{account}\
         [sso-session corp]\n{sso}"
    );
    place.write("config", config.as_bytes());
    for profile in ["old", "new"] {
        let mut command = binary::command(place.path(), &["plan", "--profile", profile]);
        command
            .env("AWS_CONFIG_FILE", place.path().join("config"))
            .env_remove("AWS_ACCESS_KEY_ID")
            .env_remove("AWS_SECRET_ACCESS_KEY");
        let run = binary::wait(command.spawn().expect("the binary runs"));
        run.exits(1).tells(&format!("hint: Log in: `aws sso login --profile {profile}`."));
    }
}

/// A suggestion that loses a flag would do something else.
#[test]
fn what_was_typed_is_said_again_whole() {
    let place = Place::new(ONE);
    place.write("other.toml", ONE.as_bytes());
    let url = place.server.url();
    let typed = [
        "apply",
        "-f",
        "other.toml",
        "--accept",
        "wiped",
        "--canary",
        "--message",
        "it's me",
        "--rewrite",
        "THROTTLED",
        "--record",
        "r.json",
    ];
    place.run(&typed).exits(4).tells(&format!(
        "`gwr apply --yes -f other.toml --endpoint-url {url} --accept wiped --rewrite THROTTLED \
         --canary --message 'it'\\''s me' --record r.json`"
    ));
    let old = place.server.pointer(API, "prod");
    place.run(&["apply", "--yes"]).exits(0);
    let back = ["rollback", "--api", "orders", "--stage", "prod", "--to", &old];
    place.run(&back).exits(4).tells(&format!(
        "`gwr rollback --yes --api orders --stage prod --endpoint-url {url} --to {old}`"
    ));
    place.run(&["deployments", "--prune", "--keep", "1", "--all-owners"]).exits(0);
    place.server.deploy(API, &[]);
    place.server.deploy(API, &[]);
    place.run(&["deployments", "--prune", "--keep", "1", "--all-owners"]).exits(4).tells(&format!(
        "`gwr deployments --yes --endpoint-url {url} --prune --keep 1 --all-owners`"
    ));
    // By whom it was deployed is not known: the command to choose with is whole, too.
    place.server.deploy(API, &["prod"]);
    place
        .run(&["rollback", "-f", "other.toml", "--api", "orders", "--stage", "prod"])
        .exits(1)
        .tells(&format!(
            "hint: choose one: `gwr rollback -f other.toml --api orders --stage prod \
             --endpoint-url {url} --to DEPLOYMENT`"
        ));
}

#[test]
fn a_saved_plan_that_cannot_be_applied_is_followed_by_a_new_one() {
    let place = Place::new(ONE);
    let url = place.server.url();
    place.run(&["plan", "--out", "a.plan"]).exits(0);
    place.server.put(API, "WAF_FILTERED", &json!({"statusCode": "418"}));
    let run = place.run(&["apply", "a.plan", "--yes"]);
    run.exits(4).tells(&format!("new plan: `gwr plan --endpoint-url {url} --out a.plan`"));

    let place = Place::new(TWO);
    place.run(&["plan", "--out", "b.plan"]).exits(0);
    place.server.faults(&json!([{"operation": "CreateDeployment", "kind": "400"}]));
    let run = place.run(&["apply", "b.plan", "--yes"]);
    assert!(
        run.exits(3).stdout.contains(
            "What was done is kept. Fix the cause above, then make a \
            new"
        ),
        "{run}"
    );
    assert_eq!(run.stdout.matches("CreateDeployment on API").count(), 1, "{run}");
    assert!(!run.stdout.contains("CreateDeployment failed"), "{run}");

    let edit = |name: &str| {
        let path = place.path().join(name);
        let text = std::fs::read_to_string(&path).expect("a document");
        std::fs::write(&path, text.replacen("\"prod\"", "\"beta\"", 1)).expect("a file");
        place.run(&["show", name])
    };
    let plan = edit("b.plan");
    plan.exits(1).tells("make a new plan with `gwr plan --out FILE`");
    assert_eq!(said(&plan, "rollback"), 0, "{plan}");
    place.server.faults(&json!([]));
    place.run(&["apply", "--yes", "--record", "r.json"]).exits(0);
    let record = edit("r.json");
    record.exits(1).tells("roll back with `gwr rollback --api NAME --stage NAME`");
    assert_eq!(said(&record, "new plan"), 0, "{record}");
}

#[test]
fn what_is_there_already_and_what_is_not_is_told() {
    let place = Place::with(ONE, &[seed(API, "orders", &["prod"]), seed("b", "other", &[])]);
    place.run(&["init"]).exits(1).tells(
        "error: gwr.toml is there already; gwr init never overwrites. Name another with -f FILE\n",
    );
    place
        .run(&["import", "--name", "zz*"])
        .exits(1)
        .tells("no API in us-east-1 matches \"zz*\"; 2 other APIs are there.");
    place
        .run(&["import", "--name", "zz"])
        .exits(1)
        .tells("no API in us-east-1 is named \"zz\"; 2 other APIs are there.");
    place.write("gwr.toml", ONE.replace("id = \"abcde12345\"", "name = \"nobody\"").as_bytes());
    let run = place.run(&["plan"]);
    run.exits(1).tells("no API in us-east-1 is named \"nobody\"; 2 other APIs are there.");
}

#[test]
fn entries_that_are_over_are_counted() {
    let entry = |name: &str| {
        format!("[[apis.orders.ignore]]\ntype = \"{name}\"\nreason = \"a\"\nuntil = 2020-01-01\n")
    };
    let place = Place::new(&format!("{ONE}{}", entry("WAF_FILTERED")));
    place
        .run(&["validate"])
        .exits(1)
        .tells("1 `ignore` entry has expired and has no effect: remove it, or set a later `until`");
    place.write(
        "gwr.toml",
        format!("{ONE}{}{}", entry("WAF_FILTERED"), entry("UNAUTHORIZED")).as_bytes(),
    );
    place.run(&["validate"]).exits(1).tells("2 `ignore` entries have expired and have no effect: ");
}
