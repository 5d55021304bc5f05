//! Keys for the tables of APIs: readable, and each once.

use std::collections::{BTreeMap, BTreeSet};

/// Longer names are cut: a key is typed after `--api`.
const LONGEST: usize = 60;

/// A key for each name, in the same order. What several would share is told apart by the
/// text that stands beside the name (an id), and at last by a number, so that the key of
/// one API does not depend on the order of the others.
#[must_use]
pub fn name_apart(names: &[(&str, &str)]) -> Vec<String> {
    let slugs: Vec<String> = names.iter().map(|(name, _)| slug(name)).collect();
    let mut shared: BTreeMap<&str, usize> = BTreeMap::new();
    for slug in &slugs {
        *shared.entry(slug).or_default() += 1;
    }
    let mut taken = BTreeSet::new();
    let wanted = slugs.iter().zip(names).map(|(slug_of_name, (_, apart))| {
        let alone = !slug_of_name.is_empty() && shared[slug_of_name.as_str()] == 1;
        let parts = [slug_of_name.as_str(), if alone { "" } else { apart }];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { "api".to_owned() } else { slug(&parts.join("-")) }
    });
    wanted
        .map(|wanted| {
            let numbered = (2..).map(|number| format!("{wanted}-{number}"));
            let mut free =
                std::iter::once(wanted.clone()).chain(numbered).filter(|key| !taken.contains(key));
            let key = free.next().unwrap_or(wanted);
            taken.insert(key.clone());
            key
        })
        .collect()
}

/// Lower case, with `-` for whatever is no letter and no digit.
pub(super) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || c == '_' {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= LONGEST {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_readable_unique_keys() {
        let names = [
            ("Orders API (v2)", "aaa"),
            ("billing", "bbb"),
            ("Billing!", "ccc"),
            ("日本", "ddd"),
            ("", ""),
            ("", ""),
            ("api", "eee"),
        ];
        let keys = name_apart(&names);
        let expected =
            ["orders-api-v2", "billing-bbb", "billing-ccc", "ddd", "api", "api-2", "api-3"];
        assert_eq!(keys, expected);
    }

    #[test]
    fn cuts_long_names() {
        assert_eq!(slug(&"long ".repeat(100)).len(), LONGEST - 1);
    }
}
