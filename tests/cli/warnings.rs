//! What the file alone makes worth saying is said by every verb that takes the file.

use super::*;

#[test]
fn an_exception_that_ends_soon_is_told_by_every_verb() {
    let soon = time::OffsetDateTime::now_utc().date() + time::Duration::days(3);
    let place = Place::new(&format!(
        "{ONE}[[apis.orders.ignore]]\ntype = \"WAF_FILTERED\"\nreason = \"theirs\"\nuntil = {soon}\n"
    ));
    let offline: [&[&str]; 3] =
        [&["explain", "--of", "desired"], &["drift", "--emit", "openapi"], &["policy", "plan"]];
    for arguments in offline {
        let run = binary::run(place.path(), arguments);
        run.exits(0).tells("until");
        assert_eq!(run.stderr.matches("warning").count(), 1, "{run}");
        let quiet = binary::run(place.path(), &[arguments, &["-q"]].concat());
        assert!(!quiet.stderr.contains("until"), "{quiet}");
    }
    place.run(&["plan"]).exits(0).tells("until");
}
