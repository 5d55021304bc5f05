"""What is not the compiler's of a release: notes, archives, checksums, SBOM, the package."""

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".ci"))
import release  # noqa: E402

TARGET = "x86_64-unknown-linux-musl"
CHANGELOG = f"""# Changelog

## [Unreleased]

- not yet

## [{release.VERSION}] - 2026-01-02

### Added

- this

## [0.0.1] - 2025-01-01

- older
"""


class Release(unittest.TestCase):
    def test_notes_are_one_section(self):
        self.assertEqual(release.notes(CHANGELOG), "### Added\n\n- this")

    def test_without_a_section_there_is_no_release(self):
        with self.assertRaises(SystemExit) as no:
            release.notes(CHANGELOG.replace(" - 2026-01-02", ""))
        self.assertIn("no section", str(no.exception))

    def test_a_tag_that_is_not_the_version(self):
        with self.assertRaises(SystemExit) as no:
            release.check("v9.9.9")
        self.assertIn(f"Cargo.toml says {release.VERSION}", str(no.exception))
        self.assertNotIn("examples/", str(no.exception), "the examples name this version")

    def test_the_same_input_gives_the_same_archive(self):
        os.environ["SOURCE_DATE_EPOCH"] = "1767225600"
        self.addCleanup(os.environ.pop, "SOURCE_DATE_EPOCH")
        with tempfile.TemporaryDirectory() as folder:
            binary = Path(folder) / "gwr"
            binary.write_bytes(b"\0elf")
            packed = [release.archive(TARGET, binary, Path(folder) / to) for to in "ab"]
            first, second = (hashlib.sha256(one.read_bytes()).digest() for one in packed)
            self.assertEqual(first, second)
            with tarfile.open(packed[0]) as tar:
                top = f"gwr-{release.VERSION}-{TARGET}"
                self.assertEqual(tar.getnames(), [f"{top}/{name}" for name in ["gwr", *release.TEXTS]])
                self.assertEqual(tar.getmember(f"{top}/gwr").mode, 0o755)

    def test_the_sbom_names_what_is_linked(self):
        bom = release.sbom(TARGET)
        names = {one["name"] for one in bom["components"]}
        self.assertLessEqual({"aws-sdk-apigateway", "rustls", "tokio", "hyper", "ring"}, names)
        self.assertFalse(names & {"proptest", "jsonschema", "windows-sys", "cc"}, "tests, other platforms, build tools")
        self.assertEqual(bom["metadata"]["component"]["name"], "gateway-responses")
        refs = {one["bom-ref"] for one in bom["components"]} | {bom["metadata"]["component"]["bom-ref"]}
        for one in bom["dependencies"]:
            self.assertLessEqual({one["ref"], *one["dependsOn"]}, refs)
        for one in bom["components"]:
            self.assertTrue(one.get("licenses"), one["name"])
            self.assertRegex(one["hashes"][0]["content"], "^[0-9a-f]{64}$")
        self.assertEqual(json.dumps(bom), json.dumps(release.sbom(TARGET)))

    def test_the_package_holds_what_it_builds_from_and_nothing_of_this_machine(self):
        told = subprocess.run(
            ["cargo", "package", "--list", "--allow-dirty", "--quiet"], cwd=release.ROOT,
            capture_output=True, text=True, check=True,
        )
        files = told.stdout.split()
        for needed in ("src/main.rs", "schema/gwr.schema.json", "examples/orders/gwr.toml", "tests/main.rs",
                       "LICENSE-MIT", "LICENSE-APACHE", "README.md", "CHANGELOG.md", "Cargo.lock"):
            self.assertIn(needed, files)
        stray = [name for name in files if re.match(r"\.ci/|\.github/|action|target/|\.gwr/|tests/(clients|pieces)/", name)]
        self.assertEqual(stray, [])


if __name__ == "__main__":
    unittest.main()
