//! From a method and a path to an operation.
//!
//! The table holds every operation of the service model (2015-07-09), so that
//! one that the sandbox lacks can be refused by its name.

use super::operations::Run::{self, Account, Missing, Read, Write};
use super::operations::{
    authorizers, deployments, exports, gateway_responses, imports, integrations, methods, models,
    resources, rest_apis, stages, tags, test_invoke, validators,
};

/// One operation and where it is found.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// Segments with `{variables}`, and what the query must say, if anything.
    pub(crate) pattern: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) run: Run,
}

/// A route that was found, with the variables of its path.
pub(crate) struct Found {
    pub(crate) route: &'static Route,
    pub(crate) parameters: Vec<(&'static str, String)>,
}

/// Finds the operation. Of two that fit, the one whose query is asked for wins.
pub(crate) fn find(method: &str, segments: &[String], query: &[(String, String)]) -> Option<Found> {
    ROUTES.iter().filter(|route| route.method == method).find_map(|route| {
        let (path, asked) = route.pattern.split_once('?').unwrap_or((route.pattern, ""));
        let has_query = asked.is_empty()
            || query.iter().any(|(name, value)| asked == format!("{name}={value}"));
        let parameters = has_query.then(|| fit(path, segments))??;
        Some(Found { route, parameters })
    })
}

fn fit(pattern: &'static str, segments: &[String]) -> Option<Vec<(&'static str, String)>> {
    let expected: Vec<&'static str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
    let mut parameters = Vec::new();
    // An ARN that was not escaped has slashes of its own.
    let joined;
    let segments = if expected.first() == Some(&"tags") && segments.len() > 2 {
        joined = [segments[0].clone(), segments[1..].join("/")];
        &joined[..]
    } else {
        segments
    };
    if expected.len() != segments.len() {
        return None;
    }
    for (expected, segment) in expected.iter().zip(segments) {
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => parameters.push((name, segment.clone())),
            None if expected == segment => {}
            None => return None,
        }
    }
    Some(parameters)
}

