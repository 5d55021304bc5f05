//! Where resources are, as HAL's links say it.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

/// `{"href": …}`; methods and responses also have their name in it, twice.
pub(crate) fn link(path: &str, name: Option<&str>) -> Value {
    match name {
        Some(name) => json!({ "href": path, "name": name, "title": name }),
        None => json!({ "href": path }),
    }
}

/// The links of a list but those to its members: itself as it was asked for, and the next page.
pub(crate) fn list_links(path: &str, query: &str, position: Option<&str>) -> Map<String, Value> {
    let own = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let mut links = Map::from_iter([("self".to_owned(), link(&own, None))]);
    if let Some(position) = position {
        let mut next =
            format!("{path}?position={}", utf8_percent_encode(position, NON_ALPHANUMERIC));
        let asked = query.split('&').filter(|one| !one.is_empty());
        for pair in asked.filter(|one| one.split('=').next() != Some("position")) {
            next.push('&');
            next.push_str(pair);
        }
        links.insert("next".to_owned(), link(&next, None));
    }
    links
}

/// Where a member of a list is: below the list, by what it is called there.
pub(crate) fn item_path(list: &str, member: &Map<String, Value>) -> String {
    let key = match list.rsplit('/').next().unwrap_or_default() {
        "gatewayresponses" => "responseType",
        "models" => "name",
        "stages" => "stageName",
        _ => "id",
    };
    match member.get(key).and_then(Value::as_str) {
        Some(name) => format!("{list}/{name}"),
        None => list.to_owned(),
    }
}

/// Where the resource is that a call answers with. What was made by a POST is below the path
/// that was called; a resource of an API is beside its parent.
pub(crate) fn own_path(operation: &str, path: &str, body: &Map<String, Value>) -> String {
    let list = match operation {
        "CreateResource" => path.rsplit_once('/').map_or(path, |(list, _)| list),
        _ if operation.starts_with("Create") || operation.starts_with("Import") => path,
        _ => return path.to_owned(),
    };
    item_path(list, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_where_they_can_be_got() {
        let body = |key: &str| Map::from_iter([(key.to_owned(), Value::from("x"))]);
        for (operation, path, key, expected) in [
            ("GetStage", "/restapis/a/stages/x", "stageName", "/restapis/a/stages/x"),
            ("CreateStage", "/restapis/a/stages", "stageName", "/restapis/a/stages/x"),
            ("CreateRestApi", "/restapis", "id", "/restapis/x"),
            ("ImportRestApi", "/restapis", "id", "/restapis/x"),
            ("CreateModel", "/restapis/a/models", "name", "/restapis/a/models/x"),
            ("CreateResource", "/restapis/a/resources/r", "id", "/restapis/a/resources/x"),
        ] {
            assert_eq!(own_path(operation, path, &body(key)), expected, "{operation}");
        }
    }

    /// The sample of GetRestApis: `self` as asked, `next` with the position before the limit.
    #[test]
    fn the_next_page_is_asked_for_as_this_one_was() {
        let links = list_links("/restapis", "limit=1&position=old", Some("a=b"));
        assert_eq!(links["self"]["href"], "/restapis?limit=1&position=old");
        assert_eq!(links["next"]["href"], "/restapis?position=a%3Db&limit=1");
        assert_eq!(list_links("/restapis", "", None).len(), 1);
    }
}
