//! Requests as they came in and answers as they go out, apart from HTTP's details.

use hyper::HeaderMap;
use hyper::body::Bytes;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::{Code, Failure};

/// The account that every API of the sandbox belongs to.
pub(crate) const ACCOUNT: &str = "123456789012";

/// A request whose body has been read.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path as it was sent, without the query.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    /// The caller's address.
    pub(crate) source_ip: String,
}

/// A body that was small enough, or not.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Read(Bytes),
    TooLarge,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The query's pairs, decoded.
    pub(crate) fn query_pairs(&self) -> Vec<(String, String)> {
        form_pairs(&self.query)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Read(bytes) => bytes,
            Body::TooLarge => &[],
        }
    }
}

/// Pairs of a query string or of a form body; `+` is a blank.
pub(crate) fn form_pairs(text: &str) -> Vec<(String, String)> {
    let decode =
        |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// The segments of a path, each decoded; `None` when one is no UTF-8.
pub(crate) fn segments(path: &str) -> Option<Vec<String>> {
    path.split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| {
            percent_decode_str(segment).decode_utf8().ok().map(std::borrow::Cow::into_owned)
        })
        .collect()
}

/// One call of a control-plane operation.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) operation: &'static str,
    /// The path's variables by their names in the service model.
    pub(crate) parameters: Vec<(&'static str, String)>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Call {
    /// A variable of the path; empty when the path has none of that name.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters
            .iter()
            .find(|(known, _)| *known == name)
            .map_or("", |(_, value)| value.as_str())
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether a repeated query key holds `value`, also in a list with commas.
    pub(crate) fn query_holds(&self, name: &str, value: &str) -> bool {
        self.query
            .iter()
            .filter(|(known, _)| known == name)
            .any(|(_, text)| text.split(',').any(|part| part.trim() == value))
    }

    /// The body in a shape of its own.
    pub(crate) fn input<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let body = if self.body.is_null() {
            Value::Object(serde_json::Map::new())
        } else {
            self.body.clone()
        };
        serde_json::from_value(body).map_err(|error| {
            Failure::new(Code::Serialization, format!("Invalid request body: {error}"))
        })
    }

    /// `position` and `limit`, as every paginated list reads them.
    pub(crate) fn page<T>(
        &self,
        items: Vec<(String, T)>,
    ) -> Result<(Vec<T>, Option<String>), Failure> {
        let limit = match self.query("limit") {
            None | Some("" | "0") => 25,
            Some(text) => text
                .parse::<usize>()
                .map_err(|_| Failure::bad_request(format!("Invalid limit specified: {text}")))?
                .clamp(1, 500),
        };
        let after = self.query("position").filter(|position| !position.is_empty());
        let mut rest: Vec<(String, T)> = items
            .into_iter()
            .filter(|(key, _)| after.is_none_or(|after| key.as_str() > after))
            .collect();
        let position = (rest.len() > limit).then(|| rest[limit - 1].0.clone());
        rest.truncate(limit);
        Ok((rest.into_iter().map(|(_, item)| item).collect(), position))
    }
}

/// An answer, before HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

/// What an operation comes to.
pub(crate) type Reply = Result<Answer, Failure>;

impl Answer {
    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).unwrap_or_default();
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: body.into(),
        }
    }

    pub(crate) fn ok(body: &impl Serialize) -> Self {
        Self::json(200, body)
    }

    pub(crate) fn created(body: &impl Serialize) -> Self {
        Self::json(201, body)
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    pub(crate) fn text(status: u16, media_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), media_type.to_owned())],
            body: body.into(),
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        let Failure { code, message, changes: _ } = failure;
        Self::json(code.status(), &serde_json::json!({ "message": message }))
            .header("x-amzn-ErrorType", code.name())
    }
}

/// A collection: `{"item": […], "position"?: …}`.
pub(crate) fn collection(items: impl Serialize, position: Option<String>) -> Value {
    let mut body = serde_json::json!({ "item": items });
    if let Some(position) = position {
        body["position"] = Value::from(position);
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_decoded_one_by_one() {
        assert_eq!(
            segments("/tags/arn%3Aaws%3Aapigateway%3A%3A%2Frestapis%2Fa"),
            Some(vec!["tags".to_owned(), "arn:aws:apigateway::/restapis/a".to_owned()])
        );
        assert_eq!(segments("/%ff"), None);
        assert_eq!(
            form_pairs("a=1%202&b=+&c"),
            [
                ("a".to_owned(), "1 2".to_owned()),
                ("b".to_owned(), " ".to_owned()),
                ("c".to_owned(), String::new()),
            ]
        );
    }

    #[test]
    fn pages_go_on_where_the_last_one_ended() {
        let items = || (0..7).map(|n| (format!("k{n}"), n)).collect::<Vec<_>>();
        let call = |query: &str| Call {
            operation: "GetDeployments",
            parameters: Vec::new(),
            query: form_pairs(query),
            headers: HeaderMap::new(),
            body: Value::Null,
        };
        let (first, position) = call("limit=3").page(items()).expect("a page");
        assert_eq!((first, position.as_deref()), (vec![0, 1, 2], Some("k2")));
        let (last, position) = call("limit=5&position=k2").page(items()).expect("a page");
        assert_eq!((last, position), (vec![3, 4, 5, 6], None));
        assert!(call("limit=x").page(items()).is_err());
    }
}
