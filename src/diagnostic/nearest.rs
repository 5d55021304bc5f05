//! The near name, where somebody mistyped one.

/// Names longer than this were not mistyped, and comparing them costs.
const LONGEST: usize = 64;

/// With more candidates than this a search for each unknown name would no longer be cheap.
const MOST: usize = 1_000;

/// The candidate that was probably meant: at most a third of its letters off.
/// Case, and the choice between `-`, `_` and a blank, count for nothing.
#[must_use]
pub fn nearest<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    if written.len() > LONGEST {
        return None;
    }
    let written = folded(written);
    candidates
        .into_iter()
        .take(MOST)
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| {
            let distance = strsim::osa_distance(&written, &folded(candidate));
            (distance, candidate)
        })
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// "did you mean …?", as a help.
pub(crate) fn did_you_mean(candidate: &str) -> String {
    format!("did you mean `{candidate}`?")
}

fn folded(name: &str) -> String {
    name.chars()
        .map(|c| match c {
            '-' | ' ' => '_',
            c => c.to_ascii_lowercase(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let keys = ["status", "headers", "templates", "reset"];
        assert_eq!(nearest("heders", keys), Some("headers"));
        assert_eq!(nearest("Status", keys), Some("status"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest(&"x".repeat(5_000_000), keys), None);
    }
}
