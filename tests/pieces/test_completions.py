"""The completions in real shells, as somebody at a terminal meets them. A shell that is not
installed is skipped with a line that says so."""

import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "clients"))
from servers import clean_env, gwr_path  # noqa: E402

READY, ENDED = "ready>", "<ended>"
# In place of gwr, what it would be given: one word in each pair of brackets.
WORDS = f"gwr() {{ printf '[%s]' \"$@\"; echo '{ENDED}'; }}\n"
SHELLS = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        "bind 'set enable-bracketed-paste off'; bind 'set bell-style none'\n"
        "bind 'set page-completions off'; bind 'set completion-query-items 0'\n"
        f"source ../gwr.bash; PS1='{READY}'\n",
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        "unset zle_bracketed_paste; unsetopt prompt_sp auto_remove_slash; autoload -U compinit; compinit -D -u\n"
        f"source ../gwr.zsh; PROMPT='{READY}'\n",
    ),
}
TYPES = 21


def is_ready(said):
    return said.rstrip().endswith(READY)


class Terminal:
    """A shell at a terminal that is wide enough for every line."""

    def __init__(self, shell, folder):
        arguments, setup = SHELLS[shell]
        (folder.parent / "setup").write_text(WORDS + setup)
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.chdir(folder)
            os.execvpe(arguments[0], arguments, clean_env(TERM="dumb", HOME=str(folder), COLUMNS="200"))
        self.type("source ../setup\n")
        self.until(is_ready)

    def type(self, text):
        os.write(self.terminal, text.encode())

    def until(self, done, seconds=20):
        said, end = "", time.monotonic() + seconds
        while not done(said):
            if time.monotonic() > end:
                raise AssertionError(f"it said {said!r}")
            if select.select([self.terminal], [], [], 0.1)[0]:
                said += os.read(self.terminal, 65_536).decode("utf-8", "replace")
        return said

    def completed(self, line):
        """What gwr would be given, if TAB were pressed after that line, and then Enter."""
        self.type(line + "\t\n")
        said = self.until(lambda said: is_ready(said) and ENDED in said)
        return [line for line in said.splitlines() if ENDED in line][-1].strip().removesuffix(ENDED)

    def offered(self, line):
        """The words that are listed after TAB was pressed twice."""
        # Ctrl-U takes the line back; that of the mark is put together, so that its echo is none.
        self.type(line + "\t\t\x15" + f"echo '{ENDED[0]}''{ENDED[1:]}'\n")
        return self.until(lambda said: is_ready(said) and ENDED in said).split()

    def close(self):
        os.close(self.terminal)
        os.waitpid(self.child, 0)


