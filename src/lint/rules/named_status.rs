//! A status that a JSON body names in plain numbers.

use serde_json::{Map, Value};

/// The members that name a status, in lower case and without `_` and `-`.
const MEMBERS: [&str; 6] =
    ["code", "httpcode", "httpstatus", "httpstatuscode", "status", "statuscode"];

/// The members that an error is often wrapped in, and no others: `code` may be that of a
/// country elsewhere.
const WRAPPERS: [&str; 5] = ["body", "detail", "error", "errors", "fault"];

/// The first member that names a status of an error, and which.
pub(crate) fn named(body: &Value) -> Option<(&str, u16)> {
    let Value::Object(members) = body else {
        return None;
    };
    directly(members).or_else(|| {
        members
            .iter()
            .filter(|(name, _)| WRAPPERS.contains(&name.to_ascii_lowercase().as_str()))
            .find_map(|(_, inner)| match inner {
                Value::Array(items) => items.iter().find_map(|item| directly(item.as_object()?)),
                other => directly(other.as_object()?),
            })
    })
}

fn directly(members: &Map<String, Value>) -> Option<(&str, u16)> {
    members.iter().find_map(|(name, value)| {
        let folded: String =
            name.chars().filter(|c| !matches!(c, '_' | '-')).collect::<String>().to_lowercase();
        let number = match value {
            Value::Number(number) => number.as_u64()?,
            Value::String(text) if text.len() == 3 => text.parse().ok()?,
            _ => return None,
        };
        let status = u16::try_from(number).ok().filter(|status| (400..600).contains(status))?;
        MEMBERS.contains(&folded.as_str()).then_some((name.as_str(), status))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_status_is_found_where_errors_name_it() {
        for (body, expected) in [
            (json!({"message": "x", "statusCode": 404}), Some(("statusCode", 404))),
            (json!({"error": {"code": 503}}), Some(("code", 503))),
            (json!({"errors": [{"status": "401"}]}), Some(("status", 401))),
            (json!({"http_status": 500}), Some(("http_status", 500))),
            (json!({"code": 4031, "status": "error"}), None),
            (json!({"code": 1, "status": 0, "statusCode": "s"}), None),
            (json!({"country": {"code": 404}, "retries": 500}), None),
            (json!([404]), None),
        ] {
            assert_eq!(named(&body), expected, "{body}");
        }
    }
}
