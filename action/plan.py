"""`plan`: made once, saved, and shown from what was saved."""

import json
import os
import re

import github
import places
from places import PLAN
from runner import (
    REFUSED, Done, annotation, event, files, given, gwr, key, lines, output, run_url, summary, telling, wants_comment,
)
from same import has_work

CLEAN, CHANGES = 0, 2
# A comment holds 65,536 characters, and a fence may have to be as long as what it holds.
MAX_FENCED = 20_000


def commit():
    """The commit that the plan is for: of a pull request its head, not GitHub's trial merge."""
    pull = event().get("pull_request")
    return pull["head"]["sha"] if pull else given("GITHUB_SHA")


def artifact_name(of):
    return f"{key()}-plan-{of}"


def fenced(text, end=True):
    """Text of others as a code block that it cannot break out of. Of what is too long the end
    is kept, where errors are, or the beginning."""
    text = text.strip("\n").rstrip()
    if len(text) > MAX_FENCED:
        text = "[…]\n" + text[-MAX_FENCED:] if end else text[:MAX_FENCED] + "\n[…]"
    ticks = max([2, *map(len, re.findall(r"`+", text))]) + 1
    return f"{'`' * ticks}text\n{text}\n{'`' * ticks}"


def failure(done):
    """What is shown where there is no plan: an older one must not be taken for it."""
    return (
        f"<!-- gwr:plan failed -->\n**gwr plan:** failed with exit code {done.code}; "
        f"there is no plan for this commit.\n\n{fenced(done.stderr)}\n"
    )


def incomplete():
    return (
        "\n\n**Incomplete:** something could not be read (exit code 3), so nothing is known about it. "
        "This plan is not kept, and a merge will not apply it.\n"
    )


def made(to, *more, show=True):
    """Makes a plan and saves it; where there is none, none of an earlier run stays there."""
    if os.path.exists(to):
        os.remove(to)
    return gwr("plan", "--out", to, *more, *lines("GWR_ARGS"), *lines("GWR_PLAN_ARGS"), show=show)


def changes():
    """Whether there is something to do, also where not everything could be read."""
    with open(PLAN, encoding="utf-8") as file:
        return any(has_work(api) for api in json.load(file)["apis"])


def made_safely():
    """Makes the plan, unless the checkout has a link where it would be written."""
    try:
        places.check()
    except places.Unsafe as why:
        annotation("error", str(why))
        return Done(REFUSED, "", str(why)), False
    done = made(PLAN, "--detailed-exitcode", *files())
    return done, os.path.exists(PLAN)


def run():
    done, saved = made_safely()
    output("exitcode", done.code)
    output("changes", "true" if saved and changes() else "false")
    if saved and done.code in (CLEAN, CHANGES):
        output("plan", os.path.abspath(PLAN))
        output("plan-artifact", artifact_name(commit()))
    with telling(f"the plan could not be shown; it is in the log of {run_url()}"):
        markdown = shown(done) if saved else failure(done)
        summary(markdown)
        comment(markdown, done.code)
    return 0 if done.code == CHANGES else done.code


def shown(done):
    markdown = gwr("show", PLAN, "-o", "markdown", show=False).stdout or failure(done)
    return markdown if done.code in (CLEAN, CHANGES) else markdown.rstrip() + incomplete()


def comment(markdown, code):
    pull = event().get("pull_request")
    if not pull or not wants_comment():
        return
    with telling(f"the pull request could not be commented on; the plan is at {run_url()}"):
        # A change that touches nothing of gwr's needs no comment; an older one must not stay.
        github.upsert_comment(pull["number"], "plan", markdown, commit(), only_if_there=code == CLEAN)
