"""What a GitHub runner gives to a step, and what it takes from it."""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import threading


def given(name, default=""):
    return os.environ.get(name, "").strip() or default


def lines(name):
    """An input with one item a line."""
    return [line.strip() for line in os.environ.get(name, "").splitlines() if line.strip()]


def key():
    """The name of this use; it becomes part of hidden markers and of artifacts' names."""
    return re.sub(r"[^A-Za-z0-9_.]+", "-", given("GWR_KEY", "gwr")).strip("-") or "gwr"


def wants_comment():
    return given("GWR_COMMENT", "true") == "true"


def event():
    """The event that started the workflow, as GitHub sent it."""
    path = given("GITHUB_EVENT_PATH")
    if not path:
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def output(name, value):
    """Sets an output of the step. The value is in one line, and is ours."""
    path = given("GITHUB_OUTPUT")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{name}={value}\n")


def summary(markdown):
    """Adds to the page of the run."""
    path = given("GITHUB_STEP_SUMMARY")
    if path and markdown:
        with open(path, "a", encoding="utf-8") as file:
            file.write(markdown + "\n")


def warning(text):
    one_line = " ".join(text.split()).replace("%", "%25")
    print(f"::warning title=gwr::{one_line}", flush=True)


def log(text):
    """Prints text of others. The runner takes a line that begins with `::` for a command,
    so it is told to stop listening, by a word that nobody could have foreseen."""
    if not text:
        return
    word = secrets.token_hex(16)
    print(f"::stop-commands::{word}\n{text.rstrip()}\n::{word}::", flush=True)


def run_url():
    server, repository, run = given("GITHUB_SERVER_URL"), given("GITHUB_REPOSITORY"), given("GITHUB_RUN_ID")
    return f"{server}/{repository}/actions/runs/{run}" if repository and run else ""


def files(*more):
    """The `-f` arguments: the inputs `files`, then those of the inputs named."""
    names = [name for one in ("GWR_FILES", *more) for name in lines(one)]
    return [word for name in names for word in ("-f", name)]


class Done:
    """How a run of gwr ended, and what it said."""

    def __init__(self, code, stdout, stderr):
        self.code, self.stdout, self.stderr = code, stdout, stderr


def gwr(*arguments, show=True):
    """Runs gwr. What it says on stderr is in the job's log at once, its result at the end.

    A cancelled job sends SIGINT to this process alone. gwr must have it, and the time to
    finish the call in flight and write it down; so it is passed on, once, and waited for.
    """
    print(f"$ gwr {' '.join(arguments)}", flush=True)
    word = secrets.token_hex(16)
    print(f"::stop-commands::{word}", flush=True)
    try:
        return _run(arguments, show)
    except FileNotFoundError:
        sys.exit("error: gwr is not on the path")
    finally:
        print(f"::{word}::", flush=True)


def _run(arguments, show):
    child = subprocess.Popen(
        ["gwr", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        encoding="utf-8", errors="replace", start_new_session=True,
    )
    passed_on = []

    def pass_on(signal_number, _frame):
        if not passed_on:
            passed_on.append(signal_number)
            child.send_signal(signal_number)

    before = {one: signal.signal(one, pass_on) for one in (signal.SIGINT, signal.SIGTERM)}
    said = []
    reader = threading.Thread(target=lambda: said.append(child.stdout.read()))
    reader.start()
    errors = []
    try:
        for line in child.stderr:
            errors.append(line)
            print(line, end="", flush=True)
        code = child.wait()
        reader.join()
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    stdout = "".join(said)
    if show:
        print(stdout, flush=True)
    return Done(code, stdout, "".join(errors))
