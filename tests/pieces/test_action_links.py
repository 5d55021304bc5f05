"""Committed links and forged artifacts: the action writes through no link, and writes nothing
that it has not validated."""

import io
import json
import os
import shutil
import stat
import struct
import subprocess
import unittest
import zipfile

from test_action import HEAD, KEY, ROOT, Action, gwr_path

MIB = 1024 * 1024
EXAMPLE = ROOT / "examples" / "orders"
FORGED = b'#!/bin/sh\n: >"$RUNNER_TEMP/owned"\n'


def tree(folder):
    """All that a write would change below a folder; links are not followed."""
    found = {}
    for path in sorted(folder.rglob("*")):
        about = path.lstat()
        is_file = stat.S_ISREG(about.st_mode)
        found[str(path.relative_to(folder))] = (
            about.st_mode, os.readlink(path) if path.is_symlink() else path.read_bytes() if is_file else None
        )
    return found


class Hostile(Action):
    """gwr is where the installer puts it, so that a link can name it."""

    def setUp(self):
        super().setUp()
        self.plan()
        self.honest = (self.work / "gwr.plan").read_bytes()
        self.gwr_on_path = self.temp / "gwr" / "bin" / "gwr"
        self.gwr_on_path.parent.mkdir(parents=True)
        self.wrap("")
        self.bin = self.gwr_on_path.parent

    def wrap(self, script):
        self.gwr_on_path.write_text(f'#!/bin/sh\n{script}\nexec {gwr_path()} "$@"\n')
        self.gwr_on_path.chmod(0o755)

    def commit(self, name, target=None):
        """A link in the checkout; by default to the binary that the next line of the job runs."""
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(os.path.relpath(self.gwr_on_path, path.parent) if target is None else target)
        return path

    def refuses(self, command, *because, **about):
        """Nothing is written in the checkout or the runner's folder, and gwr does not run."""
        before = tree(self.work), tree(self.temp)
        log = self.step(command, code=4, **about)
        self.assertEqual((tree(self.work), tree(self.temp)), before)
        for text in because:
            self.assertIn(text, log)
        self.assertNotIn("$ gwr", log)
        self.assertEqual(self.outputs["exitcode"], "4")
        self.assertIn("refused" if command != "plan" else "failed with exit code 4", self.summary)
        return log

    def downloads(self):
        return [path for _, path, _ in self.github.calls if path.endswith("/zip")]


class Attack(Hostile):
    def test_a_forged_artifact_through_a_committed_link_does_not_replace_gwr(self):
        self.merge(plan=FORGED)
        self.commit("gwr.plan")
        self.refuses("apply", "`gwr.plan` is a link", "Fix this in the branch")
        self.assertEqual(self.downloads(), [])
        outcomes = [body for body in self.bodies() if body.startswith("<!-- gwr:record refused -->")]
        self.assertIn("`gwr.plan` is a link", outcomes[0])

    def test_a_forged_artifact_without_a_link_is_not_written(self):
        self.merge(plan=FORGED)
        self.refuses("apply", "The artifact holds no plan: it is not JSON")

    def test_an_honest_artifact_does_not_make_a_link_acceptable(self):
        self.merge()
        self.commit("gwr.now.plan")
        self.refuses("apply", "`gwr.now.plan` is a link")

    def test_a_plan_does_not_write_through_a_link_and_replaces_the_older_comment(self):
        self.commit("gwr.plan")
        self.refuses("plan", "::error title=gwr::", "`gwr.plan` is a link", event=self.pull_event)
        (body,) = self.bodies()
        self.assertTrue(body.startswith(f"<!-- gwr:plan failed -->\n{KEY}\n"), body)
        self.assertIn("`gwr.plan` is a link", body)
        self.assertEqual(self.outputs["changes"], "false")
        self.assertNotIn("plan", self.outputs)

    def test_drift_does_not_write_metrics_through_a_link_and_leaves_the_issue(self):
        self.step("drift", code=2)
        (self.work / "gwr.prom").unlink()
        issues = json.dumps(self.github.issues)
        self.commit("gwr.prom")
        self.refuses("drift", "::error title=gwr::", "`gwr.prom` is a link")
        self.assertEqual(json.dumps(self.github.issues), issues)
        self.assertNotIn("metrics", self.outputs)

    pull_event = {"pull_request": {"number": 7, "head": {"sha": HEAD}}}


