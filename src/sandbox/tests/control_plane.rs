use super::*;

/// What is sent, and what comes back.
type Row<'a> = (&'a str, &'a str, Value, u16, &'a str, &'a str);

/// Statuses, names and messages recorded on AWS, or seen in the field.
#[test]
fn recorded_errors() {
    let mut bench = Bench::new(&[]);
    let unknown_api = "Invalid API identifier specified 123456789012:none";
    let rows: Vec<Row<'_>> = vec![
        ("GET", "/restapis/none", Value::Null, 404, "NotFoundException", unknown_api),
        (
            "GET",
            "/restapis/none/gatewayresponses",
            Value::Null,
            404,
            "NotFoundException",
            unknown_api,
        ),
        (
            "PATCH",
            "/restapis/none/gatewayresponses/THROTTLED",
            json!({"patchOperations": []}),
            404,
            "NotFoundException",
            unknown_api,
        ),
        (
            "DELETE",
            "~/gatewayresponses/THROTTLED",
            Value::Null,
            404,
            "NotFoundException",
            "Gateway response type not defined on api",
        ),
        (
            "PUT",
            "~/gatewayresponses/THROTTLED",
            json!({"statusCode": "wrong"}),
            400,
            "ValidationException",
            "1 validation error detected: Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\\d\\d",
        ),
        (
            "PUT",
            "~/gatewayresponses/THROTTLED",
            json!({"responseParameters": {"gatewayresponse.header.a": "test-value"}}),
            400,
            "BadRequestException",
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: test-value]",
        ),
        (
            "GET",
            "~/stages/none",
            Value::Null,
            404,
            "NotFoundException",
            "Invalid stage identifier specified",
        ),
        (
            "GET",
            "~/stages/none/exports/oas30",
            Value::Null,
            404,
            "NotFoundException",
            "Invalid stage identifier specified",
        ),
        (
            "PATCH",
            "~/stages/prod",
            json!({"patchOperations": [{"op": "replace", "path": "/deploymentId", "value": "none00"}]}),
            400,
            "BadRequestException",
            "Deployment id does not exist",
        ),
        (
            "PATCH",
            "~/stages/prod",
            json!({"patchOperations": [{"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"}]}),
            400,
            "BadRequestException",
            "Promotion not available. Canary does not exist.",
        ),
        (
            "PATCH",
            "~/stages/prod",
            json!({"patchOperations": [{"op": "add", "path": "/canarySettings/deploymentId", "value": "x"}]}),
            400,
            "BadRequestException",
            "Invalid add operation with path: /canarySettings/deploymentId",
        ),
        (
            "POST",
            "~/deployments",
            json!({"canarySettings": {"percentTraffic": 1.0}}),
            400,
            "BadRequestException",
            "Invalid deployment content specified.Non null and non empty stageName must be provided for canary deployment. Provided value is null",
        ),
        (
            "POST",
            "~/deployments",
            json!({"stageName": "none", "canarySettings": {"percentTraffic": 1.0}}),
            400,
            "BadRequestException",
            "Invalid deployment content specified.Stage none must already be created before making a canary release deployment",
        ),
        (
            "POST",
            "/usageplans",
            json!({}),
            501,
            "NotImplementedException",
            "The sandbox does not have the operation CreateUsagePlan",
        ),
    ];
    for (method, url, body, status, error, message) in rows {
        let told = bench.call(method, url, &body);
        assert_eq!(
            (told.status, told.error.as_deref(), told.message()),
            (status, Some(error), message),
            "{method} {url}"
        );
    }
    assert_eq!(
        bench.send("PUT", "~/gatewayresponses/THROTTLED", "{\"a").error.as_deref(),
        Some("SerializationException")
    );
    assert_eq!(
        bench.send("PUT", "~/gatewayresponses/THROTTLED", "[]").error.as_deref(),
        Some("SerializationException")
    );
}

