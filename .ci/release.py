"""The steps of a release that are not the compiler's. docs/releasing.md tells the order.

    release.py check TAG             the tag, Cargo.toml, CHANGELOG.md, pages and examples agree
    release.py notes                 this version's section of CHANGELOG.md
    release.py archive TARGET BIN TO packs a binary for a platform: TO/gwr-VERSION-TARGET.tar.gz
    release.py sbom TARGET           what is linked into it, as CycloneDX 1.5
    release.py sums FOLDER           writes FOLDER/SHA256SUMS

The same input gives the same bytes: times are those of the commit (SOURCE_DATE_EPOCH).
"""

import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import uuid
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]
VERSION = PACKAGE["version"]
# What goes beside the binary.
TEXTS = ["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"]
# Where no version is named for others to copy: code, tests and their pins, history.
NOT_COPIED = ["src", "tests", "schema", ".ci", "Cargo.toml", "Cargo.lock", "CHANGELOG.md"]
A_VERSION = re.compile(r"(?<![\d.])\d+\.\d+\.\d+(?:-(?:alpha|beta|rc)[\w.]*)?(?![\d.]*\.?\d)")
# `LocalStack 4.13.1`: another program's, whose name stands before it; `@COMMIT # v7.0.1`: that
# of an action.
OF_OTHERS = re.compile(r"\b[A-Z]\w+ v?\d[\w.-]*|@[0-9a-f]{40} # v\S+")
# A link that is right in the file where it stands.
RELATIVE = re.compile(r"\]\((?![a-z]+:|#)([^)\s]+)\)")


def epoch() -> int:
    told = os.environ.get("SOURCE_DATE_EPOCH")
    if told:
        return int(told)
    log = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return int(log.stdout)


def notes(changelog: str) -> str:
    section = re.search(
        rf"^## \[{re.escape(VERSION)}\] - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## \[|^\[|\Z)", changelog, re.M | re.S
    )
    if not section or not section[1].strip():
        sys.exit(f"CHANGELOG.md has no section `## [{VERSION}] - YYYY-MM-DD`")
    return absolute(section[1].strip())


def absolute(markdown: str) -> str:
    """With links that are right on the page of the release, too: to the files of its tag."""
    repository = os.environ.get("GITHUB_REPOSITORY")
    if not repository:
        return markdown
    server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
    return RELATIVE.sub(rf"]({server}/{repository}/blob/v{VERSION}/\1)", markdown)


def named(text: str) -> set[str]:
    """The versions of gwr that a text names."""
    return set(A_VERSION.findall(OF_OTHERS.sub("", text)))


def places() -> dict[str, set[str]]:
    """Every file that others may copy from, with the versions that it names."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", ".", *(f":!{name}" for name in NOT_COPIED)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )
    texts = {name: ROOT / name for name in listed.stdout.split("\0") if name}
    return {name: named(path.read_text("utf-8", "replace")) for name, path in texts.items() if path.is_file()}


def check(tag: str):
    wrong = []
    if tag != f"v{VERSION}":
        wrong.append(f"the tag is {tag}, and Cargo.toml says {VERSION}")
    for name, found in places().items():
        if others := sorted(found - {VERSION}):
            wrong.append(f"{name} names {', '.join(others)}, not {VERSION}")
    if wrong:
        sys.exit("\n".join(wrong))
    notes((ROOT / "CHANGELOG.md").read_text())
    print(f"{tag} can be released")


def archive(target: str, binary: Path, to: Path) -> Path:
    folder = f"gwr-{VERSION}-{target}"
    members = [(binary, f"{folder}/{binary.name}", 0o755)]
    members += [(ROOT / name, f"{folder}/{name}", 0o644) for name in TEXTS]
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, name, mode in members:
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime = path.stat().st_size, mode, epoch()
            with path.open("rb") as content:
                tar.addfile(member, content)
    to.mkdir(parents=True, exist_ok=True)
    file = to / f"{folder}.tar.gz"
    file.write_bytes(gzip.compress(packed.getvalue(), 9, mtime=epoch()))
    return file


def linked(target: str) -> tuple[str, dict[str, set[str]]]:
    """What the binary for that platform is linked from: the package itself, and for each
    package (`NAME VERSION`) those that it uses.

    Cargo tells it with the features that the tests' dependencies do not add, and without
    macros and build scripts, which run while it is built and stay behind.
    """
    told = subprocess.run(
        ["cargo", "tree", "--locked", "--edges", "normal,no-proc-macro", "--target", target,
         "--prefix", "depth", "--format", " {p}"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )
    uses: dict[str, set[str]] = {}
    above: list[str] = []
    for line in told.stdout.splitlines():
        depth, name, version = re.match(r"(\d+) (\S+) v(\S+)", line).groups()
        package = f"{name} {version}"
        above = [*above[:int(depth)], package]
        uses.setdefault(package, set())
        if len(above) > 1:
            uses[above[-2]].add(package)
    return above[0], uses


def sbom(target: str) -> dict:
    """What is linked into the binary, no tests, no build tools."""
    root, uses = linked(target)
    told = subprocess.run(
        ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )
    packages = {f"{one['name']} {one['version']}": one for one in json.loads(told.stdout)["packages"]}

    checksums = {
        (package["name"], package["version"]): package.get("checksum")
        for package in tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    }

    def purl(package: dict) -> str:
        return f"pkg:cargo/{package['name']}@{package['version']}"

    def component(package: dict, kind: str) -> dict:
        told = {"type": kind, "bom-ref": purl(package), "name": package["name"], "version": package["version"]}
        told["purl"] = purl(package)
        if package.get("license"):
            # Cargo takes `MIT/Apache-2.0` for what SPDX writes with OR.
            told["licenses"] = [{"expression": re.sub(r"\s*/\s*", " OR ", package["license"])}]
        if checksum := checksums.get((package["name"], package["version"])):
            told["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        return told

    others = sorted((packages[one] for one in uses if one != root), key=purl)
    body = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(epoch(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": component(packages[root], "application"),
            "properties": [{"name": "gwr:target", "value": target}],
        },
        "components": [component(package, "library") for package in others],
        "dependencies": [
            {"ref": purl(packages[one]), "dependsOn": sorted(purl(packages[dep]) for dep in uses[one])}
            for one in sorted(uses, key=lambda one: purl(packages[one]))
        ],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(body, sort_keys=True))
    return {"$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json", "serialNumber": f"urn:uuid:{serial}", **body}


def sums(folder: Path):
    lines = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n"
        for file in sorted(folder.iterdir()) if file.is_file() and file.name != "SHA256SUMS"
    ]
    (folder / "SHA256SUMS").write_text("".join(lines))
    print("".join(lines), end="")


def main():
    match sys.argv[1:]:
        case ["check", tag]:
            check(tag)
        case ["notes"]:
            print(notes((ROOT / "CHANGELOG.md").read_text()))
        case ["archive", target, binary, to]:
            print(archive(target, Path(binary), Path(to)))
        case ["sbom", target]:
            print(json.dumps(sbom(target), indent=1))
        case ["sums", folder]:
            sums(Path(folder))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
