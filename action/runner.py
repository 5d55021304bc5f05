"""What a GitHub runner gives to a step, and what it takes from it."""

import contextlib
import json
import os
import re
import secrets
import signal
import subprocess
import threading


# gwr's exit code for a refusal: nothing was written.
REFUSED = 4


class Trouble(Exception):
    """Something outside did not do what was asked of it."""


class NotRun(Trouble):
    """gwr could not be started."""


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
    """Sets an output of the step. A second line would set another output."""
    if re.search(r"[\r\n]", str(value)):
        raise Trouble(f"the output {name} has more than one line: {value!r}")
    _append("GITHUB_OUTPUT", f"{name}={value}\n")


def summary(markdown):
    """Adds to the page of the run."""
    if markdown:
        _append("GITHUB_STEP_SUMMARY", markdown + "\n")


def _append(name, text):
    """Appends to a file that the runner made for this step. The runner makes no links."""
    path = given(name)
    if not path:
        return
    try:
        with open(path, "a", encoding="utf-8", opener=_no_link) as file:
            file.write(text)
    except OSError as error:
        raise Trouble(f"{name} could not be written: {error}") from None


def _no_link(path, flags):
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def annotation(kind, text):
    """`warning` or `error`, on the page of the run."""
    one_line = " ".join(text.split()).replace("%", "%25")
    print(f"::{kind} title=gwr::{one_line}", flush=True)


@contextlib.contextmanager
def telling(failed):
    """What is told beside the work never changes how the work ended: where it cannot be
    told, that is a warning."""
    try:
        yield
    except (Trouble, OSError) as error:
        annotation("warning", f"{failed}. {error}")


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
    cancelled = _Cancelled()
    before = {one: signal.signal(one, cancelled.came) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        return _run(arguments, show, cancelled)
    except OSError as error:
        raise NotRun(f"gwr could not be run: {error}") from None
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
        print(f"::{word}::", flush=True)


class _Cancelled:
    """The first signal is gwr's, also one that comes before gwr is there."""

    def __init__(self):
        self.child = self.signal = None
        self.passed_on = False

    def came(self, signal_number, _frame):
        self.signal = self.signal or signal_number
        self._pass_on()

    def watch(self, child):
        self.child = child
        self._pass_on()

    def _pass_on(self):
        if self.child and self.signal and not self.passed_on:
            self.passed_on = True
            self.child.send_signal(self.signal)


def _run(arguments, show, cancelled):
    child = subprocess.Popen(
        ["gwr", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        encoding="utf-8", errors="replace", start_new_session=True,
    )
    cancelled.watch(child)
    said = []
    reader = threading.Thread(target=lambda: said.append(child.stdout.read()))
    reader.start()
    errors = []
    for line in child.stderr:
        errors.append(line)
        print(line, end="", flush=True)
    code = child.wait()
    reader.join()
    stderr, stdout = "".join(errors), "".join(said)
    # The word that ends the runner's deafness must begin a line.
    if stderr and not stderr.endswith("\n"):
        print(flush=True)
    if show:
        print(stdout, flush=True)
    # Ended by a signal, which a shell tells so.
    return Done(code if code >= 0 else 128 - code, stdout, stderr)
