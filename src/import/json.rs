//! JSON, with what `serde_json` reads over: keys that stand twice.

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::parsed::{Lines, Parsed};

/// Reads a text.
///
/// # Errors
/// In words, with the line.
pub fn read(text: &str) -> Result<Parsed, String> {
    let value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut twice = Vec::new();
    let mut reader = serde_json::Deserializer::from_str(text);
    // It was read before, so that this cannot fail.
    let _ = Keys { above: String::new(), twice: &mut twice }.deserialize(&mut reader);
    let warnings = twice
        .into_iter()
        .map(|key| format!("the key `{key}` is duplicated; the last value is used"))
        .collect();
    Ok(Parsed { value, lines: Lines::default(), warnings })
}

/// Looks at every key, and at nothing else.
struct Keys<'a> {
    /// The keys that lead here, with points between them.
    above: String,
    twice: &'a mut Vec<String>,
}

impl Keys<'_> {
    fn at(&self, key: &str) -> String {
        if self.above.is_empty() { key.to_owned() } else { format!("{}.{key}", self.above) }
    }
}

impl<'de> DeserializeSeed<'de> for Keys<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = std::collections::BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            let at = self.at(&key);
            if !seen.insert(key) {
                self.twice.push(at.clone());
            }
            map.next_value_seed(Keys { above: at, twice: &mut *self.twice })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let inside = || format!("{}[]", self.above);
        while seq.next_element_seed(Keys { above: inside(), twice: &mut *self.twice })?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reports_duplicate_keys() {
        let read =
            read(r#"{"a": {"b": 1, "b": 2}, "c": [{"d": null, "d": "x", "e": [1.5, -1, true]}]}"#)
                .expect("JSON");
        assert_eq!(read.value, json!({"a": {"b": 2}, "c": [{"d": "x", "e": [1.5, -1, true]}]}));
        assert_eq!(
            read.warnings,
            [
                "the key `a.b` is duplicated; the last value is used",
                "the key `c[].d` is duplicated; the last value is used",
            ]
        );
    }

    #[test]
    fn reports_invalid_documents_with_their_line() {
        let told = super::read("{\n\"a\": ]}").expect_err("no JSON");
        assert!(told.contains("line 2"), "{told}");
    }
}
