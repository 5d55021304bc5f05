"""`apply`: exactly the plan that the pull request showed, or nothing.

The saved plan is not believed because it carries the right name: whoever can push a branch
can upload one. The plan is made again from the merged files, and must be the same: the same
APIs, calls, stages, undeployed work of others and what apply would refuse. So neither a
change that was merged meanwhile, nor a plan that was made from other files, is applied under
the approval of this one. And what is then applied is the plan that was made here.
"""

import difflib
import io
import json
import os
import zipfile
import zlib

import github
from plan import PLAN, artifact_name, fenced, made
from runner import files, given, gwr, key, lines, log, output, run_url, summary, telling, wants_comment
from same import essence

REFUSED = 4
INTERRUPTED = (130, 143)
NOW = "gwr.now.plan"
AGAIN = (
    "This run has written nothing. To apply what the branch wants now, start this workflow by hand: it "
    "makes a new plan, and applies that one."
)
# The words in the markers of outcomes without a record: nothing was written. The next outcome
# takes their place, and never that of a run that wrote.
WROTE_NOTHING = ("refused", "failed")


class Refused(Exception):
    """Why nothing is applied."""


class Interrupted(Exception):
    """The job was cancelled before anything was written; with gwr's exit code."""


def shown_plan(pull):
    """The plan that was saved for this merge: this run's own, or the pull request's."""
    commits = [given("GITHUB_SHA")] + ([pull["head"]] if pull else [])
    for commit in commits:
        artifact = github.plan_artifact(artifact_name(commit), commit)
        if artifact:
            print(f"the plan was made by run {artifact['workflow_run'].get('id')} for commit {commit}", flush=True)
            return unpacked(github.download(artifact))
    of = f"of pull request {pull['number']}" if pull else "of this commit, which is the merge of no pull request"
    raise Refused(f"No plan {of} is kept (it was not made, was incomplete, came from a fork, or is too old). {AGAIN}")


def unpacked(data):
    """The plan in an artifact's zip, which anybody can have made."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if archive.getinfo(PLAN).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise zipfile.BadZipFile("packed as GitHub packs no artifact")
            with archive.open(PLAN) as file:
                text = file.read(github.MAX_PLAN + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, RuntimeError, OSError) as error:
        raise Refused(f"The artifact holds no plan. {AGAIN}\n\n{fenced(str(error))}") from None
    if len(text) > github.MAX_PLAN:
        raise Refused(f"The artifact is too large for a plan. {AGAIN}")
    return text


def same_as_now(saved):
    """Makes the plan again from the merged files, and compares."""
    done = made(NOW, *files("GWR_WRITE_FILES"), show=False)
    if done.code in INTERRUPTED:
        raise Interrupted(done.code)
    if done.code != 0:
        log(done.stdout)
        raise Refused(f"The plan could not be made again (exit code {done.code}). {AGAIN}\n\n{fenced(done.stderr)}")
    with open(NOW, encoding="utf-8") as file:
        now = essence(json.load(file))
    if now == understood(saved):
        return
    nothing_left = "" if now["apis"] else " Nothing is left to do: the APIs are as the files say."
    raise Refused(
        "The plan that was shown is no longer what there is to do: the files or the APIs have changed "
        f"since, or it is not as gwr saved it.{nothing_left} {AGAIN}\n\n{fenced(difference(), end=False)}"
    )


def difference():
    """How the plan that is made now differs from the one that was shown, for people."""
    texts = []
    for file in (PLAN, NOW):
        done = gwr("show", file, show=False)
        if done.code in INTERRUPTED:
            raise Interrupted(done.code)
        texts.append(done.stdout.replace(NOW, PLAN).splitlines())
    diff = "\n".join(difflib.unified_diff(*texts, "shown", "now", lineterm="", n=2))
    return diff or "what they show is the same; the files differ"


def understood(saved):
    """What matters of the plan that was saved; `None` where it is none of gwr's."""
    try:
        return essence(json.loads(saved))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def attempt():
    return int(given("GITHUB_RUN_ATTEMPT", "1"))


def record_name(of):
    return f"{key()}-record-{given('GITHUB_RUN_ID', '0')}-{of}"


def earlier_attempts():
    """"Re-run jobs" takes the plan of the first attempt, which that one may have applied."""
    if attempt() == 1:
        return ""
    return (
        f"\n\nThis is attempt {attempt()} of the run. If an earlier one wrote, its outcome is a comment of its "
        f"own, and its record an artifact such as `{record_name(1)}`: `gwr show` tells how far it came, a run "
        "started by hand finishes it, `gwr rollback` takes it back."
    )


def report(pull, markdown):
    summary(markdown)
    if pull and wants_comment():
        with telling(f"the pull request could not be commented on; the outcome is at {run_url()}"):
            github.upsert_comment(pull["number"], "record", markdown, over=WROTE_NOTHING)


def refuse(pull, why):
    why += earlier_attempts()
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
    except Interrupted as interrupted:
        (code,) = interrupted.args
        output("exitcode", code)
        summary(f"**gwr apply:** cancelled (exit code {code}) before anything was written.\n")
        return code
    except Refused as why:
        return refuse(pull, str(why))
    except github.GitHubError as error:
        return refuse(pull, f"The plan could not be had. {AGAIN}\n\n{fenced(str(error))}")
    return apply(pull)


def apply(pull):
    record = os.path.join(".gwr", "runs", f"{key()}-{given('GITHUB_RUN_ID', '0')}-{attempt()}.json")
    os.makedirs(os.path.dirname(record), mode=0o700, exist_ok=True)
    # Named before it is there: a job that is killed must keep its record, too.
    output("record", os.path.abspath(record))
    output("record-artifact", record_name(attempt()))
    message = given("GITHUB_REPOSITORY") + (f"#{pull['number']}" if pull else "") + f" {given('GITHUB_SHA')[:12]}"
    done = gwr(
        "apply", NOW, "--yes", "--record", record, "--message", message,
        *files("GWR_WRITE_FILES"), *lines("GWR_ARGS"), *lines("GWR_APPLY_ARGS"),
    )
    output("exitcode", done.code)
    with telling(f"the outcome could not be told; the record is kept as an artifact of {run_url()}"):
        if told := outcome(done, record):
            report(pull, told)
    return done.code


def outcome(done, record):
    if os.path.exists(record):
        shown = gwr("show", record, "-o", "markdown", show=False).stdout
        # A word of its own: no later outcome takes the place of one that has a record.
        return shown or f"<!-- gwr:record unshown -->\n**gwr apply:** ended with {done.code}; see its record.\n"
    if done.code != 0:
        return f"<!-- gwr:record failed -->\n**gwr apply:** ended with {done.code}.\n\n{fenced(done.stderr)}\n"
    return ""
