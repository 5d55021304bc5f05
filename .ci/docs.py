"""Runs the commands in docs/ and in the examples' READMEs against the sandbox, so that the
pages stay true.

    python3.11 .ci/docs.py [PAGE…]      all pages, or those whose path is given

How a page is written:

- A block fenced as `console` is run. Lines that begin with `$ ` are commands; what follows
  a command is its output, compared where it is shown. `…` in a line stands for any text,
  a line of `…` alone for any lines (none, too). A command that fails must be followed by
  `$ echo $?`, so that the reader sees the code.
- `<!-- file: NAME -->` on the line before a fenced block writes that block to NAME.
- A block fenced as `sh` needs AWS or a host, and is not run; that gwr knows the words of
  its `gwr` lines is checked.
- Links to files of this repository must lead somewhere.

Each page is one shell, in a folder of its own that holds a copy of `examples/`; `gwr` is
the debug build, without progress lines. Nothing of AWS in the environment reaches it.
"""

import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
GWR = Path(os.environ.get("GWR_BIN", TARGET / "debug" / "gwr"))
MARK = "--- gwr docs: done"
BLOCK = re.compile(
    r"^(?:<!-- file: (?P<file>\S+) -->\n\n?)?^```(?P<kind>\w*)[^\n]*\n(?P<text>.*?)^```", re.M | re.S
)
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)")


class Wrong(Exception):
    """What a page says, and what is so."""


class Shell:
    """One bash for a page: folder, variables and background jobs live on."""

    def __init__(self, folder: Path):
        # First on the path, so that the pages say `gwr`; progress is for a terminal.
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        wrapper = bin_folder / "gwr"
        wrapper.write_text(f'#!/bin/sh\nexec {shlex.quote(str(GWR))} --progress never "$@"\n')
        wrapper.chmod(0o755)
        work = folder / "work"
        work.mkdir()
        shutil.copytree(ROOT / "examples", work / "examples")
        shutil.copytree(ROOT / "schema", work / "schema")
        env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GWR_"))}
        env.update(
            PATH=f"{bin_folder}:{env['PATH']}", HOME=str(folder), NO_COLOR="1", COLUMNS="100",
            AWS_EC2_METADATA_DISABLED="true", NO_PROXY="127.0.0.1,localhost",
        )
        self.bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], cwd=work, env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(self, command: str) -> tuple[str, int]:
        # A group, so that `$?` of the command before is still there, and stdin is empty.
        self.bash.stdin.write(f"{{ {command}\n}} </dev/null; __rc=$?; echo; echo '{MARK}' $__rc; (exit $__rc)\n")
        self.bash.stdin.flush()
        lines = []
        for line in self.bash.stdout:
            if line.startswith(MARK):
                output = "".join(lines)
                return output[:-1], int(line.split()[-1])  # the `echo` before the mark
            lines.append(line)
        raise Wrong(f"the shell ended in `{command}`")

    def close(self):
        # The group holds what the page has left in the background.
        os.killpg(self.bash.pid, 9)
        self.bash.wait()


def matches(shown: str, output: str) -> bool:
    """Whether the output is what the page shows, `…` standing for what differs each time."""
    parts = []
    for line in shown.rstrip("\n").split("\n"):
        if line.strip() == "…":
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            parts.append(".*?".join(re.escape(part.rstrip()) for part in line.split("…")) + r"[ ]*\n")
    return re.fullmatch("".join(parts), output.rstrip("\n") + "\n") is not None


def steps(text: str) -> list[tuple[str, str]]:
    """The commands of a `console` block, each with the output shown below it."""
    found: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append([line[2:], ""])
        elif found and found[-1][0].endswith("\\") and not found[-1][1]:
            found[-1][0] += "\n" + line
        elif found:
            found[-1][1] += line + "\n"
        elif line.strip():
            raise Wrong(f"a `console` block begins with `{line}`, not with `$ `")
    return [(command, shown) for command, shown in found]


def run_block(shell: Shell, text: str) -> int:
    commands = steps(text)
    for at, (command, shown) in enumerate(commands):
        output, code = shell.run(command)
        told = at + 1 < len(commands) and commands[at + 1][0].startswith("echo $?")
        if code != 0 and not told:
            raise Wrong(f"`{command}` ended with {code}, and the page does not say so:\n{output}")
        if shown.strip() and not matches(shown, output):
            diff = "\n".join(difflib.unified_diff(
                shown.splitlines(), output.splitlines(), "the page", "the output", lineterm=""
            ))
            raise Wrong(f"`{command}` does not print what the page shows:\n{diff}")
    return len(commands)


def known_words(text: str) -> int:
    """Commands that need AWS: with `--help` behind them, all words before it are checked."""
    checked = 0
    for line in text.replace("\\\n", " ").splitlines():
        words = line.split("  #")[0].strip()
        if not re.match(r"gwr\s", words):
            continue
        words = re.split(r"\s[|>]", words)[0]
        done = subprocess.run(
            [GWR, *shlex.split(words)[1:], "--help"], capture_output=True, text=True, timeout=30
        )
        if done.returncode != 0:
            raise Wrong(f"gwr does not know `{words}`:\n{done.stderr}")
        checked += 1
    return checked


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def check_links(page: Path, text: str):
    for path, anchor in LINK.findall(re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)):
        to = (page.parent / path).resolve() if path else page
        if not to.exists():
            raise Wrong(f"the link to `{path}` leads nowhere")
        if anchor and to.suffix == ".md" and anchor not in anchors(to):
            raise Wrong(f"`{path or page.name}` has no heading for `#{anchor}`")


def check(page: Path) -> str:
    text = page.read_text()
    check_links(page, text)
    ran = checked = 0
    with tempfile.TemporaryDirectory(prefix="gwr-docs-", ignore_cleanup_errors=True) as scratch:
        shell = Shell(Path(scratch))
        try:
            for block in BLOCK.finditer(text):
                try:
                    if name := block["file"]:
                        _, code = shell.run(
                            f"mkdir -p {shlex.quote(os.path.dirname(name) or '.')} && "
                            f"printf %s {shlex.quote(block['text'])} > {shlex.quote(name)}"
                        )
                        if code != 0:
                            raise Wrong(f"{name} could not be written")
                    elif block["kind"] == "console":
                        ran += run_block(shell, block["text"])
                    elif block["kind"] == "sh":
                        checked += known_words(block["text"])
                except Wrong as wrong:
                    line = text[: block.start("text")].count("\n") + 1
                    raise Wrong(f"block at line {line}: {wrong}") from None
        finally:
            shell.close()
    return f"{ran} commands run, {checked} checked for their words"


def main():
    pages = [Path(name).resolve() for name in sys.argv[1:]]
    everything = pages or [*sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("examples/**/*.md"))]
    failed = False
    for page in everything:
        try:
            print(f"{page.relative_to(ROOT)}: {check(page)}", flush=True)
        except Wrong as wrong:
            failed = True
            print(f"{page.relative_to(ROOT)}: {wrong}", file=sys.stderr, flush=True)
    if not pages:
        for page in [*ROOT.glob("*.md"), *ROOT.glob("examples/**/*.md")]:
            try:
                text = page.read_text()
                check_links(page, text)
                if page.name == "README.md" and page.parent == ROOT:  # the rest is readme.py's
                    for block in BLOCK.finditer(text):
                        if block["kind"] == "sh":
                            known_words(block["text"])
            except Wrong as wrong:
                failed = True
                print(f"{page.relative_to(ROOT)}: {wrong}", file=sys.stderr)
    sys.exit(1 if failed else 0)


main()
