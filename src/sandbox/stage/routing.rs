//! From a request's method and path to a method of the API.
//!
//! Measured on AWS by ministack's tests: routing is by the pair of resource and
//! method, so that a resource without the verb does not hide a `{proxy+}` that
//! has it.

use crate::sandbox::data::state::{Configuration, Method, Resource, Texts};

/// A method that serves a request, and what its path's variables hold.
pub(crate) struct Routed<'a> {
    pub(crate) resource: &'a Resource,
    pub(crate) method: &'a Method,
    pub(crate) path_parameters: Texts,
}

/// How well a part of a resource's path fits: the better first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Literal,
    Variable,
    Greedy,
}

/// The best method for a verb and the decoded segments of a path.
pub(crate) fn route<'a>(
    config: &'a Configuration,
    verb: &str,
    segments: &[String],
) -> Option<Routed<'a>> {
    config
        .resources
        .values()
        .filter_map(|resource| {
            let method = resource.methods.get(verb).or_else(|| resource.methods.get("ANY"))?;
            let (fits, path_parameters) = fit(&resource.path, segments)?;
            Some((fits, Routed { resource, method, path_parameters }))
        })
        .min_by(|(one, _), (other, _)| one.cmp(other))
        .map(|(_, routed)| routed)
}

/// What the variables of a resource's path hold, where the path fits it.
pub(crate) fn path_parameters(path: &str, segments: &[String]) -> Option<Texts> {
    fit(path, segments).map(|(_, parameters)| parameters)
}

fn fit(path: &str, segments: &[String]) -> Option<(Vec<Fit>, Texts)> {
    let mut fits = Vec::new();
    let mut parameters = Texts::new();
    let mut rest = segments;
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let (segment, after) = rest.split_first()?;
        match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => {
                if let Some(name) = name.strip_suffix('+') {
                    parameters.insert(name.to_owned(), rest.join("/"));
                    fits.push(Fit::Greedy);
                    return Some((fits, parameters));
                }
                parameters.insert(name.to_owned(), segment.clone());
                fits.push(Fit::Variable);
            }
            None if part == segment => fits.push(Fit::Literal),
            None => return None,
        }
        rest = after;
    }
    rest.is_empty().then_some((fits, parameters))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(methods: &[(&str, &str)]) -> Configuration {
        let mut config = Configuration::default();
        for (verb, path) in methods {
            let resource = config.resources.entry((*path).to_owned()).or_default();
            (*path).clone_into(&mut resource.path);
            resource.methods.insert((*verb).to_owned(), Method::default());
        }
        config
    }

    #[test]
    fn the_most_literal_path_that_has_the_verb_wins() {
        let config = config(&[
            ("GET", "/"),
            ("GET", "/pets"),
            ("GET", "/pets/{id}"),
            ("POST", "/pets/mine"),
            ("ANY", "/{proxy+}"),
        ]);
        for (verb, path, expected) in [
            ("GET", "/", Some("/")),
            ("POST", "/", None),
            ("GET", "/pets", Some("/pets")),
            ("GET", "/pets/mine", Some("/pets/{id}")),
            ("POST", "/pets/mine", Some("/pets/mine")),
            ("DELETE", "/pets", Some("/{proxy+}")),
            ("GET", "/a/b/c", Some("/{proxy+}")),
        ] {
            let segments = crate::sandbox::wire::http::segments(path).expect("UTF-8");
            let found = route(&config, verb, &segments).map(|routed| routed.resource.path.as_str());
            assert_eq!(found, expected, "{verb} {path}");
        }
    }
}
