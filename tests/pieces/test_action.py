"""The GitHub action's scripts as a runner runs them, against the sandbox and a made-up
GitHub: the pull request shows the plan, the merge applies exactly that plan or nothing, a
schedule keeps an issue."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "clients"))
from fake_github import BOT, FakeGitHub, REPOSITORY  # noqa: E402
from servers import ROOT, Sandbox, clean_env, get, gwr_path  # noqa: E402

HEAD, MERGE = "a" * 40, "b" * 40
KEY = "<!-- gwr:key gwr -->"


def blocks(text):
    """The NAME=VALUE lines of a runner's file."""
    return dict(line.split("=", 1) for line in text.splitlines())


class Action(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.work = self.root / "work"
        self.work.mkdir()
        shutil.copytree(ROOT / "examples" / "orders", self.work, dirs_exist_ok=True)
        bin_folder = self.root / "bin"
        bin_folder.mkdir()
        (bin_folder / "gwr").symlink_to(gwr_path())
        self.bin = bin_folder
        self.temp = self.root / "temp"
        self.temp.mkdir()
        self.github = FakeGitHub()
        self.addCleanup(self.github.stop)
        self.args = "--sandbox"

    def environment(self, event, sha, **inputs):
        for name in ("output", "summary"):
            (self.root / name).write_text("")
        (self.root / "event.json").write_text(json.dumps(event))
        return clean_env(**{
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "GITHUB_API_URL": self.github.url,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_TOKEN": "fake-token",
            "GITHUB_SHA": sha,
            "GITHUB_RUN_ID": "77",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_OUTPUT": str(self.root / "output"),
            "GITHUB_STEP_SUMMARY": str(self.root / "summary"),
            "GITHUB_EVENT_PATH": str(self.root / "event.json"),
            "GITHUB_WORKSPACE": str(self.work),
            "RUNNER_TEMP": str(self.temp),
            "GWR_FILES": "gwr.toml",
            "GWR_ARGS": self.args,
            **inputs,
        })

    def step(self, command, *, code, event=None, sha=MERGE, cwd=None, **inputs):
        done = subprocess.run(
            [sys.executable, ROOT / "action" / "main.py", command], cwd=cwd or self.work,
            env=self.environment(event or {}, sha, **inputs), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120,
        )
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(done.stderr, "")
        self.summary = (self.root / "summary").read_text()
        self.outputs = blocks((self.root / "output").read_text())
        return done.stdout

    def plan(self, *, code=0, **inputs):
        event = {"pull_request": {"number": 7, "head": {"sha": HEAD}}}
        return self.step("plan", code=code, event=event, sha="c" * 40, **inputs)

    def merge(self, plan=None, **about):
        """What GitHub holds after the merge: the plan, and the pull request it was for."""
        content = plan if plan is not None else (self.work / "gwr.plan").read_bytes()
        self.github.artifact(f"gwr-plan-{HEAD}", HEAD, {"gwr.plan": content}, **about)
        self.github.merged_pull(7, HEAD, MERGE)
        (self.work / "gwr.plan").unlink(missing_ok=True)

    def edit(self, before, after):
        file = self.work / "gwr.toml"
        text = file.read_text()
        self.assertIn(before, text)
        file.write_text(text.replace(before, after))

    def gwr(self, *arguments, code=0):
        done = subprocess.run(
            [gwr_path(), *arguments, self.args], cwd=self.work, env=clean_env(),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
        )
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def bodies(self):
        return [one["body"] for one in self.github.comments]


class PullRequest(Action):
    def test_the_plan_is_one_comment_that_is_updated(self):
        log = self.plan()
        self.assertEqual(self.outputs["exitcode"], "2")
        self.assertEqual(self.outputs["changes"], "true")
        self.assertEqual(self.outputs["plan-artifact"], f"gwr-plan-{HEAD}", "of the head, not of the trial merge")
        self.assertEqual(Path(self.outputs["plan"]).resolve(), (self.work / "gwr.plan").resolve())
        (body,) = self.bodies()
        first, second, third = body.splitlines()[:3]
        self.assertRegex(first, r"^<!-- gwr:plan sha256:[0-9a-f]{64} -->$")
        self.assertEqual(second, KEY)
        self.assertIn("5 to create", third)
        self.assertIn("commit aaaaaaaaaaaa · [run](https://github.example/acme/shop/actions/runs/77)", body)
        self.assertIn("5 to create", self.summary)
        self.assertIn("Plan: 5 to create", log)

        self.edit("status  = 429", "status  = 430")
        self.plan()
        (again,) = self.bodies()
        self.assertIn("replace /statusCode  429 → 430", again)

    def test_nothing_to_do_is_no_comment_unless_there_is_one(self):
        self.gwr("apply", "--yes")
        self.plan()
        self.assertEqual(self.outputs["exitcode"], "0")
        self.assertEqual(self.outputs["changes"], "false")
        self.assertEqual(self.bodies(), [])
        self.assertIn("plan", self.outputs, "kept all the same: the merge must know that it was looked at")

        old = self.github.comment(7, f"<!-- gwr:plan sha256:0 -->\n{KEY}\nold")
        self.plan()
        self.assertIn("no changes", old["body"])

    def test_comments_of_others_are_left_alone(self):
        quoted = self.github.comment(7, f"<!-- gwr:plan sha256:0 -->\n{KEY}\nquoted by a person", login="mallory")
        other = self.github.comment(7, "<!-- gwr:plan sha256:0 -->\n<!-- gwr:key lab -->\nanother use")
        later = self.github.comment(7, f"hello\n<!-- gwr:plan sha256:0 -->\n{KEY}")
        for _ in range(150):
            self.github.comment(7, "chatter", login="people")
        before = [one["body"] for one in (quoted, other, later)]
        self.plan()
        self.plan()
        self.assertEqual([one["body"] for one in (quoted, other, later)], before)
        self.assertEqual(len([one for one in self.github.comments if "5 to create" in one["body"]]), 1)

    def test_a_file_that_is_wrong_replaces_the_old_plan(self):
        self.plan()
        self.edit("status  = 429", "statuss = 429")
        self.plan(code=1)
        (body,) = self.bodies()
        self.assertTrue(body.startswith(f"<!-- gwr:plan failed -->\n{KEY}\n"), body)
        self.assertIn("unknown key `statuss`", body)
        self.assertNotIn("to create", body)
        self.assertNotIn("plan", self.outputs)

    def test_an_error_cannot_break_out_of_its_block(self):
        self.edit("status  = 429", '"```` <img src=x>" = 429')
        self.plan(code=1)
        (body,) = self.bodies()
        fences = [line for line in body.splitlines() if set(line) == {"`"} or line.endswith("`text")]
        inside = max(len(run) for run in __import__("re").findall("`+", body.split("text\n", 1)[1].rsplit("\n`", 1)[0]))
        self.assertGreater(len(fences[-1]), inside)

    def test_a_fork_may_not_comment_and_still_gets_a_plan(self):
        self.github.read_only = True
        log = self.plan()
        self.assertIn("::warning title=gwr::the pull request could not be commented on", log)
        self.assertIn("5 to create", self.summary)

    def test_what_could_not_be_read_is_never_a_plan(self):
        self.edit("[apis.orders]", '[apis.basket]\nmatch = { name = "basket-api" }\nstages = ["prod"]\n\n[apis.orders]')
        self.gwr("plan")
        apis = (self.work / ".gwr" / "sandbox" / "apis").iterdir()
        basket = next(json.loads(one.read_text()) for one in apis if "basket-api" in one.read_text())
        name = basket.get("id") or next(iter(basket.values()))
        fault = json.dumps({"operation": "GetGatewayResponses", "rest_api_id": str(name), "kind": "403"})
        with Sandbox("--data", str(self.work / ".gwr" / "sandbox"), "--fault", fault) as sandbox:
            self.args = f"--endpoint-url={sandbox.url}"
            self.plan(code=3)
        self.assertEqual(self.outputs["exitcode"], "3")
        self.assertNotIn("plan", self.outputs, "an incomplete plan is not kept")
        (body,) = self.bodies()
        self.assertIn("**Incomplete:**", body)

    def test_the_log_is_no_place_for_commands(self):
        self.edit('"message":"no such path"', "\\n::error::owned\\n")
        log = self.plan()
        stopped = None
        for line in log.splitlines():
            if line.startswith("::stop-commands::"):
                stopped = line.removeprefix("::stop-commands::")
            elif stopped and line == f"::{stopped}::":
                stopped = None
            elif line.lstrip().startswith("::"):
                self.assertTrue(stopped or line.startswith("::warning title=gwr::"), line)
        self.assertIsNone(stopped)


class Merge(Action):
    def test_exactly_the_plan_that_was_shown(self):
        self.plan()
        self.merge()
        self.step("apply", code=0)
        self.assertEqual(self.outputs["exitcode"], "0")
        record = json.loads(Path(self.outputs["record"]).read_text())
        self.assertEqual(Path(self.outputs["record"]).name, "gwr-77-1.json")
        self.assertIn(f"acme/shop#7 {MERGE[:12]}", json.dumps(record))
        self.gwr("plan", "--detailed-exitcode")
        told = [body for body in self.bodies() if body.startswith("<!-- gwr:record")]
        self.assertEqual(len(told), 1)
        self.assertIn("**gwr apply:** done", told[0])
        storage = [call for call in self.github.calls if call[1].startswith("/storage/")]
        self.assertEqual([call[2] for call in storage], [None], "the token is not shown to the storage")

    def refuses(self, because, **inputs):
        deployments = self.gwr("deployments")
        log = self.step("apply", code=4, **inputs)
        self.assertIn(because, log)
        self.assertEqual(self.outputs["exitcode"], "4")
        self.assertEqual(self.gwr("deployments"), deployments, "nothing was deployed")
        self.assertIn("refused", self.summary)

    def test_the_file_has_changed_since(self):
        self.plan()
        self.merge()
        self.edit("status  = 429", "status  = 430")
        self.refuses("no longer what there is to do")
        told = [body for body in self.bodies() if body.startswith("<!-- gwr:record refused")]
        self.assertIn("/statusCode  429 → 430", told[0], "and shows how they differ")

    def test_the_api_has_changed_since(self):
        self.plan()
        self.merge()
        self.gwr("apply", "--yes")
        self.edit("status  = 429", "status  = 430")
        self.gwr("apply", "--yes")
        self.edit("status  = 430", "status  = 429")
        self.refuses("no longer what there is to do")

    def test_a_plan_that_was_made_by_hand_is_not_believed(self):
        self.plan()
        forged = json.loads((self.work / "gwr.plan").read_text())
        forged["apis"][0]["changes"][0]["operations"][0]["value"] = "200"
        self.merge(plan=json.dumps(forged))
        self.refuses("no longer what there is to do")

    def test_a_plan_from_a_fork_is_not_taken(self):
        self.plan()
        self.merge(from_fork=True)
        self.refuses("No plan of pull request 7 is kept")

    def test_no_plan_no_apply(self):
        self.plan()
        (self.work / "gwr.plan").unlink()
        self.refuses("which is the merge of no pull request")

    def test_an_artifact_that_is_no_zip(self):
        self.plan()
        self.merge()
        for artifact in self.github.zips:
            self.github.zips[artifact] = b"<html>"
        self.refuses("The artifact holds no plan")

    def test_started_by_hand_it_takes_the_plan_of_its_own_run(self):
        self.step("plan", code=0)
        self.assertEqual(self.outputs["plan-artifact"], f"gwr-plan-{MERGE}")
        self.github.artifact(f"gwr-plan-{MERGE}", MERGE, {"gwr.plan": (self.work / "gwr.plan").read_bytes()})
        self.step("apply", code=0)
        self.assertEqual(self.bodies(), [], "there is no pull request to tell")

    def test_another_api_that_was_applied_meanwhile_is_no_reason_to_refuse(self):
        both = '[apis.basket]\nmatch = { name = "basket-api" }\nstages = ["prod"]\n'
        (self.work / "gwr.toml").write_text((self.work / "gwr.toml").read_text() + both)
        self.plan()
        self.merge()
        self.edit(both, both + "responses.THROTTLED = { status = 430 }\n")
        self.gwr("apply", "--yes", "--api", "basket")
        self.step("apply", code=0)

    def test_the_writing_role_comes_from_a_file_of_its_own(self):
        (self.work / "write.toml").write_text(
            'version = 1\n[accounts.main]\nregion = "us-east-1"\nrole_arn = "arn:aws:iam::123456789012:role/gwr-write"\n'
        )
        self.edit("version = 1\n", 'version = 1\n[defaults]\naccount = "main"\n[accounts.main]\nregion = "us-east-1"\n')
        self.plan()
        self.merge()
        self.step("apply", code=0, GWR_WRITE_FILES="write.toml")

    def test_a_job_that_is_cancelled_lets_gwr_finish_what_is_in_flight(self):
        self.gwr("plan")
        fault = json.dumps({"operation": "UpdateGatewayResponse", "kind": "delay", "hold_s": 1.5, "count": None})
        with Sandbox("--data", str(self.work / ".gwr" / "sandbox"), "--fault", fault) as sandbox:
            self.args = f"--endpoint-url={sandbox.url}"
            self.plan()
            self.merge()
            child = subprocess.Popen(
                [sys.executable, ROOT / "action" / "main.py", "apply"], cwd=self.work,
                env=self.environment({}, MERGE), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            )
            def wrote():
                return "UpdateGatewayResponse" in get(f"{sandbox.url}/_sandbox/calls")[2]
            end = time.monotonic() + 30
            while not wrote() and time.monotonic() < end:
                time.sleep(0.1)
            child.send_signal(signal.SIGINT)
            out, _ = child.communicate(timeout=30)
        self.assertEqual(child.returncode, 130, out)
        record = json.loads((self.work / ".gwr" / "runs" / "gwr-77-1.json").read_text())
        self.assertIn("interrupted", json.dumps(record))


class Drift(Action):
    def test_an_issue_while_something_differs(self):
        self.gwr("apply", "--yes")
        self.step("drift", code=0)
        self.assertEqual(self.github.issues, [])

        foreign = self.github.issue(f"<!-- gwr:drift sha256:0 -->\n{KEY}\nof a person", login="mallory")
        self.edit("status  = 429", "status  = 430")
        self.step("drift", code=2)
        ours = [one for one in self.github.issues if one["user"]["login"] == BOT]
        self.assertEqual(len(ours), 1)
        self.assertEqual(ours[0]["title"], "gwr: drift, or a stage is behind")
        self.assertIn("THROTTLED drifted", ours[0]["body"])
        self.assertTrue(Path(self.outputs["metrics"]).read_text().endswith("# EOF\n"))

        self.step("drift", code=2)
        self.assertEqual(len(self.github.issues), 2, "updated, not made again")

        self.edit("status  = 430", "status  = 429")
        self.step("drift", code=0)
        self.assertEqual(ours[0]["state"], "closed")
        self.assertEqual(foreign["state"], "open")

    def test_an_error_says_nothing_about_drift(self):
        self.gwr("apply", "--yes")
        self.edit("status  = 429", "status  = 430")
        self.step("drift", code=2)
        self.edit("status  = 430", "statuss = 430")
        self.step("drift", code=1)
        (issue,) = self.github.issues
        self.assertEqual(issue["state"], "open")
        self.assertIn("THROTTLED drifted", issue["body"])


class Bounds(Action):
    def test_unknown_commands(self):
        done = subprocess.run(
            [sys.executable, ROOT / "action" / "main.py", "destroy"], env=clean_env(), capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn("one of: install, plan, apply, drift", done.stderr)

    def test_a_key_cannot_leave_its_marker(self):
        self.plan(GWR_KEY="lab --> <b>")
        self.assertEqual(self.outputs["plan-artifact"], f"lab-b-plan-{HEAD}")
        self.assertIn("<!-- gwr:key lab-b -->", self.bodies()[0])


if __name__ == "__main__":
    unittest.main(verbosity=1)
