"""The places that the action writes to.

A commit can contain a symbolic link of any name. A write through it changes a file outside the
checkout: the gwr binary that the next step runs, for example. So each verb checks the places
in the checkout before it writes, and what is downloaded goes into a new folder outside.
"""

import contextlib
import os
import re
import shutil
import stat
import tempfile

from runner import given

PLAN = "gwr.plan"
# `apply` writes it to its private folder. A link of this name in the checkout is refused all
# the same: earlier versions of the action wrote there.
NOW = "gwr.now.plan"
METRICS = "gwr.prom"
# gwr's own folder: records, and the data of the sandbox.
STATE = ".gwr"
RUNS = os.path.join(STATE, "runs")
# The message lists this many problems at most.
LISTED = 10


class Unsafe(Exception):
    """A place in the checkout that the action refuses to write to."""


def check():
    """Raises `Unsafe` if a write would follow a link, or meet something else that is neither a
    file nor a folder."""
    found = list(dict.fromkeys([*_above(), *_files_and_folders(), *_below(STATE)]))
    if found:
        raise Unsafe(
            f"The action refuses to write in the checkout, because {', '.join(found[:LISTED])}. This run has "
            "changed nothing. Fix this in the branch, then run the workflow for the new commit."
        )


@contextlib.contextmanager
def private_folder():
    """A new folder outside the checkout, for this user only. No commit can predict its name."""
    folder = tempfile.mkdtemp(prefix="gwr-", dir=given("RUNNER_TEMP", None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_new(path, data):
    """Writes a file that does not exist yet. It fails where a file or a link has this name."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _above():
    """Links from the checkout's root down to the working directory. The shell that starts this
    step has followed them already, so they are only visible in the input."""
    if not given("GITHUB_WORKSPACE"):
        return
    root = os.path.abspath(given("GITHUB_WORKSPACE"))
    folder = os.path.join(root, given("GWR_WORKING_DIRECTORY", "."))
    if not _is_inside(os.path.abspath(folder), root):
        return  # The workflow itself names a folder outside the checkout.
    # Not normalized: what `link/..` is depends on the link.
    parts = folder.split(os.sep)
    for end in range(1, len(parts) + 1):
        path = os.sep.join(parts[:end])
        name = os.path.relpath(path or os.sep, root)
        if name.split(os.sep)[0] not in (".", "..") and os.path.islink(path):
            yield _is(name, "a link")
            return
    if not _is_inside(os.path.realpath("."), os.path.realpath(root)):
        yield "the working directory is outside the checkout"


def _is_inside(path, folder):
    return os.path.commonpath([path, folder]) == folder


def _files_and_folders():
    for path, belongs, kind in (
        (PLAN, stat.S_ISREG, "file"), (NOW, stat.S_ISREG, "file"), (METRICS, stat.S_ISREG, "file"),
        (STATE, stat.S_ISDIR, "folder"), (RUNS, stat.S_ISDIR, "folder"),
    ):
        try:
            mode = os.lstat(path).st_mode
        except (FileNotFoundError, NotADirectoryError):
            continue
        if stat.S_ISLNK(mode):
            yield _is(path, "a link")
        elif not belongs(mode):
            yield _is(path, f"not a {kind}")


def _below(folder):
    """Not recursive: a commit can nest folders deeper than Python's stack."""
    left = [] if os.path.islink(folder) or not os.path.isdir(folder) else [folder]
    while left:
        with os.scandir(left.pop()) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                if entry.is_symlink():
                    yield _is(entry.path, "a link")
                elif entry.is_dir(follow_symlinks=False):
                    left.append(entry.path)
                elif not entry.is_file(follow_symlinks=False):
                    yield _is(entry.path, "not a file")


def _is(path, what):
    """The name comes from a commit: only characters that mean nothing to Markdown and terminals."""
    return f"`{re.sub(r'[^A-Za-z0-9._/-]', '?', path)}` is {what}"
