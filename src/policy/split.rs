//! A policy that is too long for IAM, as several: each for some of the file's tables.

use super::document::{Document, LARGEST_MANAGED_POLICY};
use super::grantee::{Grantee, Verb};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The keys of the tables that it is for.
    pub keys: Vec<String>,
    /// Its length as IAM counts it.
    pub length: usize,
}

/// The policies that one is to be made of, filled up in the order of the keys; none where
/// one is enough. A table whose APIs alone are too much is a part of its own.
#[must_use]
pub fn split(verb: Verb, apis: &[Grantee]) -> Vec<Part> {
    let length = |some: &[Grantee]| Document::new(verb, some).length();
    if length(apis) <= LARGEST_MANAGED_POLICY {
        return Vec::new();
    }
    let mut parts: Vec<Part> = Vec::new();
    let mut held: Vec<Grantee> = Vec::new();
    for table in apis.chunk_by(|one, other| one.key == other.key) {
        let Some(key) = table.first().map(|api| api.key.clone()) else { continue };
        let with: Vec<Grantee> = held.iter().chain(table).cloned().collect();
        let together = length(&with);
        match parts.last_mut() {
            Some(part) if together <= LARGEST_MANAGED_POLICY => {
                part.keys.push(key);
                part.length = together;
                held = with;
            }
            Some(_) | None => {
                parts.push(Part { keys: vec![key], length: length(table) });
                held = table.to_vec();
            }
        }
    }
    parts
}
