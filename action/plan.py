"""`plan`: made once, saved, and shown from what was saved."""

import os
import re

import github
from runner import event, files, given, gwr, key, lines, output, run_url, summary, wants_comment, warning

PLAN = "gwr.plan"
CLEAN, CHANGES = 0, 2


def commit():
    """The commit that the plan is for: of a pull request its head, not GitHub's trial merge."""
    pull = event().get("pull_request")
    return pull["head"]["sha"] if pull else given("GITHUB_SHA")


def artifact_name(of):
    return f"{key()}-plan-{of}"


def fenced(text):
    """Text of others as a code block that it cannot break out of."""
    ticks = max([2, *map(len, re.findall(r"`+", text))]) + 1
    return f"{'`' * ticks}text\n{text.rstrip()}\n{'`' * ticks}"


def failure(done):
    """What is shown where there is no plan: an older one must not be taken for it."""
    said = done.stderr.strip()[-10_000:]
    return (
        f"<!-- gwr:plan failed -->\n**gwr plan:** failed with exit code {done.code}; "
        f"there is no plan for this commit.\n\n{fenced(said)}\n"
    )


def incomplete():
    return (
        "\n\n**Incomplete:** something could not be read (exit code 3), so nothing is known about it. "
        "This plan is not kept, and a merge will not apply it.\n"
    )


def run():
    if os.path.exists(PLAN):
        os.remove(PLAN)
    done = gwr("plan", "--detailed-exitcode", "--out", PLAN, *files(), *lines("GWR_ARGS"))
    saved = os.path.exists(PLAN)
    markdown = gwr("show", PLAN, "-o", "markdown", show=False).stdout if saved else failure(done)
    whole = saved and done.code in (CLEAN, CHANGES)
    if saved and not whole:
        markdown = markdown.rstrip() + incomplete()
    output("exitcode", done.code)
    output("changes", "true" if done.code == CHANGES else "false")
    if whole:
        output("plan", os.path.abspath(PLAN))
        output("plan-artifact", artifact_name(commit()))
    summary(markdown)
    comment(markdown, done.code)
    return 0 if done.code == CHANGES else done.code


def comment(markdown, code):
    pull = event().get("pull_request")
    if not pull or not wants_comment():
        return
    try:
        # A change that touches nothing of gwr's needs no comment; an older one must not stay.
        github.upsert_comment(pull["number"], "plan", markdown, commit(), only_if_there=code == CLEAN)
    except github.GitHubError as error:
        warning(f"the pull request could not be commented on; the plan is at {run_url()}. {error}")
