"""Runs README's first two commands where a reader would run them; docs.py runs the others.

    python3.11 .ci/readme.py test    the command under "## Test it", in this checkout
    python3.11 .ci/readme.py try     the one under "## Try it", twice, in a fresh clone

The clone shares only the build folder with this checkout.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def command_under(heading: str) -> str:
    text = (ROOT / "README.md").read_text()
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    if not section:
        sys.exit(f"README.md has no heading `## {heading}`")
    block = re.search(r"^```[^\n]*\n(.*?)^```", section[1], re.M | re.S)
    lines = [line for line in (block[1].splitlines() if block else []) if line.strip()]
    if len(lines) != 1:
        sys.exit(f"the first block under `## {heading}` must be one command, not {lines}")
    return lines[0]


def shell(command: str, cwd: Path, capture: bool = False) -> str:
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    env["CARGO_TARGET_DIR"] = os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))
    print(f"$ {command}", flush=True)
    done = subprocess.run(
        command, shell=True, cwd=cwd, env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if capture else None, text=True,
    )
    if capture:
        print(done.stdout, flush=True)
    if done.returncode != 0:
        sys.exit(f"`{command}` ended with {done.returncode}")
    return done.stdout or ""


def must_show(output: str, *patterns: str) -> None:
    at = 0
    for pattern in patterns:
        found = re.compile(pattern, re.M).search(output, at)
        if not found:
            sys.exit(f"README.md promises {pattern!r} here, and the output does not show it")
        at = found.end()


def try_it() -> None:
    command = command_under("Try it")
    with tempfile.TemporaryDirectory(prefix="gwr-readme-") as scratch:
        clone = Path(scratch) / "clone"
        shell(f"git clone --quiet {ROOT} {clone}", Path(scratch))
        must_show(
            shell(command, clone, capture=True),
            r"^Plan: [1-9]\d* to create",                # a plan is shown
            r"^  before  403 ",                          # the stage's answer before
            r"^  after   404 ",                          # and after
            r"stage prod: deployment \w+ → \w+, verified by its export$",
            r"^Apply complete\.",
        )
        must_show(shell(command, clone, capture=True), r"\ANo changes\.")
        dirt = shell("git status --porcelain", clone, capture=True)
        if dirt:
            sys.exit("the README's commands leave files that .gitignore does not name")


def main() -> None:
    match sys.argv[1:]:
        case ["test"]:
            shell(command_under("Test it"), ROOT)
        case ["try"]:
            try_it()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
