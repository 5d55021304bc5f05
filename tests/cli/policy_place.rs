//! `gwr policy`: for which accounts, regions and partitions it is, and how long it may be.

use super::*;

/// As for the other verbs: a region is that of one account.
#[test]
fn a_region_or_profile_for_several_accounts_is_refused() {
    let two = "version = 1\n[accounts.a]\nregion = \"eu-west-1\"\n[accounts.b]\n\
               [apis.one]\naccount = \"a\"\nmatch = { id = \"abcde12345\" }\n\
               [apis.two]\naccount = \"b\"\nmatch = { id = \"abcde12345\" }\n";
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("gwr.toml"), two).expect("a file");
    let run = |arguments: &[&str]| binary::run(folder.path(), arguments);
    for flag in ["--region", "--profile"] {
        run(&["policy", "plan", flag, "eu-west-1"])
            .exits(1)
            .tells(&format!("{flag} would apply to several accounts (a, b)"));
    }
    run(&["policy", "plan", "--region", "eu-west-1", "--api", "one"]).exits(0);
    for region in ["", " ", "eu west", "EU"] {
        run(&["policy", "plan", "--api", "one", "--region", region])
            .exits(1)
            .tells("it must be a region's name");
    }
    let mut blank = binary::command(folder.path(), &["policy", "plan", "--api", "two"]);
    let blank = binary::wait(blank.env("AWS_REGION", " ").spawn().expect("it runs"));
    blank.exits(1).tells("AWS_REGION is \" \", which is not a valid region");
}

/// The role that is assumed tells the partition where nothing tells the region.
#[test]
fn the_partition_is_that_of_the_role() {
    let folder = tempfile::tempdir().expect("a folder");
    for partition in ["aws-cn", "aws-us-gov"] {
        let file = format!(
            "version = 1\n[defaults]\naccount = \"main\"\n[accounts.main]\nrole_arn = \
             \"arn:{partition}:iam::123456789012:role/gwr\"\n[apis.orders]\nmatch = {{ id = \"abcde12345\" }}\n"
        );
        std::fs::write(folder.path().join("gwr.toml"), file).expect("a file");
        let mut command = binary::command(folder.path(), &["policy"]);
        let run = binary::wait(command.env_remove("AWS_REGION").spawn().expect("it runs"));
        run.exits(0).tells(&format!("in the partition {partition}."));
        assert!(run.stdout.contains(&format!("\"arn:{partition}:apigateway:*::/")), "{run}");
    }
}

/// A fleet: the note says how many policies, and the commands make them.
#[test]
fn a_policy_that_is_too_long_is_made_in_parts() {
    let mut file = "version = 1\n".to_owned();
    for number in 0..20 {
        file += &format!("[apis.api-{number}]\nmatch = {{ id = \"abcdef{number:04}\" }}\n");
        file += "stages = [\"prod\"]\nresponses.THROTTLED.status = 420\n";
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("gwr.toml"), file).expect("a file");
    let run = binary::run(folder.path(), &["policy", "apply"]);
    run.exits(0).tells("a managed policy takes 6144").tells("A role takes 10 managed policies");
    let commands: Vec<&str> =
        run.stderr.lines().filter_map(|line| line.split('`').nth(1)).filter(is_part).collect();
    assert!(commands.len() > 1, "{run}");
    for command in commands {
        let words: Vec<&str> = command.split_whitespace().skip(1).collect();
        let part = binary::run(folder.path(), &words);
        part.exits(0);
        assert!(!part.stderr.contains("a managed policy takes"), "{part}");
    }
}

fn is_part(command: &&str) -> bool {
    command.starts_with("gwr policy apply --api ")
}
