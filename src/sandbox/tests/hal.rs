//! Answers to those who ask for HAL.

use super::*;

fn hal(bench: &mut Bench, method: &str, url: &str, body: &Value) -> Value {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let answer = bench.answer(method, url, &[("accept", "application/hal+json")], &text);
    assert!(answer.status < 300, "{method} {url}: {answer:?}");
    serde_json::from_slice(&answer.body).expect("JSON")
}

#[test]
fn only_who_asks_for_hal_gets_it() {
    let mut bench = Bench::new(&[]);
    for (accept, is_plain) in [
        (None, true),
        (Some("*/*"), true),
        (Some("application/hal+json"), false),
        (Some("application/json"), true),
        (Some("text/plain, Application/JSON; charset=utf-8"), true),
    ] {
        let headers: Vec<_> = accept.iter().map(|accept| ("accept", *accept)).collect();
        let answer = bench.answer("GET", "~", &headers, "");
        let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!(body.get("_links").is_none(), is_plain, "{accept:?}");
        assert_eq!(body["createdDate"].is_number(), is_plain, "{accept:?}");
    }
    // An error is the same either way, and so is what has no body.
    let error =
        |bench: &mut Bench, accept| bench.answer("GET", "~/stages/none", &[("accept", accept)], "");
    assert_eq!(error(&mut bench, "application/hal+json"), error(&mut bench, "application/json"));
    bench.put("THROTTLED", &json!({}));
    let gone = bench.answer("DELETE", "~/gatewayresponses/THROTTLED", &[], "");
    assert_eq!((gone.status, gone.body.len()), (202, 0));
}

/// cognitect-labs/aws-api#35: one API is an object, two are a list; `types` is a text.
#[test]
fn a_list_of_one_is_its_member() {
    let mut bench = Bench::new(&[]);
    let id = bench.api.clone();
    let one = hal(&mut bench, "GET", "/restapis", &Value::Null);
    assert_eq!(one["_links"]["self"]["href"], "/restapis");
    assert_eq!(one["_links"]["item"], json!({"href": format!("/restapis/{id}")}));
    let item = &one["_embedded"]["item"];
    assert_eq!((&item["id"], &item["name"]), (&json!(id), &json!("orders")));
    assert_eq!(item["_links"]["self"]["href"], format!("/restapis/{id}"));
    assert_eq!(item["endpointConfiguration"]["types"], "EDGE");
    let date = item["createdDate"].as_str().expect("a text");
    assert!(date.len() == 20 && date.ends_with('Z') && date.starts_with("20"), "{date}");

    let made = hal(&mut bench, "POST", "/restapis", &json!({"name": "second"}));
    let second = made["id"].as_str().expect("an id").to_owned();
    assert_eq!(made["_links"]["self"]["href"], format!("/restapis/{second}"));
    let two = hal(&mut bench, "GET", "/restapis", &Value::Null);
    assert_eq!(two["_embedded"]["item"].as_array().map(Vec::len), Some(2));
    assert_eq!(two["_links"]["item"].as_array().map(Vec::len), Some(2));

    let page = hal(&mut bench, "GET", "/restapis?limit=1", &Value::Null);
    assert_eq!(page["_links"]["self"]["href"], "/restapis?limit=1");
    let next = page["_links"]["next"]["href"].as_str().expect("a next page").to_owned();
    assert!(next.starts_with("/restapis?position=") && next.ends_with("&limit=1"), "{next}");
    let last = hal(&mut bench, "GET", &next, &Value::Null);
    assert_eq!(last["_links"].get("next"), None);
    assert_ne!(last["_embedded"]["item"]["id"], page["_embedded"]["item"]["id"]);

    let none = hal(&mut bench, "GET", "~/authorizers", &Value::Null);
    assert_eq!(none["_embedded"]["item"], json!([]));
}

/// The sample of GetGatewayResponses.
#[test]
fn gateway_responses_are_embedded_with_their_places() {
    let mut bench = Bench::new(&[]);
    let put = hal(
        &mut bench,
        "PUT",
        "~/gatewayresponses/THROTTLED",
        &json!({"statusCode": "430", "responseTemplates": {"application/json": "{}"}}),
    );
    let place = format!("/restapis/{}/gatewayresponses/THROTTLED", bench.api);
    assert_eq!(
        put,
        json!({
            "_links": {"self": {"href": place}},
            "responseType": "THROTTLED",
            "statusCode": "430",
            "responseParameters": {},
            "responseTemplates": {"application/json": "{}"},
            "defaultResponse": false,
        })
    );
    let all = hal(&mut bench, "GET", "~/gatewayresponses", &Value::Null);
    let items = all["_embedded"]["item"].as_array().expect("a list");
    let links = all["_links"]["item"].as_array().expect("a list");
    assert_eq!((items.len(), links.len()), (21, 21));
    assert!(items.contains(&put) && links.contains(&json!({"href": place})));
}

/// The sample of GetMethod: the integration and the responses are embedded, each once.
#[test]
fn what_a_resource_holds_is_embedded() {
    let mut bench = Bench::new(&[]);
    let root = bench.get("~")["rootResourceId"].as_str().expect("an id").to_owned();
    let place = format!("/restapis/{}/resources/{root}", bench.api);
    let verb = bench.get(&format!("~/resources/{root}"))["resourceMethods"]
        .as_object()
        .and_then(|methods| methods.keys().next().cloned())
        .expect("the seed's method");
    let named = hal(&mut bench, "GET", "~/resources", &Value::Null);
    let link = json!({"href": format!("{place}/methods/{verb}"), "name": verb, "title": verb});
    assert_eq!(named["_embedded"]["item"]["_links"]["resource:methods"], link);
    assert_eq!(named["_embedded"]["item"].get("_embedded"), None);

    let whole = hal(&mut bench, "GET", "~/resources?embed=methods", &Value::Null);
    let method = &whole["_embedded"]["item"]["_embedded"]["resource:methods"];
    assert_eq!(method["_links"]["self"], link);
    assert_eq!(method["httpMethod"], json!(verb));
    let integration = &method["_embedded"]["method:integration"];
    assert_eq!(integration["type"], "MOCK");
    let responses = &integration["_embedded"]["integration:responses"];
    assert_eq!(
        responses["_links"]["self"]["href"],
        format!("{place}/methods/{verb}/integration/responses/200")
    );
    for gone in ["resourceMethods", "methodIntegration", "integrationResponses"] {
        assert!(!whole.to_string().contains(&format!("\"{gone}\"")), "{gone}: {whole}");
    }
}