/// Recorded in `test_gateway_response_crud` and `test_gateway_response_put`.
#[test]
fn a_put_replaces_and_a_delete_brings_the_default_back() {
    let mut bench = Bench::new(&[]);
    let all = bench.get("~/gatewayresponses");
    let items = all["item"].as_array().expect("a list");
    assert_eq!(items.len(), 21);
    assert!(items.iter().all(|item| item["defaultResponse"] == true));
    let without: Vec<_> = items.iter().filter(|item| item.get("statusCode").is_none()).collect();
    assert_eq!(without.len(), 2, "the family defaults have no status");

    let template = json!({"application/json": "{}"});
    let header = json!({"gatewayresponse.header.a": "'b'"});
    bench.put(
        "THROTTLED",
        &json!({"statusCode": "430", "responseParameters": header, "responseTemplates": template}),
    );
    bench.put("THROTTLED", &json!({"responseParameters": header}));
    let builtin = json!({"application/json": "{\"message\":$context.error.messageString}"});
    assert_eq!(
        bench.get("~/gatewayresponses/THROTTLED"),
        json!({
            "responseType": "THROTTLED",
            "statusCode": "429",
            "responseParameters": header,
            "responseTemplates": builtin,
            "defaultResponse": false,
        })
    );
    let deleted = bench.call("DELETE", "~/gatewayresponses/THROTTLED", &Value::Null);
    assert_eq!((deleted.status, deleted.body), (202, Value::Null));
    assert_eq!(bench.get("~/gatewayresponses/THROTTLED")["defaultResponse"], true);
}

#[test]
fn a_kept_part_of_a_patch_is_stored() {
    let operations = json!({"patchOperations": [
        {"op": "replace", "path": "/statusCode", "value": "431"},
        {"op": "replace", "path": "/responseParameters/gatewayresponse.header.none", "value": "'x'"},
    ]});
    for (quirks, expected) in [(&[][..], true), (&["patch-atomic=no"][..], false)] {
        let mut bench = Bench::new(quirks);
        let told = bench.call("PATCH", "~/gatewayresponses/THROTTLED", &operations);
        assert_eq!((told.status, told.message()), (404, "Invalid parameter name specified"));
        assert_eq!(bench.get("~/gatewayresponses/THROTTLED")["defaultResponse"], expected);
    }
}

#[test]
fn an_export_shows_the_snapshot_or_mirrors() {
    let exported = |quirk: &str| {
        let mut bench = Bench::new(&[quirk]);
        bench.put("THROTTLED", &json!({"statusCode": "430"}));
        let before = bench.exported();
        bench.deploy("prod");
        (before, bench.exported())
    };
    let shown = json!({"THROTTLED": {"statusCode": 430}});
    assert_eq!(exported("export=snapshot"), (Value::Null, shown.clone()));
    assert_eq!(exported("export=mirror"), (shown.clone(), shown));
    let plain = Bench::new(&["export=mirror"]).get("~/stages/prod/exports/swagger");
    assert_eq!(plain["swagger"], "2.0");
    assert!(plain.get("x-amazon-apigateway-gateway-responses").is_none());
}

#[test]
fn an_export_shows_what_another_person_changed() {
    let mut bench = Bench::new(&[]);
    let before = bench.export();
    let root = bench.get("~")["rootResourceId"].as_str().expect("an id").to_owned();
    let pets = bench.call("POST", &format!("~/resources/{root}"), &json!({"pathPart": "pets"}));
    let id = pets.body["id"].as_str().expect("an id").to_owned();
    let method = json!({"authorizationType": "AWS_IAM", "apiKeyRequired": true});
    assert_eq!(bench.call("PUT", &format!("~/resources/{id}/methods/ANY"), &method).status, 201);
    let refused = bench.call("POST", "~/deployments", &json!({}));
    assert_eq!(refused.message(), "No integration defined for method");
    let integration = json!({"type": "AWS_PROXY", "httpMethod": "POST", "uri": "arn:aws:lambda"});
    let made =
        bench.call("PUT", &format!("~/resources/{id}/methods/ANY/integration"), &integration);
    assert_eq!(made.status, 201);
    assert_eq!(bench.export(), before, "nothing is deployed yet");
    bench.deploy("prod");
    let after = bench.export();
    let added = &after["paths"]["/pets"]["x-amazon-apigateway-any-method"];
    assert_eq!(added["security"], json!([{"api_key": []}, {"sigv4": []}]));
    assert_eq!(added["x-amazon-apigateway-integration"]["type"], "aws_proxy");
}

