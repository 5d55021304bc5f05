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
        self.assertEqual(len(str(no.exception).splitlines()), 1, "everything else names this version")

    def test_wherever_a_version_stands_to_be_copied_another_one_is_found(self):
        places = release.places()
        naming = {name for name, found in places.items() if release.VERSION in found}
        self.assertLessEqual({
            "action.yml", "action/install.sh", "docs/ci.md", "examples/gitops/.github/workflows/gwr.yml",
            "examples/gitops/.pre-commit-config.yaml", "examples/gitops/kubernetes/cronjob.yaml",
        }, naming)
        for name in places:
            text = (release.ROOT / name).read_text()
            for found in re.finditer(re.escape(release.VERSION), text):
                other = text[:found.start()] + "9.9.9" + text[found.end():]
                self.assertIn("9.9.9", release.named(other), f"{name}: {text[found.start() - 20:found.end()]!r}")

    def test_the_versions_of_others_are_none_of_ours(self):
        text = "LocalStack 4.13.1, uses: actions/cache@" + "a" * 40 + " # v4.2.0, 127.0.0.1, Python 3.11"
        self.assertEqual(release.named(text), set())
        text = "`OWNER/gwr@v9.9.1`, rev: v9.9.2, gwr:9.9.3-rc.1 # built, `gwr 9.9.4`."
        self.assertEqual(release.named(text), {"9.9.1", "9.9.2", "9.9.3-rc.1", "9.9.4"})

    def test_links_lead_to_the_tag(self):
        changelog = CHANGELOG.replace("- this\n", "- [this](docs/ci.md#roles), [that](https://example.com/a), [b](#b)\n")
        self.assertIn("(docs/ci.md#roles)", release.notes(changelog))
        os.environ["GITHUB_REPOSITORY"] = "acme/gwr"
        self.addCleanup(os.environ.pop, "GITHUB_REPOSITORY")
        at = f"https://github.com/acme/gwr/blob/v{release.VERSION}"
        self.assertIn(f"- [this]({at}/docs/ci.md#roles), [that](https://example.com/a), [b](#b)", release.notes(changelog))

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
        not_linked = {"proptest", "jsonschema", "windows-sys", "cc", "serde_derive", "syn", "clap_derive"}
        self.assertFalse(names & not_linked, "tests, other platforms, build tools, macros")
        tree = subprocess.run(
            ["cargo", "tree", "--locked", "-e", "normal,no-proc-macro", "--target", TARGET, "--prefix", "none",
             "--no-dedupe"],
            cwd=release.ROOT, capture_output=True, text=True, check=True,
        )
        linked = {tuple(line.split()[:2]) for line in tree.stdout.splitlines()}
        told = {(one["name"], f"v{one['version']}") for one in [*bom["components"], bom["metadata"]["component"]]}
        self.assertEqual(told, linked)
        self.assertEqual(bom["metadata"]["component"]["name"], "gateway-responses")
        refs = {one["bom-ref"] for one in bom["components"]} | {bom["metadata"]["component"]["bom-ref"]}
        self.assertEqual({one["ref"] for one in bom["dependencies"]}, refs)
        used = {ref for one in bom["dependencies"] for ref in one["dependsOn"]}
        self.assertEqual(used | {bom["metadata"]["component"]["bom-ref"]}, refs, "each is there because of another")
        for one in bom["components"]:
            self.assertTrue(one.get("licenses"), one["name"])
            self.assertRegex(one["hashes"][0]["content"], "^[0-9a-f]{64}$")
        self.assertEqual(json.dumps(bom), json.dumps(release.sbom(TARGET)))

    def test_what_is_built_is_what_is_installed_and_told(self):
        read = {name: (release.ROOT / name).read_text() for name in
                (".github/workflows/release.yml", "action/install.sh", "docs/releasing.md")}
        built = set(re.findall(r"target: ([\w-]+), runner", read[".github/workflows/release.yml"]))
        self.assertEqual(built, set(re.findall(r"\) echo ([\w-]+) ;;", read["action/install.sh"])))
        told = re.findall(r"gwr-X\.Y\.Z-(\S+)\.tar\.gz` \|", read["docs/releasing.md"])
        told = [one.replace("{x86_64,aarch64}", arch) for one in told for arch in ("x86_64", "aarch64")]
        self.assertEqual(built, set(told))
        # Its sources use `std::os::unix`; a platform that cannot be built would stop every release.
        self.assertFalse([target for target in built if "windows" in target])

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
