"""Checks licences, sources and double versions of the dependencies against .deny.toml, and
that CONTRIBUTING.md says of each why it is there.

cargo-deny does the same and more (advisories), and takes minutes to build; this takes a
second and needs nothing. `cargo deny check` reads the same file.
"""

import json
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RULES = tomllib.loads((ROOT / ".deny.toml").read_text())
TARGET = RULES["graph"]["targets"][0]
ALLOWED = set(RULES["licenses"]["allow"])


def cargo(*arguments: str) -> str:
    return subprocess.run(
        ["cargo", *arguments, "--locked"], cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE
    ).stdout


def is_allowed(licence: str) -> bool:
    """OR binds weaker than AND; parentheses are taken from the inside out."""
    licence = licence.replace("/", " OR ")
    while inner := re.search(r"\(([^()]*)\)", licence):
        word = "MIT" if is_allowed(inner[1]) else "refused"
        licence = licence[: inner.start()] + word + licence[inner.end() :]
    return any(
        all(part.strip() in ALLOWED for part in one.split(" AND "))
        for one in licence.split(" OR ")
    )


faults = []
metadata = json.loads(cargo("metadata", "--format-version", "1", "--filter-platform", TARGET))
used = {node["id"] for node in metadata["resolve"]["nodes"]}
packages = [package for package in metadata["packages"] if package["id"] in used]
for package in packages:
    name = f"{package['name']} {package['version']}"
    if not is_allowed(package["license"] or "none"):
        faults.append(f"{name}: licence {package['license']} is not in .deny.toml")
    if package["source"] not in (None, "registry+https://github.com/rust-lang/crates.io-index"):
        faults.append(f"{name}: comes from {package['source']}")

tree = cargo("tree", "-d", "--depth", "0", "-e", "normal,build,dev", "--target", TARGET)
versions: dict[str, set[str]] = {}
for line in tree.split("\n"):
    if found := re.match(r"(\S+) v(\S+)", line):
        versions.setdefault(found[1], set()).add(found[2])
double = {name for name, found in versions.items() if len(found) > 1}
skipped = {skip["name"] for skip in RULES["bans"]["skip"]}
for name in sorted(double - skipped):
    faults.append(f"{name}: {len(versions[name])} versions, and no reason in .deny.toml")
for name in sorted(skipped - double):
    faults.append(f"{name}: has one version now; its `skip` in .deny.toml can go")

manifest = tomllib.loads((ROOT / "Cargo.toml").read_text())
direct = set(manifest["dependencies"]) | set(manifest.get("dev-dependencies", {}))
text = (ROOT / "CONTRIBUTING.md").read_text().split("## Why each dependency is there")[1]
rows = re.findall(r"^\| ([^|]+) \|", text.split("\n## ")[0], re.MULTILINE)
named = {name.strip() for row in rows[1:] for name in row.split(",")}
for name in sorted(direct):
    if not any(fnmatch(name, pattern) for pattern in named):
        faults.append(f"{name}: CONTRIBUTING.md does not say why it is there")
for pattern in sorted(named):
    if not any(fnmatch(name, pattern) for name in direct):
        faults.append(f"{pattern}: is in CONTRIBUTING.md and not in Cargo.toml")

if faults:
    sys.exit("\n".join(faults))
print(f"{len(packages)} packages: licences, sources and versions are as .deny.toml says")