#[rustfmt::skip]
const ROUTES: &[Route] = &[
    Route { method: "GET", pattern: "/account", operation: "GetAccount", run: Account(rest_apis::account) },
    Route { method: "PATCH", pattern: "/account", operation: "UpdateAccount", run: Missing },
    Route { method: "GET", pattern: "/apikeys", operation: "GetApiKeys", run: Missing },
    Route { method: "POST", pattern: "/apikeys?mode=import", operation: "ImportApiKeys", run: Missing },
    Route { method: "POST", pattern: "/apikeys", operation: "CreateApiKey", run: Missing },
    Route { method: "DELETE", pattern: "/apikeys/{api_Key}", operation: "DeleteApiKey", run: Missing },
    Route { method: "GET", pattern: "/apikeys/{api_Key}", operation: "GetApiKey", run: Missing },
    Route { method: "PATCH", pattern: "/apikeys/{api_Key}", operation: "UpdateApiKey", run: Missing },
    Route { method: "GET", pattern: "/clientcertificates", operation: "GetClientCertificates", run: Missing },
    Route { method: "POST", pattern: "/clientcertificates", operation: "GenerateClientCertificate", run: Missing },
    Route { method: "DELETE", pattern: "/clientcertificates/{clientcertificate_id}", operation: "DeleteClientCertificate", run: Missing },
    Route { method: "GET", pattern: "/clientcertificates/{clientcertificate_id}", operation: "GetClientCertificate", run: Missing },
    Route { method: "PATCH", pattern: "/clientcertificates/{clientcertificate_id}", operation: "UpdateClientCertificate", run: Missing },
    Route { method: "GET", pattern: "/domainnameaccessassociations", operation: "GetDomainNameAccessAssociations", run: Missing },
    Route { method: "POST", pattern: "/domainnameaccessassociations", operation: "CreateDomainNameAccessAssociation", run: Missing },
    Route { method: "DELETE", pattern: "/domainnameaccessassociations/{domain_name_access_association_arn}", operation: "DeleteDomainNameAccessAssociation", run: Missing },
    Route { method: "GET", pattern: "/domainnames", operation: "GetDomainNames", run: Missing },
    Route { method: "POST", pattern: "/domainnames", operation: "CreateDomainName", run: Missing },
    Route { method: "DELETE", pattern: "/domainnames/{domain_name}", operation: "DeleteDomainName", run: Missing },
    Route { method: "GET", pattern: "/domainnames/{domain_name}", operation: "GetDomainName", run: Missing },
    Route { method: "PATCH", pattern: "/domainnames/{domain_name}", operation: "UpdateDomainName", run: Missing },
    Route { method: "GET", pattern: "/domainnames/{domain_name}/basepathmappings", operation: "GetBasePathMappings", run: Missing },
    Route { method: "POST", pattern: "/domainnames/{domain_name}/basepathmappings", operation: "CreateBasePathMapping", run: Missing },
    Route { method: "DELETE", pattern: "/domainnames/{domain_name}/basepathmappings/{base_path}", operation: "DeleteBasePathMapping", run: Missing },
    Route { method: "GET", pattern: "/domainnames/{domain_name}/basepathmappings/{base_path}", operation: "GetBasePathMapping", run: Missing },
    Route { method: "PATCH", pattern: "/domainnames/{domain_name}/basepathmappings/{base_path}", operation: "UpdateBasePathMapping", run: Missing },
    Route { method: "POST", pattern: "/rejectdomainnameaccessassociations", operation: "RejectDomainNameAccessAssociation", run: Missing },
    Route { method: "GET", pattern: "/restapis", operation: "GetRestApis", run: Account(rest_apis::list) },
    Route { method: "POST", pattern: "/restapis?mode=import", operation: "ImportRestApi", run: Account(imports::import) },
    Route { method: "POST", pattern: "/restapis", operation: "CreateRestApi", run: Account(rest_apis::create) },
    Route { method: "DELETE", pattern: "/restapis/{restapi_id}", operation: "DeleteRestApi", run: Account(rest_apis::delete) },
    Route { method: "GET", pattern: "/restapis/{restapi_id}", operation: "GetRestApi", run: Read(rest_apis::get) },
    Route { method: "PATCH", pattern: "/restapis/{restapi_id}", operation: "UpdateRestApi", run: Write(rest_apis::update) },
    Route { method: "PUT", pattern: "/restapis/{restapi_id}", operation: "PutRestApi", run: Write(imports::put) },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/authorizers", operation: "GetAuthorizers", run: Read(authorizers::list) },
    Route { method: "POST", pattern: "/restapis/{restapi_id}/authorizers", operation: "CreateAuthorizer", run: Write(authorizers::create) },
    Route { method: "DELETE", pattern: "/restapis/{restapi_id}/authorizers/{authorizer_id}", operation: "DeleteAuthorizer", run: Write(authorizers::delete) },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/authorizers/{authorizer_id}", operation: "GetAuthorizer", run: Read(authorizers::get) },
    Route { method: "PATCH", pattern: "/restapis/{restapi_id}/authorizers/{authorizer_id}", operation: "UpdateAuthorizer", run: Write(authorizers::update) },
    Route { method: "POST", pattern: "/restapis/{restapi_id}/authorizers/{authorizer_id}", operation: "TestInvokeAuthorizer", run: Missing },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/deployments", operation: "GetDeployments", run: Read(deployments::list) },
    Route { method: "POST", pattern: "/restapis/{restapi_id}/deployments", operation: "CreateDeployment", run: Write(deployments::create) },
    Route { method: "DELETE", pattern: "/restapis/{restapi_id}/deployments/{deployment_id}", operation: "DeleteDeployment", run: Write(deployments::delete) },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/deployments/{deployment_id}", operation: "GetDeployment", run: Read(deployments::get) },
    Route { method: "PATCH", pattern: "/restapis/{restapi_id}/deployments/{deployment_id}", operation: "UpdateDeployment", run: Write(deployments::update) },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/documentation/parts", operation: "GetDocumentationParts", run: Missing },
    Route { method: "POST", pattern: "/restapis/{restapi_id}/documentation/parts", operation: "CreateDocumentationPart", run: Missing },
    Route { method: "PUT", pattern: "/restapis/{restapi_id}/documentation/parts", operation: "ImportDocumentationParts", run: Missing },
    Route { method: "DELETE", pattern: "/restapis/{restapi_id}/documentation/parts/{part_id}", operation: "DeleteDocumentationPart", run: Missing },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/documentation/parts/{part_id}", operation: "GetDocumentationPart", run: Missing },
    Route { method: "PATCH", pattern: "/restapis/{restapi_id}/documentation/parts/{part_id}", operation: "UpdateDocumentationPart", run: Missing },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/documentation/versions", operation: "GetDocumentationVersions", run: Missing },
    Route { method: "POST", pattern: "/restapis/{restapi_id}/documentation/versions", operation: "CreateDocumentationVersion", run: Missing },
    Route { method: "DELETE", pattern: "/restapis/{restapi_id}/documentation/versions/{doc_version}", operation: "DeleteDocumentationVersion", run: Missing },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/documentation/versions/{doc_version}", operation: "GetDocumentationVersion", run: Missing },
    Route { method: "PATCH", pattern: "/restapis/{restapi_id}/documentation/versions/{doc_version}", operation: "UpdateDocumentationVersion", run: Missing },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/gatewayresponses", operation: "GetGatewayResponses", run: Read(gateway_responses::list) },
    Route { method: "DELETE", pattern: "/restapis/{restapi_id}/gatewayresponses/{response_type}", operation: "DeleteGatewayResponse", run: Write(gateway_responses::delete) },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/gatewayresponses/{response_type}", operation: "GetGatewayResponse", run: Read(gateway_responses::get) },
    Route { method: "PATCH", pattern: "/restapis/{restapi_id}/gatewayresponses/{response_type}", operation: "UpdateGatewayResponse", run: Write(gateway_responses::update) },
    Route { method: "PUT", pattern: "/restapis/{restapi_id}/gatewayresponses/{response_type}", operation: "PutGatewayResponse", run: Write(gateway_responses::put) },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/models", operation: "GetModels", run: Read(models::list) },
    Route { method: "POST", pattern: "/restapis/{restapi_id}/models", operation: "CreateModel", run: Write(models::create) },
    Route { method: "DELETE", pattern: "/restapis/{restapi_id}/models/{model_name}", operation: "DeleteModel", run: Write(models::delete) },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/models/{model_name}", operation: "GetModel", run: Read(models::get) },
    Route { method: "PATCH", pattern: "/restapis/{restapi_id}/models/{model_name}", operation: "UpdateModel", run: Missing },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/models/{model_name}/default_template", operation: "GetModelTemplate", run: Missing },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/requestvalidators", operation: "GetRequestValidators", run: Read(validators::list) },
    Route { method: "POST", pattern: "/restapis/{restapi_id}/requestvalidators", operation: "CreateRequestValidator", run: Write(validators::create) },
    Route { method: "DELETE", pattern: "/restapis/{restapi_id}/requestvalidators/{requestvalidator_id}", operation: "DeleteRequestValidator", run: Write(validators::delete) },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/requestvalidators/{requestvalidator_id}", operation: "GetRequestValidator", run: Read(validators::get) },
    Route { method: "PATCH", pattern: "/restapis/{restapi_id}/requestvalidators/{requestvalidator_id}", operation: "UpdateRequestValidator", run: Write(validators::update) },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/resources", operation: "GetResources", run: Read(resources::list) },
    Route { method: "POST", pattern: "/restapis/{restapi_id}/resources/{parent_id}", operation: "CreateResource", run: Write(resources::create) },
    Route { method: "DELETE", pattern: "/restapis/{restapi_id}/resources/{resource_id}", operation: "DeleteResource", run: Write(resources::delete) },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/resources/{resource_id}", operation: "GetResource", run: Read(resources::get) },
    Route { method: "PATCH", pattern: "/restapis/{restapi_id}/resources/{resource_id}", operation: "UpdateResource", run: Write(resources::update) },
    Route { method: "DELETE", pattern: "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}", operation: "DeleteMethod", run: Write(methods::delete) },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}", operation: "GetMethod", run: Read(methods::get) },
    Route { method: "PATCH", pattern: "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}", operation: "UpdateMethod", run: Write(methods::update) },
    Route { method: "POST", pattern: "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}", operation: "TestInvokeMethod", run: Read(test_invoke::invoke) },
    Route { method: "PUT", pattern: "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}", operation: "PutMethod", run: Write(methods::put) },
    Route { method: "DELETE", pattern: "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}/integration", operation: "DeleteIntegration", run: Write(integrations::delete) },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}/integration", operation: "GetIntegration", run: Read(integrations::get) },
    Route { method: "PATCH", pattern: "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}/integration", operation: "UpdateIntegration", run: Write(integrations::update) },
    Route { method: "PUT", pattern: "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}/integration", operation: "PutIntegration", run: Write(integrations::put) },
    Route { method: "DELETE", pattern: "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}/integration/responses/{status_code}", operation: "DeleteIntegrationResponse", run: Write(integrations::delete_response) },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}/integration/responses/{status_code}", operation: "GetIntegrationResponse", run: Read(integrations::get_response) },
    Route { method: "PATCH", pattern: "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}/integration/responses/{status_code}", operation: "UpdateIntegrationResponse", run: Write(integrations::update_response) },
    Route { method: "PUT", pattern: "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}/integration/responses/{status_code}", operation: "PutIntegrationResponse", run: Write(integrations::put_response) },
    Route { method: "DELETE", pattern: "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}/responses/{status_code}", operation: "DeleteMethodResponse", run: Write(methods::delete_response) },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}/responses/{status_code}", operation: "GetMethodResponse", run: Read(methods::get_response) },
    Route { method: "PATCH", pattern: "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}/responses/{status_code}", operation: "UpdateMethodResponse", run: Write(methods::update_response) },
    Route { method: "PUT", pattern: "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}/responses/{status_code}", operation: "PutMethodResponse", run: Write(methods::put_response) },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/stages", operation: "GetStages", run: Read(stages::list) },
    Route { method: "POST", pattern: "/restapis/{restapi_id}/stages", operation: "CreateStage", run: Write(stages::create) },
    Route { method: "DELETE", pattern: "/restapis/{restapi_id}/stages/{stage_name}", operation: "DeleteStage", run: Write(stages::delete) },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/stages/{stage_name}", operation: "GetStage", run: Read(stages::get) },
    Route { method: "PATCH", pattern: "/restapis/{restapi_id}/stages/{stage_name}", operation: "UpdateStage", run: Write(stages::update) },
    Route { method: "DELETE", pattern: "/restapis/{restapi_id}/stages/{stage_name}/cache/authorizers", operation: "FlushStageAuthorizersCache", run: Read(stages::flush) },
    Route { method: "DELETE", pattern: "/restapis/{restapi_id}/stages/{stage_name}/cache/data", operation: "FlushStageCache", run: Read(stages::flush) },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/stages/{stage_name}/exports/{export_type}", operation: "GetExport", run: Read(exports::get) },
    Route { method: "GET", pattern: "/restapis/{restapi_id}/stages/{stage_name}/sdks/{sdk_type}", operation: "GetSdk", run: Missing },
    Route { method: "GET", pattern: "/sdktypes", operation: "GetSdkTypes", run: Missing },
    Route { method: "GET", pattern: "/sdktypes/{sdktype_id}", operation: "GetSdkType", run: Missing },
    Route { method: "DELETE", pattern: "/tags/{resource_arn}", operation: "UntagResource", run: Account(tags::untag) },
    Route { method: "GET", pattern: "/tags/{resource_arn}", operation: "GetTags", run: Account(tags::get) },
    Route { method: "PUT", pattern: "/tags/{resource_arn}", operation: "TagResource", run: Account(tags::tag) },
    Route { method: "GET", pattern: "/usageplans", operation: "GetUsagePlans", run: Missing },
    Route { method: "POST", pattern: "/usageplans", operation: "CreateUsagePlan", run: Missing },
    Route { method: "DELETE", pattern: "/usageplans/{usageplanId}", operation: "DeleteUsagePlan", run: Missing },
    Route { method: "GET", pattern: "/usageplans/{usageplanId}", operation: "GetUsagePlan", run: Missing },
    Route { method: "PATCH", pattern: "/usageplans/{usageplanId}", operation: "UpdateUsagePlan", run: Missing },
    Route { method: "GET", pattern: "/usageplans/{usageplanId}/keys", operation: "GetUsagePlanKeys", run: Missing },
    Route { method: "POST", pattern: "/usageplans/{usageplanId}/keys", operation: "CreateUsagePlanKey", run: Missing },
    Route { method: "DELETE", pattern: "/usageplans/{usageplanId}/keys/{keyId}", operation: "DeleteUsagePlanKey", run: Missing },
    Route { method: "GET", pattern: "/usageplans/{usageplanId}/keys/{keyId}", operation: "GetUsagePlanKey", run: Missing },
    Route { method: "PATCH", pattern: "/usageplans/{usageplanId}/keys/{keyId}/usage", operation: "UpdateUsage", run: Missing },
    Route { method: "GET", pattern: "/usageplans/{usageplanId}/usage", operation: "GetUsage", run: Missing },
    Route { method: "GET", pattern: "/vpclinks", operation: "GetVpcLinks", run: Missing },
    Route { method: "POST", pattern: "/vpclinks", operation: "CreateVpcLink", run: Missing },
    Route { method: "DELETE", pattern: "/vpclinks/{vpclink_id}", operation: "DeleteVpcLink", run: Missing },
    Route { method: "GET", pattern: "/vpclinks/{vpclink_id}", operation: "GetVpcLink", run: Missing },
    Route { method: "PATCH", pattern: "/vpclinks/{vpclink_id}", operation: "UpdateVpcLink", run: Missing },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(method: &str, path: &str, query: &str) -> Option<&'static str> {
        let segments = crate::sandbox::wire::http::segments(path)?;
        let query = crate::sandbox::wire::http::form_pairs(query);
        find(method, &segments, &query).map(|found| found.route.operation)
    }

    #[test]
    fn operations_are_found_by_method_path_and_query() {
        for (method, path, query, expected) in [
            ("GET", "/restapis", "limit=500", Some("GetRestApis")),
            ("POST", "/restapis", "", Some("CreateRestApi")),
            ("POST", "/restapis", "mode=import", Some("ImportRestApi")),
            ("PATCH", "/restapis/a/gatewayresponses/THROTTLED", "", Some("UpdateGatewayResponse")),
            ("GET", "/restapis/a/stages/prod/exports/oas30", "", Some("GetExport")),
            ("GET", "/tags/arn:aws:apigateway:us-east-1::/restapis/a", "", Some("GetTags")),
            ("POST", "/apikeys", "", Some("CreateApiKey")),
            ("GET", "/restapis/a/nothing", "", None),
            ("OPTIONS", "/restapis", "", None),
        ] {
            assert_eq!(operation(method, path, query), expected, "{method} {path}");
        }
    }

    #[test]
    fn every_operation_stands_once() {
        let mut names: Vec<_> = ROUTES.iter().map(|route| route.operation).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!((names.len(), all), (124, 124));
    }
}
