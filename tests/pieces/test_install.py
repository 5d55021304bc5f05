"""The installer against a release of its own making, served on loopback."""

import functools
import http.server
import os
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / ".ci"), str(Path(__file__).resolve().parents[1] / "clients")]
import release  # noqa: E402
from servers import ROOT, clean_env  # noqa: E402

TARGET = "x86_64-unknown-linux-musl"
GWR = f"#!/bin/sh\necho gwr {release.VERSION} of the release\n"


class Install(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        binary = self.root / "built" / "gwr"
        binary.parent.mkdir()
        binary.write_text(GWR)
        self.release = self.root / "served" / f"v{release.VERSION}"
        self.archive = release.archive(TARGET, binary, self.release)
        with open("/dev/null", "w") as nowhere:
            stdout, sys.stdout = sys.stdout, nowhere
            release.sums(self.release)
            sys.stdout = stdout
        handler = functools.partial(Quiet, directory=str(self.root / "served"))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}"

    def install(self, code, cwd=None, **more):
        done = subprocess.run(
            ["bash", ROOT / "action" / "install.sh"], cwd=cwd, capture_output=True, text=True, timeout=60,
            env=clean_env(
                RUNNER_TEMP=str(self.root / "temp"), GITHUB_PATH=str(self.root / "path"), GWR_TARGET=TARGET,
                **{"GWR_RELEASES": self.url, **more},
            ),
        )
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_the_release_of_this_checkout_by_default(self):
        self.assertIn(f"gwr {release.VERSION} of the release", self.install(0))
        on_path = Path((self.root / "path").read_text().strip())
        self.assertTrue((on_path / "gwr").exists())

    def test_a_version_with_or_without_its_v(self):
        for version in (release.VERSION, f"v{release.VERSION}"):
            self.install(0, GWR_VERSION=version)

    def test_no_link_in_a_commit_can_name_the_folder(self):
        folders = set()
        for _ in range(2):
            self.install(0)
            folders.add(Path((self.root / "path").read_text().splitlines()[-1]))
        self.assertEqual(len(folders), 2, "each has a name of its own")
        for folder in folders:
            self.assertRegex(str(folder), rf"^{self.root}/temp/gwr-\w{{10}}/bin$")
            self.assertEqual(folder.parent.stat().st_mode & 0o777, 0o700)

    def test_cargo_does_not_read_the_configuration_of_the_checkout(self):
        checkout = self.root / "checkout"
        checkout.mkdir()
        cargo = self.root / "cargo" / "cargo"
        cargo.parent.mkdir()
        # `--root FOLDER` is the last argument.
        cargo.write_text(
            f'#!/bin/bash\npwd -P >{self.root}/seen\nmkdir -p "${{@: -1}}/bin"\n'
            f'cp {self.root}/built/gwr "${{@: -1}}/bin/gwr"\n'
        )
        for program in (cargo, self.root / "built" / "gwr"):
            program.chmod(0o755)
        self.install(0, cwd=checkout, GWR_VERSION="source", PATH=f"{cargo.parent}:{os.environ['PATH']}")
        self.assertEqual((self.root / "seen").read_text().strip(), str(ROOT.resolve()))

    def test_another_checksum(self):
        self.archive.write_bytes(self.archive.read_bytes() + b"x")
        self.assertIn("SHA256SUMS says", self.install(1))
        self.assertEqual(list((self.root / "temp").rglob("gwr")), [])

    def test_a_release_that_does_not_name_it(self):
        (self.release / "SHA256SUMS").write_text("")
        self.assertIn("does not name", self.install(1))

    def test_only_over_https(self):
        for address in ("http://gwr.invalid/releases", f"http://127.0.0.2:{self.url.rsplit(':', 1)[1]}"):
            self.assertRegex(self.install(1, GWR_RELEASES=address), 'Protocol "http".* disabled')

    def test_nowhere_is_it_sent_on_to_but_over_https(self):
        Quiet.sends_on_to = self.url
        self.addCleanup(setattr, Quiet, "sends_on_to", None)
        self.assertRegex(self.install(1, GWR_RELEASES=f"{self.url}/elsewhere"), 'Protocol "http".* disabled')

    def test_no_such_release(self):
        said = self.install(1, GWR_VERSION="9.9.9")
        self.assertIn("could not be fetched", said)
        self.assertIn("version: source", said)

    def test_a_checkout_that_has_no_releases(self):
        self.assertIn("version: source", self.install(1, GWR_RELEASES=""))

    def test_the_repository_is_read_from_where_the_runner_put_the_action(self):
        action = self.root / "_actions" / "acme" / "gwr" / "v1"
        (action / "action").mkdir(parents=True)
        for name in ("action/install.sh", "Cargo.toml"):
            (action / name).write_text((ROOT / name).read_text())
        (self.root / "served" / "acme" / "gwr" / "releases").mkdir(parents=True)
        (self.root / "served" / "acme" / "gwr" / "releases" / "download").symlink_to(self.root / "served")
        done = subprocess.run(
            ["bash", action / "action" / "install.sh"], capture_output=True, text=True, timeout=60,
            env=clean_env(RUNNER_TEMP=str(self.root / "temp"), GWR_TARGET=TARGET, GITHUB_SERVER_URL=self.url),
        )
        self.assertEqual(done.returncode, 0, done.stderr)


class Quiet(http.server.SimpleHTTPRequestHandler):
    # Where what is asked for below /elsewhere is.
    sends_on_to = None

    def do_GET(self):
        if not self.sends_on_to or not self.path.startswith("/elsewhere"):
            return super().do_GET()
        self.send_response(302)
        self.send_header("Location", self.sends_on_to + self.path.removeprefix("/elsewhere"))
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    unittest.main()
