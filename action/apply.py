"""`apply`: exactly the plan that the pull request showed, or nothing.

The saved plan is not believed because it carries the right name. The plan is made again
from the merged files, and must be the same: the same APIs, calls, stages and undeployed work
of others. So neither a change that was merged meanwhile, nor a plan that was made from other
files, is applied under the approval of this one.
"""

import difflib
import io
import json
import os
import zipfile

import github
from plan import PLAN, artifact_name, fenced
from runner import files, given, gwr, key, lines, log, output, run_url, summary, wants_comment, warning

REFUSED = 4
NOW = "gwr.now.plan"
AGAIN = (
    "Nothing was written. To apply what the branch wants now, start this workflow by hand: it makes a "
    "new plan, and applies that one."
)
# What makes a plan this plan. Hazards are told, but some depend on who looks and when.
OF_API = ("name", "account", "account_id", "region", "rest_api_id", "desired_digest", "base_digest", "changes", "error")
OF_STAGE = ("name", "deployment_id", "action", "canary", "foreign_digest")


class Refused(Exception):
    """Why nothing is applied."""


def essence(plan):
    """What two plans must have in common to be the same: the limits, and all of an API that
    has something to do. Of the others it does not matter why they have nothing to do."""
    apis = []
    for api in plan.get("apis", []):
        stages = [stage for stage in api.get("stages", []) if stage.get("action") != "none"]
        if api.get("changes") or stages or api.get("error"):
            kept = {name: api.get(name) for name in OF_API}
            kept["stages"] = [{name: stage.get(name) for name in OF_STAGE} for stage in stages]
            apis.append(kept)
    return {"limits": plan.get("limits"), "apis": apis}


def shown_plan(pull):
    """The plan that was saved for this merge: this run's own, or the pull request's."""
    commits = [given("GITHUB_SHA")] + ([pull["head"]["sha"]] if pull else [])
    for commit in commits:
        artifact = github.plan_artifact(artifact_name(commit), commit)
        if artifact:
            print(f"the plan was made by run {artifact['workflow_run'].get('id')} for commit {commit}", flush=True)
            with zipfile.ZipFile(io.BytesIO(github.download(artifact))) as archive:
                return archive.read(PLAN)
    of = f"of pull request {pull['number']}" if pull else "of this commit, which is the merge of no pull request"
    raise Refused(f"No plan {of} is kept (it was not made, was incomplete, came from a fork, or is too old). {AGAIN}")


def same_as_now(saved):
    """Makes the plan again from the merged files, and compares."""
    done = gwr("plan", "--out", NOW, *files("GWR_WRITE_FILES"), *lines("GWR_ARGS"), show=False)
    if done.code != 0:
        log(done.stdout)
        raise Refused(f"The plan could not be made again (exit code {done.code}). {AGAIN}\n\n{fenced(done.stderr)}")
    with open(NOW, encoding="utf-8") as file:
        now = json.load(file)
    if essence(now) == essence(json.loads(saved)):
        return
    before = gwr("show", PLAN, show=False).stdout.splitlines()
    diff = "\n".join(difflib.unified_diff(before, done.stdout.splitlines(), "shown", "now", lineterm="", n=2))
    raise Refused(
        "The plan that was shown is no longer what there is to do: the files or the APIs have changed "
        f"since. {AGAIN}\n\n{fenced(diff[:30_000])}"
    )


def report(pull, markdown):
    summary(markdown)
    if not pull or not wants_comment():
        return
    try:
        github.upsert_comment(pull["number"], "record", markdown)
    except github.GitHubError as error:
        warning(f"the pull request could not be commented on; the outcome is at {run_url()}. {error}")


def refuse(pull, why):
    log(why)
    output("exitcode", REFUSED)
    report(pull, f"<!-- gwr:record refused -->\n**gwr apply:** refused. {why}\n")
    return REFUSED


def run():
    pull = None
    try:
        pull = github.pull_request_of(given("GITHUB_SHA"))
        saved = shown_plan(pull)
        with open(PLAN, "wb") as file:
            file.write(saved)
        same_as_now(saved)
    except Refused as why:
        return refuse(pull, str(why))
    except (github.GitHubError, zipfile.BadZipFile, KeyError, ValueError) as error:
        return refuse(pull, f"The plan could not be had. {AGAIN}\n\n{fenced(str(error))}")
    return apply(pull)


def apply(pull):
    record = os.path.join(".gwr", "runs", f"{key()}-{given('GITHUB_RUN_ID', '0')}-{given('GITHUB_RUN_ATTEMPT', '1')}.json")
    os.makedirs(os.path.dirname(record), mode=0o700, exist_ok=True)
    # Named before it is there: a job that is killed must keep its record, too.
    output("record", os.path.abspath(record))
    output("record-artifact", f"{key()}-record-{given('GITHUB_RUN_ID', '0')}-{given('GITHUB_RUN_ATTEMPT', '1')}")
    message = given("GITHUB_REPOSITORY") + (f"#{pull['number']}" if pull else "") + f" {given('GITHUB_SHA')[:12]}"
    done = gwr(
        "apply", PLAN, "--yes", "--record", record, "--message", message,
        *files("GWR_WRITE_FILES"), *lines("GWR_ARGS"),
    )
    output("exitcode", done.code)
    if os.path.exists(record):
        report(pull, gwr("show", record, "-o", "markdown", show=False).stdout)
    elif done.code != 0:
        report(pull, f"<!-- gwr:record failed -->\n**gwr apply:** ended with {done.code}.\n\n{fenced(done.stderr)}\n")
    return done.code
