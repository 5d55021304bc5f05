"""Runs every command of README.md, docs/ and the examples' READMEs, so that the pages stay true.

    python3.11 .ci/docs.py [PAGE…]      all pages, or those whose path is given

How a page is written:

- A block fenced as `console` is run. Lines that begin with `$ ` are commands; what follows
  a command is its output, compared where it is shown. `…` in a line stands for any text,
  a line of `…` alone for any lines (none, too). A command that fails must be followed by
  `$ echo $?`, so that the reader sees the code.
- A block fenced as `sh` is run, too: its commands talk to AWS, Docker or the terminal. Here
  they meet what docs_host.py puts in their place, and a person who types `yes`.
- `<!-- file: NAME -->` on the line before a fenced block writes that block to NAME.
- `<!-- run` and `-->`, each on a line of its own, hold commands that readers need not see.
- That gwr knows the words of each `gwr …` between backticks is checked.
- Links to files of this repository must lead somewhere.

Each page is one shell, in a folder of its own that holds a copy of `examples/`. The first
block under each of README's headings "Try it" and "Test it" is .ci/readme.py's.
"""

import difflib
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from docs_host import GWR, ROOT, Host, Shell, Skipped, Wrong

BLOCK = re.compile(
    r"^<!-- run\n(?P<hidden>.*?)^-->\n"
    r"|^(?:<!-- file: (?P<file>\S+) -->\n\n?)?^(?P<indent> *)```(?P<kind>\w*)[^\n]*\n(?P<text>.*?)^(?P=indent)```",
    re.M | re.S,
)
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)")
SPAN = re.compile(r"`(gwr [^`]+)`")
# Words that stand for something, where gwr wants that something to be sound.
EXAMPLES = {"TYPE": "THROTTLED", "N": "404", "VERB": "apply", "SHELL": "zsh", "RULE": "shadowed-cors", "COMMAND": "apply"}
README_PY = re.compile(r"^## (?:Try|Test) it\n.*?```.*?```", re.M | re.S)


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


def run_console(shell: Shell, text: str) -> int:
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


def run_plain(shell: Shell, text: str) -> int:
    if re.search(r"^(?:gwr|docker run) |\baws ", text, re.M):
        shell.meet_aws()
    commands = [line for line in text.replace("\\\n", " ").splitlines() if line.split("#")[0].strip()]
    for command in commands:
        output, code = shell.run(command)
        if code != 0:
            raise Wrong(f"`{command}` ended with {code}:\n{output}")
    return len(commands)


def check_words(text: str) -> int:
    """With `--help` behind them, all words before it are checked."""
    prose = BLOCK.sub("", text)
    spans = {" ".join(span.split()) for span in SPAN.findall(prose)}
    for span in sorted(spans):
        words = re.split(r"\s(?:[|>]|\d?>&)", span)[0].replace("…", "X")
        words = [EXAMPLES.get(word, word) for word in shlex.split(words)[1:]]
        if words[0] != "help":
            words.append("--help")
        done = subprocess.run([GWR, *words], capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise Wrong(f"gwr does not know `{span}`:\n{done.stderr}")
    return len(spans)


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def check_links(page: Path, text: str):
    for path, anchor in LINK.findall(BLOCK.sub("", text)):
        to = (page.parent / path).resolve() if path else page
        if not to.exists():
            raise Wrong(f"the link to `{path}` leads nowhere")
        if anchor and to.suffix == ".md" and anchor not in anchors(to):
            raise Wrong(f"`{path or page.name}` has no heading for `#{anchor}`")


def run_block(shell: Shell, block: re.Match) -> int:
    if hidden := block["hidden"]:
        run_plain(shell, hidden)
        return 0
    # As Markdown reads a block that belongs to an item of a list.
    text = re.sub(rf"^ {{0,{len(block['indent'])}}}", "", block["text"], flags=re.M)
    if name := block["file"]:
        shell.write(name, text)
        return 0
    if block["kind"] == "console":
        return run_console(shell, text)
    if block["kind"] == "sh":
        return run_plain(shell, text)
    return 0


def check(page: Path) -> str:
    text = page.read_text()
    check_links(page, text)
    checked = check_words(text)
    ran = 0
    if page == ROOT / "README.md":
        text = README_PY.sub(lambda found: "\n" * found[0].count("\n"), text)
    with Host(text) as host:
        for block in BLOCK.finditer(host.page):
            try:
                ran += run_block(host.shell, block)
            except Wrong as wrong:
                line = text[: block.start()].count("\n") + 1
                raise Wrong(f"block at line {line}: {wrong}") from None
    return f"{ran} commands run, {checked} checked for their words"


def told(page: Path) -> tuple[bool, str]:
    try:
        return True, f"{page.relative_to(ROOT)}: {check(page)}"
    except Skipped as why:
        return not os.environ.get("CI"), f"{page.relative_to(ROOT)}: SKIPPED, {why}"
    except Wrong as wrong:
        return False, f"{page.relative_to(ROOT)}: {wrong}"


def main():
    pages = [Path(name).resolve() for name in sys.argv[1:]] or [
        *sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("examples/**/*.md")),
    ]
    failed = False
    # They wait more than they compute.
    with ThreadPoolExecutor(4) as pool:
        for well, line in pool.map(told, pages):
            failed |= not well
            print(line, file=sys.stdout if well else sys.stderr, flush=True)
    sys.exit(1 if failed else 0)


main()
