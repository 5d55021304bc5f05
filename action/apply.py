"""`apply`: exactly the plan that the pull request showed, or nothing.

The saved plan is not believed because it carries the right name: whoever can push a branch
can upload one. The plan is made again from the merged files, and must be the same: the same
APIs, calls, stages, undeployed work of others and what apply would refuse. So neither a
change that was merged meanwhile, nor a plan that was made from other files, is applied under
the approval of this one. And what is then applied is the plan that was made here.

The artifact is untrusted input: it is validated in memory, and only then written, into a new
folder outside the checkout.
"""

import difflib
import io
import json
import os
import re
import stat
import zipfile
import zlib

import github
import places
from places import NOW, PLAN, RUNS
from plan import artifact_name, fenced, made
from runner import (
    REFUSED, files, given, gwr, key, lines, log, output, run_url, summary, telling, wants_comment,
)
from same import essence

INTERRUPTED = (130, 143)
# The largest plan that is unpacked, in bytes.
MAX_PLAN = 64 * 1024 * 1024
FORMAT_VERSION = 1
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
AGAIN = (
    "This run has written nothing. To apply what the branch wants now, start this workflow by hand: it "
    "makes a new plan, and applies that one."
)
# The words in the markers of outcomes without a record: nothing was written. The next outcome
# takes their place, and never that of a run that wrote.
WROTE_NOTHING = ("refused", "failed")


class Refused(Exception):
    """Why nothing is applied."""


class NotAPlan(Exception):
    """Why an artifact is refused, and what of its own text shows that."""

    def __init__(self, why, detail=""):
        super().__init__(why)
        self.detail = detail


class Interrupted(Exception):
    """The job was cancelled before anything was written; with gwr's exit code."""


def shown_plan(pull):
    """The plan that was saved for this merge, this run's own or the pull request's: the text
    of the artifact, and what matters of it."""
    commits = [given("GITHUB_SHA")] + ([pull["head"]] if pull else [])
    for commit in commits:
        artifact = github.plan_artifact(artifact_name(commit), commit)
        if artifact:
            print(f"the plan was made by run {artifact['workflow_run'].get('id')} for commit {commit}", flush=True)
            text = unpacked(github.download(artifact))
            return text, understood(text)
    of = f"of pull request {pull['number']}" if pull else "of this commit, which is the merge of no pull request"
    raise Refused(f"No plan {of} is kept (it was not made, was incomplete, came from a fork, or is too old). {AGAIN}")


