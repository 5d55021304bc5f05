//! Deployed configurations, as found in public repositories, written in TOML: sound files
//! are silent, and the first line of each broken file names the rules that find it.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::{load_file, said};
use crate::named_tests;

mod sound {
    use super::{is_silent, named_tests};

    named_tests! {
        is_silent("tests/lint/sound");
        basic_challenge bearer_challenge context_of_the_request defaults_with_cors
        error_objects fhir html_page http_status_in_body mapped_headers
        origin_with_credentials problem_json security_headers serverless_authorizer
        unauthorized_beside_defaults validation_errors xml_and_text
    }
}

mod found {
    use super::{is_found, named_tests};

    named_tests! {
        is_found("tests/lint/found");
        console_walk_through credentials_with_any_origin details_without_quotes every_type
        fixed_code message_with_a_hint one_type_without_cors origin_echoed
        prefix_in_the_name prefix_of_methods quoted_by_the_tool single_quotes
        text_without_quotes vtl
    }
}

#[track_caller]
fn is_silent(name: &str) {
    let file = PathBuf::from(format!("tests/lint/sound/{name}.toml"));
    let found: Vec<String> = said(&load_file(&file)).iter().map(|one| one.render(false)).collect();
    assert!(found.is_empty(), "{}", found.join("\n\n"));
}

#[track_caller]
fn is_found(name: &str) {
    let file = PathBuf::from(format!("tests/lint/found/{name}.toml"));
    let text = fs::read_to_string(&file).unwrap();
    let first = text.lines().next().and_then(|line| line.strip_prefix("# finds: ")).unwrap();
    let expected: BTreeSet<&str> = first.split(", ").collect();
    let found: BTreeSet<&str> = said(&load_file(&file)).iter().filter_map(|one| one.rule).collect();
    assert_eq!(found, expected);
}
