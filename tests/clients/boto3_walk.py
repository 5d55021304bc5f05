"""boto3 walks through the sandbox: gateway responses, errors, stages, exports, canary.

What is asserted is what was recorded on AWS; boto3 parses every answer, so shapes,
types and error codes are checked by a client that knows nothing of gwr.
"""

import json
import unittest
import urllib.request

import yaml
from botocore.exceptions import ClientError
from servers import Sandbox, get, make_api, require_clients

require_clients()

# Straight to loopback, whatever proxy the machine has.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Walk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sandbox = Sandbox()
        cls.addClassCleanup(cls.sandbox.stop)
        cls.client = cls.sandbox.boto3()

    def setUp(self):
        self.api = make_api(self.client, self.id())
        self.addCleanup(lambda: self.client.delete_rest_api(restApiId=self.api))

    def patch(self, response_type, *operations):
        return self.client.update_gateway_response(
            restApiId=self.api, responseType=response_type, patchOperations=list(operations)
        )

    def entry(self, response_type):
        return self.client.get_gateway_response(restApiId=self.api, responseType=response_type)

    def refused(self, code, text, call):
        with self.assertRaises(ClientError) as caught:
            call()
        error = caught.exception.response
        self.assertEqual(error["Error"]["Code"], code)
        self.assertIn(text, error["Error"]["Message"])

    def export(self, stage="prod"):
        answer = self.client.get_export(
            restApiId=self.api, stageName=stage, exportType="oas30",
            parameters={"extensions": "apigateway"}, accepts="application/json",
        )
        return json.loads(answer["body"].read())

    def test_put_get_delete(self):
        put = self.client.put_gateway_response(
            restApiId=self.api, responseType="THROTTLED", statusCode="430",
            responseParameters={"gatewayresponse.header.Retry-After": "'1'"},
            responseTemplates={"application/json": "{}"},
        )
        self.assertEqual(put["statusCode"], "430")
        entry = self.entry("THROTTLED")
        self.assertFalse(entry["defaultResponse"])
        self.assertEqual(entry["responseTemplates"], {"application/json": "{}"})
        self.client.delete_gateway_response(restApiId=self.api, responseType="THROTTLED")
        self.assertTrue(self.entry("THROTTLED")["defaultResponse"])
        self.refused(
            "NotFoundException", "Gateway response type not defined on api",
            lambda: self.client.delete_gateway_response(
                restApiId=self.api, responseType="THROTTLED"
            ),
        )

    def test_a_list_has_all_types_and_ignores_limits(self):
        for query in ({}, {"limit": 3}, {"limit": 500}):
            items = self.client.get_gateway_responses(restApiId=self.api, **query)["items"]
            self.assertEqual(len(items), 21)

    def test_default_entries_show_what_they_inherit(self):
        self.patch("DEFAULT_5XX", {"op": "replace", "path": "/statusCode", "value": "599"})
        inherited = self.entry("INTEGRATION_FAILURE")
        self.assertTrue(inherited["defaultResponse"])
        self.assertEqual(inherited["statusCode"], "599")

    def test_patches(self):
        header = "/responseParameters/gatewayresponse.header.Retry-After"
        self.patch("THROTTLED", {"op": "add", "path": header, "value": "'1'"})
        self.patch("THROTTLED", {"op": "replace", "path": header, "value": "'2'"})
        path = "/responseTemplates/application~1xml"
        self.patch("THROTTLED", {"op": "add", "path": path, "value": "<e/>"})
        entry = self.entry("THROTTLED")
        self.assertEqual(
            entry["responseParameters"], {"gatewayresponse.header.Retry-After": "'2'"}
        )
        self.assertEqual(entry["responseTemplates"]["application/xml"], "<e/>")
        self.patch("THROTTLED", {"op": "remove", "path": header})
        self.assertFalse(self.entry("THROTTLED").get("responseParameters"))

    def test_patches_that_aws_refuses(self):
        for op in ("add", "remove"):
            operation = {"op": op, "path": "/statusCode"}
            if op == "add":
                operation["value"] = "429"
            self.refused(
                "BadRequestException", "Invalid patch path",
                lambda operation=operation: self.patch("THROTTLED", operation),
            )
        self.refused(
            "NotFoundException", "Invalid parameter name specified",
            lambda: self.patch(
                "THROTTLED",
                {
                    "op": "replace",
                    "path": "/responseParameters/gatewayresponse.header.Absent",
                    "value": "'x'",
                },
            ),
        )

    def test_unknown_things(self):
        self.refused(
            "NotFoundException", "Invalid API identifier specified",
            lambda: self.client.get_gateway_responses(restApiId="absent0000"),
        )

    def test_pages(self):
        names = {self.client.create_rest_api(name=f"page-{n}")["id"] for n in range(5)}
        pages = list(
            self.client.get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 2})
        )
        found = [item["id"] for page in pages for item in page["items"]]
        self.assertGreaterEqual(len(pages), 3)
        self.assertEqual(len(found), len(set(found)), "no API twice")
        self.assertLessEqual(names, set(found))
        for name in names:
            self.client.delete_rest_api(restApiId=name)

    def test_a_stage_serves_a_snapshot_and_can_go_back(self):
        nowhere = self.sandbox.stage_url(self.api, "prod", "nowhere")
        old = self.client.get_stage(restApiId=self.api, stageName="prod")["deploymentId"]
        self.patch(
            "MISSING_AUTHENTICATION_TOKEN",
            {"op": "replace", "path": "/statusCode", "value": "404"},
            {
                "op": "add",
                "path": "/responseParameters/gatewayresponse.header.X-Seen",
                "value": "'yes'",
            },
        )
        responses = "x-amazon-apigateway-gateway-responses"
        self.assertNotIn(responses, self.export())
        self.assertEqual(get(nowhere)[0], 403)

        new = self.client.create_deployment(restApiId=self.api, description="d")["id"]
        self.assertEqual(get(nowhere)[0], 403, "a deployment without a stage moves nothing")
        self.point_to(new)
        status, headers, _ = get(nowhere)
        self.assertEqual((status, headers["x-seen"]), (404, "yes"))
        self.assertEqual(
            self.export()[responses]["MISSING_AUTHENTICATION_TOKEN"]["statusCode"], 404
        )
        self.refused(
            "BadRequestException", "Active stages pointing to this deployment",
            lambda: self.client.delete_deployment(restApiId=self.api, deploymentId=new),
        )

        self.point_to(old)
        self.assertEqual(get(nowhere)[0], 403)
        self.client.delete_deployment(restApiId=self.api, deploymentId=new)

    def point_to(self, deployment):
        stage = self.client.update_stage(
            restApiId=self.api, stageName="prod",
            patchOperations=[{"op": "replace", "path": "/deploymentId", "value": deployment}],
        )
        self.assertEqual(stage["deploymentId"], deployment)

    def test_a_canary_leaves_the_stage_where_it_is(self):
        before = self.client.get_stage(restApiId=self.api, stageName="prod")["deploymentId"]
        canary = self.client.create_deployment(
            restApiId=self.api, stageName="prod", canarySettings={"percentTraffic": 10.0}
        )["id"]
        stage = self.client.get_stage(restApiId=self.api, stageName="prod")
        self.assertEqual(stage["deploymentId"], before)
        self.assertEqual(stage["canarySettings"]["deploymentId"], canary)
        self.assertEqual(stage["canarySettings"]["percentTraffic"], 10.0)

    def test_every_type_can_be_looked_at(self):
        for item in self.client.get_gateway_responses(restApiId=self.api)["items"]:
            name = item["responseType"]
            status, headers, _ = get(
                self.sandbox.stage_url(self.api, "prod", f"ping?gwr-error={name}")
            )
            with self.subTest(name):
                self.assertGreaterEqual(status, 400)
                self.assertIn("x-amzn-errortype", headers)

    def test_an_export_in_yaml_says_what_json_says(self):
        self.client.put_gateway_response(
            restApiId=self.api, responseType="THROTTLED", statusCode="430",
            responseParameters={"gatewayresponse.header.Retry-After": "'1: # 2'"},
            responseTemplates={"application/json": '{\n\t"no": "yes" # ü\n}', "text/html": "on"},
        )
        self.client.create_deployment(restApiId=self.api, stageName="prod")
        for export_type in ("oas30", "swagger"):
            for parameters in ({}, {"extensions": "apigateway"}):
                texts = {}
                for ending in ("json", "yaml"):
                    answer = self.client.get_export(
                        restApiId=self.api, stageName="prod", exportType=export_type,
                        parameters=parameters, accepts=f"application/{ending}",
                    )
                    self.assertEqual(answer["contentType"], "application/octet-stream")
                    self.assertRegex(
                        answer["contentDisposition"],
                        rf'^attachment; filename="{export_type}_[^"]+\.{ending}"$',
                    )
                    texts[ending] = answer["body"].read().decode()
                with self.subTest(export_type, **parameters):
                    self.assertEqual(yaml.safe_load(texts["yaml"]), json.loads(texts["json"]))
                    self.assertIn("\npaths:\n", texts["yaml"])

    def test_the_console_s_test_button_shows_what_is_not_deployed(self):
        root = next(
            item for item in self.client.get_resources(restApiId=self.api)["items"]
            if item["path"] == "/"
        )["id"]
        resource = self.client.create_resource(
            restApiId=self.api, parentId=root, pathPart="orders"
        )["id"]
        at = {"restApiId": self.api, "resourceId": resource, "httpMethod": "GET"}
        self.client.put_method(**at, authorizationType="AWS_IAM")
        function = "arn:aws:lambda:us-east-1:123456789012:function:orders"
        self.client.put_integration(
            **at, type="AWS_PROXY", integrationHttpMethod="POST",
            uri="arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
            f"{function}/invocations",
        )
        self.client.create_deployment(restApiId=self.api, stageName="prod")
        served = self.sandbox.stage_url(self.api, "prod", "orders?gwr-error=INTEGRATION_FAILURE")

        tested = self.client.test_invoke_method(**at)
        self.assertEqual(tested["status"], 500)
        self.assertEqual(json.loads(tested["body"]), {"message": "Internal server error"})
        self.assertEqual(
            tested["headers"], {"x-amzn-ErrorType": "InternalServerErrorException"}
        )
        self.patch("INTEGRATION_FAILURE", {"op": "replace", "path": "/statusCode", "value": "504"})
        tested = self.client.test_invoke_method(
            **at, pathWithQueryString="/orders?a=1", headers={"x-a": "1"},
            multiValueHeaders={"x-b": ["1", "2"]}, stageVariables={"v": "1"}, body="{}",
        )
        self.assertEqual(tested["status"], 504, "the test sees what is configured")
        self.assertIn("Method completed with status: 504", tested["log"])
        self.assertEqual(get(served)[0], 500, "the stage does not")
        self.client.create_deployment(restApiId=self.api, stageName="prod")
        self.assertEqual(get(served)[0], 504)

        resource = next(
            item for item in self.client.get_resources(restApiId=self.api)["items"]
            if item["path"] == "/ping"
        )["id"]
        mocked = self.client.test_invoke_method(
            restApiId=self.api, resourceId=resource, httpMethod="GET"
        )
        self.assertEqual((mocked["status"], mocked["body"]), (200, '{"ok":true}'))
        self.assertEqual(mocked["multiValueHeaders"]["Content-Type"], ["application/json"])

    def get(self, path, accept=None):
        headers = {"Accept": accept} if accept else {}
        request = urllib.request.Request(self.sandbox.url + path, headers=headers)
        with opener.open(request, timeout=30) as answer:
            return json.load(answer)

    def test_who_asks_for_hal_gets_it(self):
        path, hal = f"/restapis/{self.api}", "application/hal+json"
        api = self.get(path, hal)
        self.assertEqual(api["_links"]["self"]["href"], path)
        self.assertRegex(api["createdDate"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(api["endpointConfiguration"]["types"], "EDGE")
        stages = self.get(f"{path}/stages", hal)
        self.assertEqual(stages["_embedded"]["item"]["stageName"], "prod")
        self.assertEqual(stages["_links"]["item"]["href"], f"{path}/stages/prod")
        responses = self.get(f"{path}/gatewayresponses", hal)
        self.assertEqual(len(responses["_embedded"]["item"]), 21)
        self.assertNotIn("item", responses)
        for accept in (None, "*/*", "application/json"):
            plain = self.get(path, accept)
            self.assertNotIn("_links", plain)
            self.assertIsInstance(plain["createdDate"], int)


if __name__ == "__main__":
    unittest.main(verbosity=2)