def unpacked(data):
    """The text of the plan in an artifact's zip, which anyone who can push a branch can have
    made. No name in it becomes the name of a file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) != 1:
                raise NotAPlan(f"it has {len(members)} members instead of one")
            (member,) = members
            # `filename` ends at the first zero byte.
            if member.orig_filename != PLAN:
                raise NotAPlan(f"its member is not named `{PLAN}`", ascii(member.orig_filename)[:200])
            # Archives from systems other than Unix hold no mode.
            if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
                raise NotAPlan("its member is not a regular file")
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise NotAPlan("it is packed with a method that GitHub does not use")
            if member.file_size > MAX_PLAN:
                raise NotAPlan(f"it unpacks to more than {MAX_PLAN >> 20} MiB")
            with archive.open(member) as file:
                # Never more than `file_size`, whatever is packed.
                return file.read()
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, OSError) as error:
        raise NotAPlan("it is not a valid zip archive", str(error)) from None


def understood(text):
    """What matters of the plan that was saved. Its digest is left to gwr."""
    try:
        plan = json.loads(text.decode("utf-8"), parse_constant=_not_json)
    except (ValueError, RecursionError) as error:
        raise NotAPlan("it is not JSON", str(error)) from None
    if not isinstance(plan, dict):
        raise NotAPlan("it is not a JSON object")
    if type(plan.get("format_version")) is not int or plan["format_version"] != FORMAT_VERSION:
        raise NotAPlan(f"its `format_version` is not {FORMAT_VERSION}")
    if not isinstance(plan.get("digest"), str) or not DIGEST.fullmatch(plan["digest"]):
        raise NotAPlan("its `digest` is missing or not a SHA-256 digest")
    try:
        return essence(plan)
    except (KeyError, TypeError, AttributeError) as error:
        raise NotAPlan("its members do not have the types of a plan's", repr(error)) from None


def _not_json(constant):
    raise ValueError(f"{constant} is not JSON")


def same_as_now(pull, folder):
    """Makes the plan again from the merged files, and compares. Returns the new plan's path."""
    text, saved = shown_plan(pull)
    shown, again = os.path.join(folder, PLAN), os.path.join(folder, NOW)
    places.write_new(shown, text)
    done = made(again, *files("GWR_WRITE_FILES"), show=False)
    if done.code in INTERRUPTED:
        raise Interrupted(done.code)
    if done.code != 0:
        log(done.stdout)
        raise Refused(f"The plan could not be made again (exit code {done.code}). {AGAIN}\n\n{fenced(done.stderr)}")
    with open(again, encoding="utf-8") as file:
        now = essence(json.load(file))
    # gwr checks the digest, and the members that are not compared.
    read = show(shown)
    if now == saved and read.code == 0:
        return again
    if now == saved:
        raise NotAPlan("gwr does not accept it", without_folder(read.stderr, folder))
    nothing_left = "" if now["apis"] else " Nothing is left to do: the APIs are as the files say."
    raise Refused(
        "The plan that was shown is no longer what there is to do: the files or the APIs have changed "
        f"since, or it is not as gwr saved it.{nothing_left} {AGAIN}\n\n"
        f"{fenced(difference(read, show(again), folder), end=False)}"
    )


def show(path):
    done = gwr("show", path, show=False)
    if done.code in INTERRUPTED:
        raise Interrupted(done.code)
    return done


def difference(shown, now, folder):
    """How the plan that is made now differs from the one that was shown, for people."""
    if shown.code != 0:
        return without_folder(shown.stderr, folder)
    texts = [without_folder(done.stdout, folder).replace(NOW, PLAN).splitlines() for done in (shown, now)]
    diff = "\n".join(difflib.unified_diff(*texts, "shown", "now", lineterm="", n=2))
    return diff or "what they show is the same; the files differ"


def without_folder(text, folder):
    """The private folder ends with this step: no command may name it."""
    return text.replace(folder + os.sep, "")


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
    with places.private_folder() as folder:
        return within(folder)


def within(folder):
    pull = None
    try:
        pull = github.pull_request_of(given("GITHUB_SHA"))
        places.check()
        plan = same_as_now(pull, folder)
    except Interrupted as interrupted:
        (code,) = interrupted.args
        output("exitcode", code)
        summary(f"**gwr apply:** cancelled (exit code {code}) before anything was written.\n")
        return code
    except (Refused, places.Unsafe) as why:
        return refuse(pull, str(why))
    except NotAPlan as why:
        detail = f"\n\n{fenced(why.detail)}" if why.detail else ""
        return refuse(pull, f"The artifact holds no plan: {why}. {AGAIN}{detail}")
    except github.GitHubError as error:
        return refuse(pull, f"The plan could not be had. {AGAIN}\n\n{fenced(str(error))}")
    return apply(pull, plan)


def apply(pull, plan):
    record = os.path.join(RUNS, f"{key()}-{given('GITHUB_RUN_ID', '0')}-{attempt()}.json")
    os.makedirs(RUNS, mode=0o700, exist_ok=True)
    # Named before it is there: a job that is killed must keep its record, too.
    output("record", os.path.abspath(record))
    output("record-artifact", record_name(attempt()))
    message = given("GITHUB_REPOSITORY") + (f"#{pull['number']}" if pull else "") + f" {given('GITHUB_SHA')[:12]}"
    done = gwr(
        "apply", plan, "--yes", "--record", record, "--message", message,
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