class Places(Hostile):
    """Each place in the checkout, for each verb."""

    def refuse_all(self, *because, commands=("plan", "apply", "drift")):
        for command in commands:
            with self.subTest(command=command, because=because):
                self.refuses(command, *because)

    def setUp(self):
        super().setUp()
        self.merge()

    def test_links_of_each_kind(self):
        outside = self.root / "outside"
        outside.mkdir()
        for name in ("gwr.plan", "gwr.now.plan", "gwr.prom"):
            self.commit(name)
            self.refuse_all(f"`{name}` is a link")
            for target in ("missing", "gwr.toml", str(outside), "/dev/null", name):
                self.commit(name, target)
                self.refuse_all(f"`{name}` is a link", commands=["apply"])
            (self.work / name).unlink()

    def test_a_state_folder_that_is_a_link(self):
        state = self.root / "state"
        (self.work / ".gwr").rename(state)
        for target in ("../state", "missing", str(self.gwr_on_path.parent)):
            self.commit(".gwr", target)
            self.refuse_all("`.gwr` is a link")

    def test_links_below_the_state_folder(self):
        for name in (
            ".gwr/runs", ".gwr/runs/gwr-77-1.json", ".gwr/runs/a/b/c", ".gwr/sandbox/apis/x.json", ".gwr/later",
        ):
            self.commit(name)
            self.refuse_all(f"`{name}` is a link")
            for target in ("missing", str(self.gwr_on_path.parent)):
                self.commit(name, target)
                self.refuse_all(f"`{name}` is a link", commands=["apply"])
            (self.work / name).unlink()

    def test_what_is_neither_a_file_nor_a_folder(self):
        os.mkfifo(self.work / "gwr.prom")
        (self.work / "gwr.plan").mkdir()
        (self.work / ".gwr" / "runs").write_text("")
        os.mkfifo(self.work / ".gwr" / "pipe")
        self.refuse_all(
            "`gwr.prom` is not a file", "`gwr.plan` is not a file", "`.gwr/runs` is not a folder",
            "`.gwr/pipe` is not a file",
        )

    def test_a_state_folder_that_is_a_file(self):
        (self.work / ".gwr").rename(self.root / "state")
        (self.work / ".gwr").write_text("")
        self.refuse_all("`.gwr` is not a folder")

    def test_a_name_cannot_write_markdown_or_commands(self):
        self.commit(".gwr/`<b>\n::error::\x1b[31m")
        self.refuse_all("`.gwr/??b????error????31m` is a link")

    def test_folders_deeper_than_the_stack(self):
        top = self.work / ".gwr" / "a"
        deep = f"{top}{'/a' * 1500}"
        # Python's own functions for this recurse.
        self.addCleanup(subprocess.run, ["rm", "-rf", top], check=True)
        subprocess.run(["mkdir", "-p", deep], check=True)
        self.step("plan", code=0)
        os.symlink("y", f"{deep}/x")
        self.assertIn("/a/x` is a link", self.step("plan", code=4))

    def test_regular_files_and_folders_are_accepted(self):
        (self.work / ".gwr" / "runs").mkdir()
        for name in ("gwr.plan", "gwr.now.plan", "gwr.prom", ".gwr/runs/gwr-77-1.json"):
            (self.work / name).write_text("of a commit")
        self.step("plan", code=0)
        self.step("apply", code=0)
        self.step("drift", code=0)
        self.assertEqual((self.work / "gwr.now.plan").read_text(), "of a commit")