class Completions(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        root = Path(folder.name)
        for shell in ("bash", "zsh", "fish"):
            told = subprocess.run([gwr_path(), "completions", shell], capture_output=True, text=True, check=True)
            (root / f"gwr.{shell}").write_text(told.stdout)
        self.work = root / "work"
        for name in ("sub", "sp dir"):
            (self.work / name).mkdir(parents=True)
        for name in ("my file.toml", "plan.json"):
            (self.work / name).touch()

    def needs(self, shell):
        if not shutil.which(shell):
            print(f"completions in {shell}: SKIPPED, it is not installed", flush=True)
            self.skipTest(shell)

    def shell(self, name):
        self.needs(name)
        terminal = Terminal(name, self.work)
        self.addCleanup(terminal.close)
        return terminal

    def completes(self, terminal, *cases):
        for line, words in cases:
            with self.subTest(line=line):
                self.assertEqual(terminal.completed(line), words)

    def test_bash(self):
        bash = self.shell("bash")
        self.completes(
            bash,
            ("gwr pol", "[policy]"),
            ("gwr --sandbox pol", "[--sandbox][policy]"),
            ("gwr plan --det", "[plan][--detailed-exitcode]"),
            ("gwr plan -f sub", "[plan][-f][sub/]"),
            ("gwr plan --file=su", "[plan][--file=sub/]"),
            ("gwr plan -f my", "[plan][-f][my file.toml]"),
            ("gwr -f sp", "[-f][sp dir/]"),
            ("gwr apply pl", "[apply][plan.json]"),
            ("gwr apply --yes my", "[apply][--yes][my file.toml]"),
            ("gwr show my", "[show][my file.toml]"),
            ("gwr apply --record my", "[apply][--record][my file.toml]"),
            ("gwr sandbox --data s", "[sandbox][--data][s]"),
            ("gwr sandbox --data su", "[sandbox][--data][sub/]"),
            ("gwr plan --sandbox=su", "[plan][--sandbox=sub/]"),
            ("gwr apply --message my", "[apply][--message][my]"),
            ("gwr completions fi", "[completions][fish]"),
            ("gwr explain THR", "[explain][THROTTLED]"),
            ("gwr apply --rewrite WAF", "[apply][--rewrite][WAF_FILTERED]"),
            ("gwr plan --accept los", "[plan][--accept][lost-cors]"),
            ("gwr validate --explain shadowed-c", "[validate][--explain][shadowed-cors]"),
            ("gwr explain --error-type Forb", "[explain][--error-type][ForbiddenException]"),
            ("gwr man roll", "[man][rollback]"),
        )
        self.assertLessEqual({"my", "file.toml", "plan.json", "sub/"}, set(bash.offered("gwr apply ")))
        self.assertLessEqual({"--yes", "--record", "--file"}, set(bash.offered("gwr apply --")))

    def test_zsh(self):
        zsh = self.shell("zsh")
        self.completes(
            zsh,
            ("gwr pol", "[policy]"),
            ("gwr --sandbox pol", "[--sandbox][policy]"),
            ("gwr plan --det", "[plan][--detailed-exitcode]"),
            ("gwr plan -f sub", "[plan][-f][sub/]"),
            ("gwr plan -f my", "[plan][-f][my file.toml]"),
            ("gwr apply pl", "[apply][plan.json]"),
            ("gwr plan --sandbox=su", "[plan][--sandbox=sub/]"),
            ("gwr sandbox --data s", "[sandbox][--data][s]"),
            ("gwr sandbox --data su", "[sandbox][--data][sub/]"),
            ("gwr completions fi", "[completions][fish]"),
            ("gwr explain THR", "[explain][THROTTLED]"),
            ("gwr man roll", "[man][rollback]"),
        )

    def fish(self, line):
        done = subprocess.run(
            ["fish", "--no-config", "-c", f"source ../gwr.fish; complete -C {line!r}"], cwd=self.work,
            env=clean_env(HOME=str(self.work)), capture_output=True, text=True, timeout=60,
        )
        self.assertEqual(done.stderr, "")
        return [offered.split("\t")[0] for offered in done.stdout.splitlines()]

    def test_fish(self):
        self.needs("fish")
        self.assertEqual(self.fish("gwr pol"), ["policy"])
        self.assertEqual(self.fish("gwr completions "), ["bash", "elvish", "fish", "powershell", "zsh"])
        self.assertIn("rollback", self.fish("gwr policy "))
        self.assertEqual(len(self.fish("gwr explain ")), TYPES)
        self.assertEqual(self.fish("gwr explain THR"), ["THROTTLED"])
        self.assertIn("deployments", self.fish("gwr man "))
        self.assertEqual(self.fish("gwr validate --explain shadowed-c"), ["shadowed-cors"])
        self.assertLessEqual({"my file.toml", "plan.json", "sub/", "sp dir/"}, {
            name.replace("\\", "") for name in self.fish("gwr apply ")
        })
        self.assertLessEqual({"plan.json", "sub/"}, set(self.fish("gwr plan -f ")))
        self.assertEqual(self.fish("gwr plan "), [])
        self.assertEqual(self.fish("gwr --sandbox pol"), ["policy"])
        self.assertIn("--sandbox=sub/", self.fish("gwr plan --sandbox=s"))
        self.assertNotIn("plan.json", self.fish("gwr sandbox --data "))


if __name__ == "__main__":
    unittest.main()
