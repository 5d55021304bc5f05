"""What `gwr drift --metrics` writes, read by Prometheus's own parser of OpenMetrics."""

import tempfile
import unittest
from pathlib import Path

from servers import Sandbox, gwr_path, make_api, require_clients, run

require_clients()

from prometheus_client.openmetrics.parser import text_string_to_metric_families  # noqa: E402

FILE = """version = 1
[apis."a \\"quoted\\" key"]
match = {{ id = "{id}" }}
stages = ["prod"]
responses.THROTTLED.status = {status}
[apis.gone]
match = {{ id = "zzzzzzzzzz" }}
"""


class OpenMetrics(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox()
        self.addCleanup(self.sandbox.stop)
        self.api = make_api(self.sandbox.boto3(), "orders-api")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def drift(self, text: str) -> dict:
        (self.folder / "gwr.toml").write_text(text)
        run(
            [gwr_path(), "drift", "--endpoint-url", self.sandbox.url,
             "-f", self.folder / "gwr.toml", "--metrics", self.folder / "gwr.prom"],
            check=None,
        )
        written = (self.folder / "gwr.prom").read_text()
        return {family.name: family for family in text_string_to_metric_families(written)}

    def samples(self, families: dict, name: str) -> list:
        return [(sample.labels, sample.value) for sample in families[name].samples]

    def test_what_is_written_is_open_metrics(self):
        text = FILE.format(id=self.api, status=418)
        whole = self.drift(text.split("[apis.gone]")[0])
        ((labels, drifted),) = self.samples(whole, "gwr_drifted_types")
        self.assertEqual(labels["api"], 'a "quoted" key')
        self.assertEqual(drifted, 1)
        ((_, age),) = self.samples(whole, "gwr_stage_deployment_age_seconds")
        self.assertGreaterEqual(age, 0)
        ((_, success),) = self.samples(whole, "gwr_drift_last_success_timestamp_seconds")
        self.assertEqual(whole["gwr_drift_last_success_timestamp_seconds"].unit, "seconds")

        partly = self.drift(text)
        unknown = {labels["api"]: value for labels, value in self.samples(partly, "gwr_api_unknown")}
        self.assertEqual(unknown, {'a "quoted" key': 0, "gone": 1})
        self.assertEqual(
            self.samples(partly, "gwr_drift_last_success_timestamp_seconds"), [({}, success)]
        )


if __name__ == "__main__":
    unittest.main(verbosity=2)
