"""gwr against LocalStack: a second API Gateway, written by others.

It has its own reading of UpdateGatewayResponse, deployments and stages. Two things it
does not do, and so they are not asserted: its stages serve a customised status but no
customised headers or templates, and its export names no gateway responses, so that gwr
can only go by the digest in the deployment's description. `--probe` would therefore end
with 3; it is not used here.
"""

import tempfile
import unittest
from pathlib import Path

from servers import LocalStack, get, gwr_path, make_api, require_clients, run

require_clients()
FILE = """
version = 1

[apis.orders]
match  = { name = "orders-api" }
stages = ["prod"]

[apis.orders.responses]
MISSING_AUTHENTICATION_TOKEN = { status = %d, headers = { Retry-After = "2" } }
"""


class AgainstLocalStack(unittest.TestCase):
    def setUp(self):
        self.server = LocalStack()
        self.addCleanup(self.server.stop)
        self.client = self.server.boto3()
        self.api = make_api(self.client, "orders-api")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "gwr.toml"

    def gwr(self, *arguments, code):
        done = run(
            [gwr_path(), *arguments, "-f", self.file, "--endpoint-url", self.server.url],
            check=code,
        )
        return done.stdout

    def served(self):
        return get(self.server.stage_url(self.api, "prod", "nowhere"))

    def deployment(self):
        return self.client.get_stage(restApiId=self.api, stageName="prod")["deploymentId"]

    def test_plan_apply_plan(self):
        first = self.deployment()
        status, headers, _ = self.served()
        self.assertEqual(headers.get("x-localstack"), "true", "it is LocalStack that answers")
        self.assertEqual(status, 403)

        # 403 → 404 makes the entry, 404 → 418 updates it.
        for wanted, before in ((404, 403), (418, 404)):
            with self.subTest(status=wanted):
                self.file.write_text(FILE % wanted)
                plan = self.gwr("plan", "--detailed-exitcode", code=2)
                self.assertIn(f"/statusCode  {before} → {wanted}", plan)
                self.assertEqual(self.served()[0], before, "a plan writes nothing")

                applied = self.gwr("apply", "--yes", code=0)
                self.assertIn("Apply complete. 1 change made, 1 deployment created", applied)
                self.assertIn("does not show what it serves", applied)

                self.assertEqual(self.served()[0], wanted, "the stage serves the new status")
                self.assertIn("No changes.", self.gwr("plan", "--detailed-exitcode", code=0))

        entry = self.client.get_gateway_response(
            restApiId=self.api, responseType="MISSING_AUTHENTICATION_TOKEN"
        )
        self.assertEqual(entry["statusCode"], "418")
        self.assertEqual(
            entry["responseParameters"], {"gatewayresponse.header.Retry-After": "'2'"}
        )
        self.assertNotEqual(self.deployment(), first)


if __name__ == "__main__":
    unittest.main(verbosity=2)
