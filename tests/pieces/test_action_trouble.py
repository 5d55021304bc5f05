"""What the action does when GitHub, the network or the machine fails: it warns, and ends as
gwr has ended."""

import json
import unittest
from pathlib import Path

from fake_github import CUT
from test_action import Action, Sandbox, gwr_path

LIMIT = 65_536


class GitHub(Action):
    def test_answers_that_are_none(self):
        for broken in (CUT, b"<html>", b"null", b"7", b"[7]", b"{", b"\xff"):
            with self.subTest(broken=broken):
                self.github.broken = broken
                log = self.plan()
                self.assertIn("::warning title=gwr::the pull request could not be commented on", log)
                self.assertEqual(self.outputs["exitcode"], "2")

    def test_an_apply_that_is_done_is_done(self):
        self.plan()
        self.merge()
        self.github.broken = CUT
        log = self.step("apply", code=0)
        self.assertIn("::warning title=gwr::the pull request could not be commented on", log)
        self.assertIn("**gwr apply:** done", self.summary)

    def test_drift_keeps_its_code(self):
        self.github.broken = b"<html>"
        self.assertIn("::warning title=gwr::the issue could not be written", self.step("drift", code=2))

    def test_pull_requests_that_are_none(self):
        self.plan()
        self.merge()
        for pulls in ([{"merged_at": "now"}], [7], {"message": "?"}):
            with self.subTest(pulls=pulls):
                self.github.pulls = {name: pulls for name in self.github.pulls}
                self.assertIn("GitHub's answer is not as it describes it", self.step("apply", code=4))


class Machine(Action):
    def wrapper(self, script):
        """In gwr's place; `"$GWR" "$@"` is the real one."""
        (self.bin / "gwr").unlink(missing_ok=True)
        (self.bin / "gwr").write_text(f"#!/bin/sh\nGWR={gwr_path()}\n{script}")
        (self.bin / "gwr").chmod(0o755)

    def test_a_gwr_that_does_not_run(self):
        self.plan()
        self.merge()
        (self.bin / "gwr").unlink()
        (self.bin / "gwr").write_bytes(b"\x7fELF of another machine")
        (self.bin / "gwr").chmod(0o755)
        for command in ("plan", "apply", "drift"):
            self.assertIn("::error title=gwr::gwr could not be run", self.step(command, code=1))
            self.assertEqual(self.outputs["exitcode"], "1")

    def test_a_record_that_cannot_be_shown(self):
        self.plan()
        self.merge()
        self.wrapper('case $1 in apply) rm "$0" ;; esac\nexec "$GWR" "$@"\n')
        log = self.step("apply", code=0)
        self.assertIn("::warning title=gwr::the outcome could not be told", log)
        self.assertIn("record", self.outputs)

    def test_errors_that_are_too_long_for_a_comment(self):
        self.plan()
        self.merge()
        self.github.comments.clear()
        for line in ("reading an API with a name that is somewhat long", "`" * 60):
            self.wrapper(f"yes '{line}' | head -n 2000 >&2; echo 'error: at the end' >&2; exit 3\n")
            self.assertNotIn("::warning", self.step("apply", code=4))
            (body,) = self.bodies()
            self.assertLess(len(body), LIMIT)
            self.assertIn("error: at the end", body)
        self.wrapper("tr '\\0' '`' </dev/zero | head -c 100000 >&2; exit 3\n")
        self.assertNotIn("::warning", self.step("apply", code=4))

    def test_errors_without_an_end_of_line(self):
        self.wrapper("printf 'cut off' >&2; exit 1\n")
        for command in ("plan", "drift"):
            log = self.step(command, code=1).splitlines()
            words = [line.removeprefix("::stop-commands::") for line in log if line.startswith("::stop-commands::")]
            for word in words:
                self.assertIn(f"::{word}::", log, "on a line of its own")

    def test_metrics_of_an_earlier_run_are_not_kept_as_this_ones(self):
        self.gwr("apply", "--yes")
        self.step("drift", code=0, GWR_KEY="orders/eu")
        self.assertEqual(self.outputs["metrics-artifact"], "orders-eu-metrics-77-1")
        self.assertTrue(Path(self.outputs["metrics"]).exists())
        self.edit("status  = 429", "statuss = 429")
        self.step("drift", code=1)
        self.assertNotIn("metrics", self.outputs)

    def test_changes_are_told_also_where_something_else_could_not_be_read(self):
        basket = '[apis.basket]\nmatch = { name = "basket-api" }\nstages = ["prod"]\n\n'
        self.edit("[apis.orders]", basket + "[apis.orders]")
        self.gwr("plan")
        apis = (self.work / ".gwr" / "sandbox" / "apis").iterdir()
        unreadable = next(json.loads(one.read_text()) for one in apis if "basket-api" in one.read_text())
        name = unreadable.get("id") or next(iter(unreadable.values()))
        fault = json.dumps({"operation": "GetGatewayResponses", "rest_api_id": str(name), "kind": "403"})
        with Sandbox("--data", str(self.work / ".gwr" / "sandbox"), "--fault", fault) as sandbox:
            self.args = f"--endpoint-url={sandbox.url}"
            for changes in ("true", "false"):
                self.plan(code=3)
                self.assertEqual(self.outputs["changes"], changes)
                self.step("drift", code=3)
                self.assertEqual(self.outputs["changes"], changes)
                self.gwr("apply", "--yes", "--api", "orders")


if __name__ == "__main__":
    unittest.main(verbosity=1)
