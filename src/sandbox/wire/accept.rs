//! What a caller accepts.
//!
//! Deliberately absent: weights. No client of the service sends any, and what AWS makes of
//! them is not known.

use hyper::HeaderMap;
use hyper::header::ACCEPT;

/// The media types of Accept in their order, without parameters, in lower case.
pub(crate) fn media_types(headers: &HeaderMap) -> impl Iterator<Item = String> {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|part| part.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
        .filter(|media_type| !media_type.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    #[test]
    fn media_types_come_in_order_and_bare() {
        let mut headers = HeaderMap::new();
        headers.append(ACCEPT, HeaderValue::from_static("Application/YAML; q=0.5, */*"));
        headers.append(ACCEPT, HeaderValue::from_static("application/json"));
        let found: Vec<String> = media_types(&headers).collect();
        assert_eq!(found, ["application/yaml", "*/*", "application/json"]);
        assert_eq!(media_types(&HeaderMap::new()).count(), 0);
    }
}