class WorkingDirectory(Hostile):
    def inside(self, path, cwd=None, command="plan", **about):
        return self.refuses(command, cwd=cwd or self.work / path, GWR_WORKING_DIRECTORY=path, **about)

    def test_a_link_that_leads_out_of_the_checkout(self):
        outside = self.gwr_on_path.parent
        self.commit("infra", str(outside))
        for path in ("infra", "infra/", "./infra/.", str(self.work / "infra"), "infra/../infra"):
            for command in ("plan", "apply", "drift"):
                with self.subTest(path=path, command=command):
                    log = self.inside(path, cwd=outside, command=command)
                    self.assertIn("`infra` is a link", log)

    def test_a_link_on_the_way(self):
        (self.work / "real" / "deep").mkdir(parents=True)
        self.commit("way", "real")
        self.assertIn("`way` is a link", self.inside("way/deep"))
        self.commit("real/up", "..")
        self.assertIn("`real/up` is a link", self.inside("real/up/real/deep"))

    def test_a_folder_outside_that_the_workflow_does_not_name(self):
        self.assertIn(
            "the working directory is outside the checkout", self.refuses("plan", cwd=self.gwr_on_path.parent)
        )

    def test_folders_without_links_are_accepted(self):
        for folder in (self.work / "sub", self.root / "elsewhere"):
            shutil.copytree(EXAMPLE, folder / "deep")
        self.step("plan", code=0, cwd=self.work / "sub" / "deep", GWR_WORKING_DIRECTORY="sub/deep")
        elsewhere = self.root / "elsewhere" / "deep"
        self.step("plan", code=0, cwd=elsewhere, GWR_WORKING_DIRECTORY=str(elsewhere))

    def test_a_folder_name_cannot_set_another_output(self):
        folder = self.work / "a\nchanges=true\nb"
        shutil.copytree(EXAMPLE, folder)
        log = self.step("plan", code=1, cwd=folder, GWR_WORKING_DIRECTORY=folder.name)
        self.assertIn("the output plan has more than one line", log)


class Artifacts(Hostile):
    def archive(self, *members, method=zipfile.ZIP_DEFLATED):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", method) as archive:
            for name, content, mode in members:
                member = zipfile.ZipInfo("placeholder")
                member.filename, member.external_attr, member.compress_type = name, mode << 16, method
                archive.writestr(member, content)
        return data.getvalue()

    def of(self, data):
        self.github.artifacts.clear()
        self.merge(plan=b"")
        self.github.zips = dict.fromkeys(self.github.zips, data)

    def plan_member(self, content=None, mode=stat.S_IFREG | 0o644):
        return "gwr.plan", self.honest if content is None else content, mode

    def test_an_honest_archive_is_accepted(self):
        self.of(self.archive(self.plan_member()))
        self.step("apply", code=0)

    def test_invalid_archives_are_refused(self):
        plan = self.plan_member()

        def other(name):
            return name, self.honest, stat.S_IFREG | 0o644

        with self.assertWarns(UserWarning):
            twice = self.archive(plan, plan)
        damaged = bytearray(self.archive(plan))
        damaged[60:70] = bytes(10)
        for because, *archives in (
            ("it has 2 members instead of one", twice, self.archive(plan, other("gwr"))),
            ("it has 0 members instead of one", self.archive()),
            (
                "its member is not named `gwr.plan`",
                *map(self.archive, map(other, ("gwr", "../gwr.plan", "/gwr.plan", "./gwr.plan", "gwr.plan/"))),
            ),
            (
                "its member is not a regular file",
                self.archive(self.plan_member(b"/etc/passwd", stat.S_IFLNK | 0o777)),
                *(self.archive(self.plan_member(mode=kind | 0o644)) for kind in (stat.S_IFIFO, stat.S_IFDIR, stat.S_IFBLK)),
            ),
            (
                "it is packed with a method that GitHub does not use",
                *(self.archive(plan, method=method) for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)),
            ),
            ("it unpacks to more than 64 MiB", self.archive(self.plan_member(b" " * (64 * MIB + 1)))),
            ("has more than 16 MiB", self.archive(self.plan_member(b" " * (17 * MIB)), method=zipfile.ZIP_STORED)),
            ("it is not a valid zip archive", self.archive(plan)[:-30], FORGED, b"", bytes(damaged)),
        ):
            for data in archives:
                with self.subTest(because=because, data=data[:60]):
                    self.of(data)
                    self.refuses("apply", because)

    def test_a_name_with_a_zero_byte(self):
        data = self.archive(("gwr.plan_x", self.honest, 0)).replace(b"gwr.plan_x", b"gwr.plan\0x")
        self.of(data)
        self.refuses("apply", "its member is not named `gwr.plan`", "gwr.plan\\x00x")

    def test_a_member_larger_than_its_declared_size(self):
        """A bomb that claims to be small is not unpacked further than it claims."""
        data = self.archive(self.plan_member(b" " * (200 * MIB)))
        size = struct.pack("<L", 200 * MIB)
        self.assertEqual(data.count(size), 2, "of the member and of the directory")
        self.of(data.replace(size, struct.pack("<L", 1000)))
        self.refuses("apply", "it is not a valid zip archive")

    def test_an_encrypted_member(self):
        data = bytearray(self.archive(self.plan_member()))
        for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
            data[data.index(signature) + offset] |= 1
        self.of(bytes(data))
        self.refuses("apply", "it is not a valid zip archive")

    def test_invalid_plans_are_refused(self):
        plan = json.loads(self.honest)
        (api,) = plan["apis"]
        for because, *texts in (
            (
                "it is not JSON", FORGED, b"", b"\xff", b"[" * 100_000, b'{"format_version": ' + b"1" * 10_000 + b"}",
                self.honest.decode().encode("utf-16"), self.honest.replace(b'"seconds":', b'"later":NaN,"seconds":'),
            ),
            ("it is not a JSON object", b"[]", b"null", b"7"),
            (
                "its `format_version` is not 1", b"{}",
                *(json.dumps({**plan, "format_version": version}) for version in (2, True, "1", None)),
            ),
            (
                "its `digest` is missing or not a SHA-256 digest",
                *(json.dumps({**plan, "digest": digest}) for digest in (None, 7, "", plan["digest"] + "\n")),
            ),
            (
                "its members do not have the types of a plan's",
                *(
                    json.dumps({**plan, "apis": apis})
                    for apis in (None, 7, [7], {"orders": api}, [{**api, "stages": {"prod": 1}}])
                ),
            ),
        ):
            for text in texts:
                with self.subTest(because=because, text=text[:40]):
                    self.of(self.archive(self.plan_member(text)))
                    self.refuses("apply", because)

    def test_what_a_refusal_quotes_cannot_write_markdown(self):
        self.of(self.archive(("```\n<b>owned", self.honest, 0)))
        self.refuses("apply", "its member is not named `gwr.plan`")
        self.assertIn("````text\n'```\\n<b>owned'\n````", self.summary)


