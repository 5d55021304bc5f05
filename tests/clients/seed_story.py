"""The question this project was born from, with the unmodified AWS CLI.

    get-gateway-responses · update-gateway-response · create-deployment

A failing backend answers 500. INTEGRATION_FAILURE is set to 429: the stage still says
500, until the API is deployed. It is taken away again: still 429, until deployed.
"""

import json
import unittest

from servers import Sandbox, VENVS, get, make_api, require_clients, run

require_clients()
TYPE = "INTEGRATION_FAILURE"


class SeedStory(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox()
        self.addCleanup(self.sandbox.stop)
        self.api = make_api(self.sandbox.boto3(), "backend-api")

    def aws(self, *arguments: str) -> dict:
        done = run(
            [VENVS / "clients/bin/aws", "apigateway", *arguments, "--rest-api-id", self.api,
             "--endpoint-url", self.sandbox.url, "--output", "json"],
        )
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def served(self) -> int:
        url = self.sandbox.stage_url(self.api, "prod", f"ping?gwr-error={TYPE}")
        return get(url)[0]

    def deploy(self):
        self.aws("create-deployment", "--stage-name", "prod")

    def test_the_three_commands(self):
        listed = self.aws("get-gateway-responses")["items"]
        self.assertEqual(len(listed), 21)
        entry = next(item for item in listed if item["responseType"] == TYPE)
        self.assertTrue(entry["defaultResponse"])
        self.assertEqual(entry["statusCode"], "504", "the control plane shows 504")
        self.assertEqual(self.served(), 500, "and the stage serves 500")

        updated = self.aws(
            "update-gateway-response", "--response-type", TYPE,
            "--patch-operations", "op=replace,path=/statusCode,value='429'",
        )
        self.assertEqual(updated["statusCode"], "429")
        self.assertFalse(updated["defaultResponse"])
        self.assertEqual(self.served(), 500, "nothing reaches the stage before a deployment")

        self.deploy()
        self.assertEqual(self.served(), 429)

        self.aws("delete-gateway-response", "--response-type", TYPE)
        self.assertEqual(self.served(), 429, "neither does taking it away")
        self.deploy()
        self.assertEqual(self.served(), 500)


if __name__ == "__main__":
    unittest.main(verbosity=2)
