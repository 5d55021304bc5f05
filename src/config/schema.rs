//! The JSON Schema of the file, for editors.
//!
//! The schema is written by hand, for its descriptions are its purpose; tests hold
//! its keys and names against those that the reader knows.

/// The JSON Schema (draft 2020-12) of `gwr.toml`, as `gwr schema` prints it.
#[must_use]
pub fn schema() -> String {
    include_str!("../../schema/gwr.schema.json").to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::config::{accounts, api, exceptions, header_value, matching, response, root};
    use crate::config::{settings, template};
    use crate::diagnostic::hazard::HazardId;
    use crate::diagnostic::rules::RULES;
    use crate::model::ResponseType;

    fn parsed() -> Value {
        serde_json::from_str(&schema()).unwrap()
    }

    fn keys(schema: &Value, pointer: &str) -> Vec<String> {
        let object = schema
            .pointer(pointer)
            .and_then(Value::as_object)
            .unwrap_or_else(|| panic!("no {pointer}"));
        let mut keys: Vec<String> = object.keys().cloned().collect();
        keys.sort();
        keys
    }

    fn sorted<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        names.sort();
        names
    }

    #[test]
    fn it_is_a_schema() {
        jsonschema::meta::validate(&parsed()).unwrap();
    }

    /// A key in one of the two and not in the other would be an error that the
    /// editor does not see, or one that only the editor sees.
    #[test]
    fn it_has_the_keys_that_the_reader_has() {
        let schema = parsed();
        let api_keys = api::OWN_KEYS.into_iter().chain(settings::KEYS);
        for (pointer, names) in [
            ("/properties", sorted(root::KEYS)),
            ("/properties/limits/properties", sorted(root::LIMIT_KEYS)),
            ("/properties/defaults/properties", sorted(settings::KEYS)),
            ("/$defs/api/properties", sorted(api_keys)),
            ("/$defs/match/properties", sorted(matching::KEYS)),
            ("/$defs/account_table/properties", sorted(accounts::KEYS)),
            ("/$defs/response/properties", sorted(response::KEYS)),
            ("/$defs/ignore/properties", sorted(exceptions::IGNORE_KEYS)),
            ("/$defs/allow/properties", sorted(exceptions::ALLOW_KEYS)),
            ("/$defs/responses/properties", sorted(ResponseType::ALL.map(ResponseType::as_str))),
        ] {
            assert_eq!(keys(&schema, pointer), names, "{pointer}");
        }
        let header =
            [1, 2].map(|n| keys(&schema, &format!("/$defs/header/anyOf/{n}/properties"))).concat();
        assert_eq!(header, sorted(header_value::KEYS));
        assert_eq!(keys(&schema, "/$defs/template/anyOf/1/properties"), sorted(template::KEYS));
    }

    #[test]
    fn it_has_the_names_that_the_reader_has() {
        let schema = parsed();
        let names = |pointer: &str| -> Vec<String> {
            let values = schema.pointer(pointer).and_then(Value::as_array).unwrap();
            sorted(values.iter().filter_map(Value::as_str))
        };
        assert_eq!(names("/$defs/type/enum"), sorted(ResponseType::ALL.map(ResponseType::as_str)));
        let rules = sorted(RULES.into_iter().map(|rule| rule.id));
        assert_eq!(names("/$defs/allow/properties/rule/enum"), rules);
        assert_eq!(names("/$defs/accept/items/enum"), sorted(HazardId::ALL.map(HazardId::as_str)));
    }
}
