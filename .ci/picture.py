"""Draws docs/plan.svg, the picture in README, from what README's first command prints.

    python3.11 .ci/picture.py            runs the command and writes the picture
    python3.11 .ci/picture.py --check    runs the command and fails if the picture is out of date

The picture is an excerpt: one response type of the plan, the summary, the stage's answer before
and after, the result. Values that differ between runs (ids, ports, request ids) are replaced by
fixed ones, so that the same output gives the same bytes.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

from readme import ROOT, command_under

PICTURE = ROOT / "docs" / "plan.svg"
COLUMNS = 96
TYPE = "MISSING_AUTHENTICATION_TOKEN"
GAP = "…"

# What differs between runs, and what stands for it in the picture. The number of a match is
# that of the first place where its text is found: two deployments stay two.
VARYING = [
    (r"(?<=orders-api, )\w{10}\b", ["a1b2c3d4e5"]),
    (r"(?<=deployment )\w{6}\b|(?<=→ )\w{6}(?=,)", ["4k2m9a", "x7t1qd"]),
    (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", ["c6af9ac6-7b61-11e6-9a41-93e8deadbeef"]),
    (r"(?<=127\.0\.0\.1:)\d+", ["4567"]),
    (r"(?<=gwr-probe-)[0-9a-f]+", ["017904cf"]),
]

# The parts of the excerpt: a pattern for the line that begins one, and one for the lines that
# follow and belong to it (`None`: the line alone).
PARTS = [
    (r"orders \(orders-api, \w+\)  ", None),
    (rf"  \+ {TYPE} ", r"      "),
    (r"  ~ stage prod", None),
    (r"Plan: ", None),
    (r"orders .*: GET http", r"  (?:before|after)|          access-control"),
    (r"  stage prod: deployment ", None),
    (r"Apply complete", None),
]
# Parts with an empty line above them.
SPACED = {3, 4, 5}

SGR = re.compile(r"\x1b\[([\d;]*)m")
CLASSES = {"1": "b", "2": "d", "31": "r", "32": "g", "33": "y", "36": "c"}

STYLE = """
  .card { fill: #ffffff; stroke: #d0d7de }
  text { fill: #1f2328; font: 13px/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas,
         "Liberation Mono", monospace; white-space: pre }
  .b { font-weight: 600 } .d { fill: #59636e } .r { fill: #b3261e } .g { fill: #116329 }
  .y { fill: #7d4e00 } .c { fill: #0a5c75 }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #3d444d }
    text { fill: #e6edf3 }
    .d { fill: #9198a1 } .r { fill: #ff9492 } .g { fill: #6fdd8b } .y { fill: #e3b341 }
    .c { fill: #76e3ea }
  }
"""


def output(command: str) -> str:
    """What the command prints, with colours, run in a folder that holds only the examples."""
    run = command.replace("cargo run", f"cargo run --manifest-path '{ROOT / 'Cargo.toml'}'", 1)
    if run == command:
        sys.exit(f"README's first command is not `cargo run …`: {command}")
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") and k != "NO_COLOR"}
    env |= {"COLUMNS": "100", "CARGO_TARGET_DIR": os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))}
    with tempfile.TemporaryDirectory(prefix="gwr-picture-") as scratch:
        shutil.copytree(ROOT / "examples", Path(scratch) / "examples")
        done = subprocess.run(
            f"{run} --color always", shell=True, cwd=scratch, env=env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
    if done.returncode != 0:
        sys.exit(f"`{command}` exited with {done.returncode}:\n{done.stderr}")
    return done.stdout


def plain(line: str) -> str:
    return SGR.sub("", line)


def fixed(text: str) -> str:
    """The output with fixed values for those that vary."""
    for pattern, values in VARYING:
        found = list(dict.fromkeys(re.findall(pattern, plain(text))))
        if len(found) != len(values):
            sys.exit(f"{pattern} matches {found} in the output; .ci/picture.py expects {len(values)}")
        for value, replacement in zip(found, values):
            text = re.sub(rf"\b{re.escape(value)}\b", replacement, text)
    return text


def excerpt(lines: list[str]) -> list[str]:
    shown, at = [], 0
    for number, (begins, belongs) in enumerate(PARTS):
        start = next((n for n in range(at, len(lines)) if re.match(begins, plain(lines[n]))), None)
        if start is None:
            sys.exit(f"the output has no line that matches {begins!r}; adapt PARTS in .ci/picture.py")
        end = start + 1
        if belongs:
            block = end
            while block < len(lines) and plain(lines[block]).strip() and plain(lines[block]).startswith("  "):
                block += 1
            # The end of the part is the first line that is indented like its beginning.
            indent = len(plain(lines[start])) - len(plain(lines[start]).lstrip())
            stops = (n for n in range(end, block) if not plain(lines[n]).startswith(" " * (indent + 1)))
            end = next(stops, block)
        if number in SPACED:
            shown.append("")
        elif any(plain(line).strip() for line in lines[at:start]):
            shown.append(f"  {GAP}")
        shown += [line for line in lines[start:end]
                  if line is lines[start] or re.match(belongs or "", plain(line))]
        at = end
    return shown


def spans(line: str) -> str:
    """A line as SVG, at most COLUMNS wide."""
    room, classes, parts = COLUMNS, [], []
    long = len(plain(line)) > COLUMNS
    for number, piece in enumerate(SGR.split(line)):
        if number % 2:
            codes = [code for code in piece.split(";") if code not in ("", "0")]
            classes = [CLASSES[code] for code in codes] if codes else []
            continue
        piece = piece[: room - 1] if long else piece
        room -= len(piece)
        if piece:
            text = escape(piece, quote=False)
            parts.append(f'<tspan class="{" ".join(classes)}">{text}</tspan>' if classes else text)
    return "".join(parts) + (GAP if long else "")


def picture(command: str, lines: list[str]) -> str:
    height, left, top = 18, 16, 26
    lines = [f"\x1b[1m$ {command}\x1b[0m", *lines]
    width, tall = left * 2 + round(COLUMNS * 8.1), top + height * len(lines)
    body = "\n".join(
        f'<text xml:space="preserve" x="{left}" y="{top + height * number}">{spans(line)}</text>'
        for number, line in enumerate(lines) if line
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" height="{tall}" '
        f'viewBox="0 0 {width} {tall}">\n'
        "<title>A plan, the stage's answer before and after, and the result</title>\n"
        f"<style>{STYLE}</style>\n"
        f'<rect class="card" x="0.5" y="0.5" width="{width - 1}" height="{tall - 1}" rx="6"/>\n'
        f"{body}\n</svg>\n"
    )


def main():
    command = command_under("Try it")
    drawn = picture(command, excerpt(fixed(output(command)).splitlines()))
    match sys.argv[1:]:
        case []:
            PICTURE.write_text(drawn)
        case ["--check"]:
            if not PICTURE.exists() or PICTURE.read_text() != drawn:
                sys.exit("docs/plan.svg is out of date. Run `python3.11 .ci/picture.py` and look at the result.")
        case _:
            sys.exit(__doc__)


main()