class PrivateFolder(Hostile):
    def test_it_is_new_and_private_and_outside_the_checkout(self):
        self.merge()
        seen = self.root / "seen"
        self.wrap(f'for word; do case $word in */gwr.plan) stat -c "%a %n" "${{word%/*}}" "$word" >>{seen} ;; esac; done')
        log = self.step("apply", code=0)
        folder, file = [line.split(" ", 1) for line in seen.read_text().splitlines()[:2]]
        self.assertEqual((folder[0], file[0]), ("700", "600"))
        self.assertRegex(folder[1], rf"^{self.temp}/gwr-\w+$")
        self.assertIn(f"$ gwr apply {folder[1]}/gwr.now.plan --yes", log)
        self.assertEqual([one.name for one in self.temp.iterdir()], ["gwr"], "it is removed")
        self.assertFalse((self.work / "gwr.plan").exists())
        self.assertFalse((self.work / "gwr.now.plan").exists())

        again = self.step("apply", code=4)
        self.assertNotIn(folder[1], again, "each run has its own")
        self.assertNotIn(str(self.temp), self.summary, "no command that people read names it")

    def test_the_runners_files_are_not_written_through_links(self):
        self.merge()
        target = self.root / "target"
        target.write_text("before")
        link = self.root / "link"
        link.symlink_to(target)
        # Without outputs the later steps cannot keep the plan or the record; a page without the
        # report is a warning.
        for name, codes in {
            "GITHUB_OUTPUT": {"plan": 1, "drift": 1, "apply": 1}, "GITHUB_STEP_SUMMARY": {"plan": 0, "drift": 2, "apply": 0},
        }.items():
            for command, code in codes.items():
                with self.subTest(name=name, command=command):
                    log = self.step(command, code=code, **{name: str(link)})
                    self.assertIn(f"{name} could not be written", log)
                    self.assertEqual("$ gwr apply" in log, (command, code) == ("apply", 0))
                    self.assertEqual(target.read_text(), "before")


if __name__ == "__main__":
    unittest.main(verbosity=1)
