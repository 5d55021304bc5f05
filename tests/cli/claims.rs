//! One API of two entries, which may name it in two ways and through two accounts.

use super::*;

#[test]
fn an_api_that_two_entries_claim_is_an_error_that_names_both() {
    for accounts in ["", "[accounts.one]\n[accounts.two]\nquota_share = 0.5\n"] {
        let account = |name: &str| {
            if accounts.is_empty() { String::new() } else { format!("account = \"{name}\"\n") }
        };
        let (one, two) = (account("one"), account("two"));
        let place = Place::new(&format!(
            "version = 1\n{accounts}[apis.a]\n{one}match = {{ id = \"abcde12345\" }}\n\
             [apis.b]\n{two}match = {{ name = \"orders\" }}\n"
        ));
        // An endpoint on the command line would span two accounts.
        let mut command = binary::command(place.path(), &["plan", "--progress", "never"]);
        command.env("AWS_ENDPOINT_URL", place.server.url());
        let run = binary::wait(command.spawn().expect("the binary runs"));
        run.exits(1).tells("API abcde12345 is claimed by [apis.a] and [apis.b]");
    }
}
