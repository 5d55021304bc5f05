"""Whom the action believes: nobody. What is applied was made here, and what a run wrote is
told until somebody has looked at it."""

import hashlib
import json
import signal
import subprocess
import sys
import time
import unittest

from test_action import Action, MERGE, ROOT, Sandbox

CORS = "[apis.orders.responses.DEFAULT_4XX]\nheaders = { Access-Control-Allow-Origin = \"*\" }\n"
PLAIN = "[apis.orders.responses.DEFAULT_4XX]\nheaders = { X-Shop = \"1\" }\n"


def sealed(plan):
    """With the digest that gwr would give it (RFC 8785; these plans hold no fractions)."""
    inside = {name: value for name, value in plan.items() if name not in ("digest", "created_at", "tool")}
    text = json.dumps(inside, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return json.dumps({**plan, "digest": "sha256:" + hashlib.sha256(text.encode()).hexdigest()})


class Trust(Action):
    def write(self, *responses, deploy="auto"):
        (self.work / "gwr.toml").write_text(
            'version = 1\n[apis.orders]\nmatch = { name = "orders-api" }\nstages = ["prod"]\n'
            f'deploy = "{deploy}"\n' + "".join(responses)
        )

    def saved(self):
        return json.loads((self.work / "gwr.plan").read_text())

    def refuses(self, because):
        deployments = self.gwr("deployments")
        log = self.step("apply", code=4)
        self.assertIn(because, log)
        self.assertNotIn("$ gwr apply", log, "it is not even tried")
        self.assertEqual(self.gwr("deployments"), deployments, "nothing was deployed")

    def outcomes(self):
        return [body for body in self.bodies() if body.startswith("<!-- gwr:record ")]


class Forged(Trust):
    def test_a_hazard_that_was_taken_out(self):
        self.write(CORS)
        self.gwr("apply", "--yes")
        self.write(PLAIN)
        self.plan()
        plan = self.saved()
        self.assertIn("lost-cors", [one["id"] for one in plan["apis"][0]["hazards"] if one["refuses"]])
        for hazards in ([], [{**one, "refuses": False} for one in plan["apis"][0]["hazards"]]):
            plan["apis"][0]["hazards"] = hazards
            self.github.artifacts.clear()
            self.merge(plan=sealed(plan))
            self.refuses("no longer what there is to do")

    def test_work_of_others_that_was_consented_to(self):
        self.write(deploy="never")
        self.gwr("plan")
        self.write("[apis.orders.responses.QUOTA_EXCEEDED]\nstatus = 430\n", deploy="never")
        self.gwr("apply", "--yes")
        self.write("[apis.orders.responses.THROTTLED]\nstatus = 430\n")
        self.plan()
        plan = self.saved()
        (stage,) = plan["apis"][0]["stages"]
        self.assertEqual(stage["saved"]["consent"], "refused")
        for consent in ("allowed", "accepted", "none"):
            stage["saved"]["consent"] = consent
            self.github.artifacts.clear()
            self.merge(plan=sealed(plan))
            self.refuses("no longer what there is to do")

    def test_what_is_applied_was_made_here(self):
        self.plan()
        plan = self.saved()
        # Not compared: only the plan that the job made is applied.
        plan["summary"]["seconds"] = 999
        self.merge(plan=sealed(plan))
        self.assertRegex(self.step("apply", code=0), r"\$ gwr apply \S+/gwr\.now\.plan --yes")

    def test_a_plan_whose_digest_does_not_match_is_refused(self):
        self.plan()
        plan = self.saved()
        plan["summary"]["seconds"] = 999
        self.merge(plan=json.dumps(plan))
        self.refuses("gwr does not accept it")

    def test_a_plan_for_another_api_is_refused(self):
        self.plan()
        honest = self.saved()
        for name, value in (("name", "basket"), ("rest_api_id", "0123456789"), ("region", "eu-west-1")):
            with self.subTest(name=name):
                plan = {**honest, "apis": [{**honest["apis"][0], name: value}]}
                self.github.artifacts.clear()
                self.merge(plan=sealed(plan))
                self.refuses("no longer what there is to do")

    def test_what_later_versions_add_is_compared_too(self):
        self.plan()
        plan = self.saved()
        plan["apis"][0]["changes"][0]["later"] = True
        self.merge(plan=sealed(plan))
        self.refuses("no longer what there is to do")


class Again(Trust):
    """"Re-run jobs", and a job that is cancelled."""

    def test_a_refusal_never_takes_the_place_of_a_record(self):
        self.plan()
        self.merge()
        self.step("apply", code=0)
        for attempt in ("2", "3"):
            log = self.step("apply", code=4, GITHUB_RUN_ATTEMPT=attempt)
            first, second = self.outcomes()
            self.assertIn("**gwr apply:** done", first)
            self.assertTrue(second.startswith("<!-- gwr:record refused -->"))
            self.assertIn(f"This is attempt {attempt} of the run", second)
            self.assertIn("`gwr-record-77-1`", second, "it names what the first attempt left")
            self.assertIn("Nothing is left to do", log)

    def test_a_run_that_was_cut_short_is_finished_by_hand(self):
        self.gwr("plan")
        fault = json.dumps({"operation": "UpdateStage", "kind": "403", "count": 1})
        with Sandbox("--data", str(self.work / ".gwr" / "sandbox"), "--fault", fault) as sandbox:
            self.args = f"--endpoint-url={sandbox.url}"
            self.plan()
            self.merge()
            self.step("apply", code=3)
            log = self.step("apply", code=4, GITHUB_RUN_ATTEMPT="2")
            self.assertIn("start this workflow by hand", log)
            # By hand: the plan of the branch, and exactly that one. The new run counts anew.
            self.step("plan", code=0, GITHUB_RUN_ID="78")
            self.github.artifact(f"gwr-plan-{MERGE}", MERGE, {"gwr.plan": (self.work / "gwr.plan").read_bytes()})
            self.step("apply", code=0, GITHUB_RUN_ID="78")
        first, last = self.outcomes()
        self.assertIn("was not moved", first)
        self.assertIn("**gwr apply:** done", last, "in the place of the refusal")

    def test_a_job_that_is_cancelled_before_it_writes_is_not_refused(self):
        self.gwr("plan")
        fault = json.dumps({"operation": "GetGatewayResponses", "kind": "delay", "hold_s": 1.5, "count": None})
        with Sandbox("--data", str(self.work / ".gwr" / "sandbox"), "--fault", fault) as sandbox:
            self.args = f"--endpoint-url={sandbox.url}"
            self.plan()
            self.merge()
            child = subprocess.Popen(
                [sys.executable, ROOT / "action" / "main.py", "apply"], cwd=self.work,
                env=self.environment({}, MERGE), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            )
            begun = child.stdout.readline() + child.stdout.readline()
            time.sleep(0.5)
            child.send_signal(signal.SIGINT)
            out, _ = child.communicate(timeout=30)
        self.assertIn("$ gwr plan", begun)
        self.assertEqual(child.returncode, 130, out)
        self.assertIn("exitcode=130\n", (self.root / "output").read_text())
        self.assertEqual(self.outcomes(), [])


class Arguments(Trust):
    def test_each_verb_has_arguments_of_its_own(self):
        self.plan(GWR_PLAN_ARGS="--accept=wiped")
        self.merge()
        log = self.step(
            "apply", code=0, GWR_PLAN_ARGS="--accept=wiped", GWR_APPLY_ARGS="--probe\n--rollback-on-failure"
        )
        planned, applied = [line for line in log.splitlines() if line.startswith(("$ gwr plan", "$ gwr apply"))]
        self.assertTrue(planned.endswith(" --accept=wiped"), planned)
        self.assertTrue(applied.endswith(" --probe --rollback-on-failure"), applied)

    def test_work_of_others_is_accepted_by_its_digest(self):
        self.write(deploy="never")
        self.gwr("plan")
        self.write("[apis.orders.responses.QUOTA_EXCEEDED]\nstatus = 430\n", deploy="never")
        self.gwr("apply", "--yes")
        self.write("[apis.orders.responses.THROTTLED]\nstatus = 430\n")
        self.plan()
        digest = self.saved()["apis"][0]["stages"][0]["foreign_digest"]
        self.merge()
        self.step("apply", code=0, GWR_APPLY_ARGS=f"--accept-foreign={digest}")

    def test_a_plan_that_does_not_look_at_stages(self):
        self.edit('stages = ["prod"]', 'stages = ["prod"]\ndeploy = "never"')
        self.plan(GWR_PLAN_ARGS="--skip-served")
        self.merge()
        self.step("apply", code=0, GWR_PLAN_ARGS="--skip-served")


if __name__ == "__main__":
    unittest.main(verbosity=1)
