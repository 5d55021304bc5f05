//! Patch operations as they come in, and their paths.

use serde::Deserialize;
use serde_json::Value;

/// One entry of `patchOperations`, before anything is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct PatchOperation {
    pub(crate) op: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) from: Option<String>,
}

/// The operations that AWS names, in the order in which its message lists them.
pub(crate) const OPS: [&str; 6] = ["add", "remove", "move", "test", "replace", "copy"];

/// The body of every Update operation.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Patch {
    pub(crate) patch_operations: Vec<PatchOperation>,
}

impl PatchOperation {
    pub(crate) fn op(&self) -> &str {
        self.op.as_deref().unwrap_or_default()
    }

    /// The path as messages show it.
    pub(crate) fn shown_path(&self) -> &str {
        self.path.as_deref().unwrap_or("null")
    }

    /// The segments of the path, unescaped; `None` when it does not begin with `/`.
    pub(crate) fn segments(&self) -> Option<Vec<String>> {
        pointer(self.path.as_deref()?)
    }

    /// A value that is neither absent nor empty.
    pub(crate) fn filled_value(&self) -> Option<&str> {
        self.value.as_deref().filter(|value| !value.is_empty())
    }
}

/// The segments of a JSON pointer: `~1` is a slash, `~0` a tilde (RFC 6901).
pub(crate) fn pointer(path: &str) -> Option<Vec<String>> {
    let rest = path.strip_prefix('/')?;
    Some(rest.split('/').map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect())
}

/// A patch value as the JSON that the member holds: every value of a patch is a
/// string, the members are not.
pub(crate) fn typed(member: &str, value: &str) -> Option<Value> {
    match member {
        "apiKeyRequired"
        | "cacheClusterEnabled"
        | "tracingEnabled"
        | "disableExecuteApiEndpoint"
        | "validateRequestBody"
        | "validateRequestParameters"
        | "metricsEnabled"
        | "dataTraceEnabled"
        | "cachingEnabled"
        | "cacheDataEncrypted"
        | "requireAuthorizationForCacheControl"
        | "insecureSkipVerification"
        | "useStageCache" => match value.to_ascii_lowercase().as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        "timeoutInMillis"
        | "minimumCompressionSize"
        | "authorizerResultTtlInSeconds"
        | "throttlingBurstLimit"
        | "cacheTtlInSeconds" => value.parse::<i64>().ok().map(Value::from),
        "throttlingRateLimit" | "percentTraffic" => value.parse::<f64>().ok().map(Value::from),
        _ => Some(Value::from(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_unescaped_in_the_right_order() {
        assert_eq!(
            pointer("/responseTemplates/application~1json"),
            Some(vec!["responseTemplates".to_owned(), "application/json".to_owned()])
        );
        assert_eq!(pointer("/a~01b"), Some(vec!["a~1b".to_owned()]));
        assert_eq!(pointer("statusCode"), None);
    }
}
