"""`drift`: an issue while something differs, closed when nothing does."""

import os

import github
import places
from places import METRICS
from runner import (
    REFUSED, annotation, files, given, gwr, key, lines, output, run_url, summary, telling, wants_comment,
)

DIFFERS = ("gwr_drifted_types{", "gwr_stage_behind{")
TITLES = {
    2: "gwr: drift, or a stage is behind",
    3: "gwr: drift is not fully known, something could not be read",
}


def run():
    try:
        places.check()
    except places.Unsafe as why:
        return refuse(str(why))
    before = identity()
    done = gwr("drift", "-o", "markdown", "--metrics", METRICS, *files(), *lines("GWR_ARGS"))
    # What an earlier run left on this machine says nothing of this one. It is not removed
    # first: gwr takes from it when it last could read everything.
    metrics = read() if identity() not in (None, before) else ""
    output("exitcode", done.code)
    output("changes", "true" if done.code == 2 or differs(metrics) else "false")
    if metrics:
        output("metrics", os.path.abspath(METRICS))
        output("metrics-artifact", f"{key()}-metrics-{given('GITHUB_RUN_ID', '0')}-{given('GITHUB_RUN_ATTEMPT', '1')}")
    with telling(f"the report could not be shown; it is in the log of {run_url()}"):
        summary(done.stdout)
    if wants_comment():
        with telling(f"the issue could not be written; the report is at {run_url()}"):
            tell(done)
    return done.code


def refuse(why):
    """As after an error, drift is unknown: the issue stays as it was."""
    annotation("error", why)
    output("exitcode", REFUSED)
    summary(f"**gwr drift:** refused. {why}\n")
    return REFUSED


def identity():
    """What changes with each writing: gwr puts a new file in the old one's place."""
    try:
        found = os.stat(METRICS)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def read():
    with open(METRICS, encoding="utf-8") as file:
        return file.read()


def differs(metrics):
    """Also where something else could not be read, which is exit code 3."""
    samples = [line for line in metrics.splitlines() if line.startswith(DIFFERS)]
    return any(sample.rsplit(" ", 1)[1] != "0" for sample in samples)


def tell(done):
    if done.code == 0:
        number = github.close_issue("drift", f"Clean: {run_url()}")
        if number:
            print(f"closed issue {number}", flush=True)
    elif done.code in TITLES and done.stdout.startswith("<!-- gwr:drift "):
        title = TITLES[done.code] + (f" ({key()})" if key() != "gwr" else "")
        print(f"see issue {github.upsert_issue('drift', title, done.stdout)}", flush=True)
    # An error (1) says nothing about drift: the issue stays as it was, and the job is red.