/// Field evidence: aws-cdk#28652.
#[test]
fn an_overwriting_import_wipes_gateway_responses() {
    let mut bench = Bench::new(&[]);
    bench.put("THROTTLED", &json!({"statusCode": "430"}));
    bench.deploy("prod");
    let document = bench.export();
    bench.put("UNAUTHORIZED", &json!({}));
    let customised = |bench: &mut Bench| -> Vec<Value> {
        let all = bench.get("~/gatewayresponses");
        let items = all["item"].as_array().expect("a list").clone();
        items
            .into_iter()
            .filter(|item| item["defaultResponse"] == false)
            .map(|item| item["responseType"].clone())
            .collect()
    };
    assert_eq!(bench.call("PUT", "~?mode=merge", &document).status, 200);
    assert_eq!(customised(&mut bench), ["THROTTLED", "UNAUTHORIZED"]);
    assert_eq!(bench.call("PUT", "~?mode=overwrite", &document).status, 200);
    assert_eq!(customised(&mut bench), ["THROTTLED"]);
    bench.deploy("prod");
    assert_eq!(bench.export()["paths"], document["paths"], "what was exported comes back");
}

#[test]
fn seeds_are_made_once_and_get_the_stages_that_they_lack() {
    let mut bench = Bench::new(&[]);
    let id = bench.api.clone();
    bench.put("THROTTLED", &json!({"statusCode": "430"}));
    bench.engine.reset().expect("reset");
    assert!(bench.engine.store.find(&id).is_none(), "an id of its own each time");
    assert_eq!(bench.engine.store.apis().count(), 1);

    let seed = |stages: &[&str]| Seed {
        rest_api_id: Some("abcde12345".to_owned()),
        name: "named".to_owned(),
        tags: [("team".to_owned(), "x".to_owned())].into(),
        stages: stages.iter().map(|stage| (*stage).to_owned()).collect(),
    };
    let folder = tempfile::tempdir().expect("a folder");
    let options = || Options { data: Some(folder.path().to_owned()), ..Options::default() };
    let first = Engine::new(options(), &[seed(&["beta"])]).expect("a sandbox");
    drop(first);
    let again = Engine::new(options(), &[seed(&["beta", "prod"])]).expect("a sandbox");
    let api = again.store.find("abcde12345").expect("the seed");
    assert_eq!((api.stages.len(), api.deployments.len()), (2, 1));
    assert_eq!(api.stages["beta"].deployment_id, api.stages["prod"].deployment_id);
}

#[test]
fn tags_policies_and_pages() {
    let mut bench = Bench::new(&[]);
    let arn = format!("/tags/arn:aws:apigateway:us-east-1::/restapis/{}", bench.api);
    assert_eq!(bench.call("PUT", &arn, &json!({"tags": {"a": "1", "b": "2"}})).status, 204);
    assert_eq!(bench.call("DELETE", &format!("{arn}?tagKeys=a"), &Value::Null).status, 204);
    assert_eq!(bench.get(&arn), json!({"tags": {"b": "2"}}));
    let policy = json!({"patchOperations": [
        {"op": "replace", "path": "/policy", "value": "{\"Version\":\"2012-10-17\"}"},
        {"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"},
        {"op": "add", "path": "/binaryMediaTypes/image~1png"},
    ]});
    let policy = serde_json::to_string(&policy).expect("JSON");
    let path = format!("/restapis/{}", bench.api);
    let changed = bench.send("PATCH", &path, &policy);
    assert_eq!(changed.body["policy"], "{\\\"Version\\\":\\\"2012-10-17\\\"}");
    assert_eq!(changed.body["disableExecuteApiEndpoint"], true);
    bench.deploy("prod");
    let export = bench.export();
    assert_eq!(export["x-amazon-apigateway-policy"]["Version"], "2012-10-17");
    assert_eq!(export["x-amazon-apigateway-binary-media-types"], json!(["image/png"]));

    for _ in 0..3 {
        bench.deploy("prod");
    }
    let first = bench.get("~/deployments?limit=3");
    let position = first["position"].as_str().expect("more").to_owned();
    let rest = bench.get(&format!("~/deployments?limit=3&position={position}"));
    assert_eq!(
        (first["item"].as_array().map(Vec::len), rest["item"].as_array().map(Vec::len)),
        (Some(3), Some(2))
    );
}
