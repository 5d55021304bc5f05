"""The machine that a page's commands believe to be on.

`gwr` is the debug build, without progress lines. `aws` is the AWS CLI. Both talk to what stands
in for AWS: API Gateway is `gwr sandbox`, with the API that the folder's gwr.toml matches;
CloudFormation, IAM and STS are LocalStack. `docker` reads the Dockerfile and does what the
image would do (docker_stand_in.py). `cargo install` builds without optimising.
"""

import os
import pty
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "clients"))
from servers import VENVS, LocalStack, Sandbox, gwr_path  # noqa: E402

GWR = gwr_path()
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
VERSION = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
MARK = "--- gwr docs: done"
# Of this account are the roles in the examples; LocalStack takes an access key of twelve
# digits for an account.
ACCOUNT = "123456789012"


# `install`: in a page's folder there is no clone, and what it would build is here. `package`
# builds a package that passes for this one; so it gets a target of its own, with links to what
# is built already and nothing of ours.
CARGO = """
case $1 in
    install) cd {root}; set -- "$@" --debug ;;
    package)
        export CARGO_TARGET_DIR={target}/rehearsal
        rm -rf "$CARGO_TARGET_DIR"; mkdir -p "$CARGO_TARGET_DIR/debug"
        cp -al {target}/debug/build {target}/debug/deps {target}/debug/.fingerprint "$CARGO_TARGET_DIR/debug/"
        rm -rf "$CARGO_TARGET_DIR"/debug/.fingerprint/gateway-responses-* "$CARGO_TARGET_DIR"/debug/deps/*gateway_responses*
        ;;
esac
exec {cargo} "$@"
"""


class Wrong(Exception):
    """What a page says, and what is so."""


class Skipped(Exception):
    """What is not installed."""


class Host:
    """A folder, a shell and servers for one page."""

    def __init__(self, page: str):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.folder = Path(tempfile.mkdtemp(prefix="gwr-docs-"))
        self.folder.chmod(0o755)  # The image's user reads what is mounted.
        (self.folder / "node_exporter").mkdir()
        stands_for = {
            "127.0.0.1:4567": f"127.0.0.1:{port}",
            "/var/lib/node_exporter": str(self.folder / "node_exporter"),
            "X.Y.Z": VERSION,
        }
        self.page = page
        for word, stand_in in stands_for.items():
            self.page = self.page.replace(word, stand_in)
        self.needs_roles = "aws cloudformation" in page
        if self.needs_roles and not (VENVS / "localstack" / "bin" / "python").exists():
            raise Skipped("there is no LocalStack; `.ci/venvs` makes it")
        if re.search(r"^\s*aws ", page, re.M) and not (VENVS / "clients" / "bin" / "aws").exists():
            raise Skipped("there is no AWS CLI; `.ci/venvs` makes it")
        self.servers = []
        self.programs(port)
        self.shell = Shell(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shell.close()
        for server in self.servers:
            server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def programs(self, port: int):
        """First on the path."""
        folder = self.folder / "bin"
        folder.mkdir()
        python = shlex.quote(sys.executable)
        for name, script in {
            "gwr": f'case "$*" in sandbox) set -- sandbox --listen 127.0.0.1:{port} ;; esac\n'
                   f'exec {shlex.quote(str(GWR))} --progress never "$@"',
            "aws": f'exec {shlex.quote(str(VENVS / "clients" / "bin" / "aws"))} "$@"',
            "docker": f'exec {python} {shlex.quote(str(ROOT / ".ci" / "docker_stand_in.py"))} "$@"',
            "cargo": CARGO.format(
                root=shlex.quote(str(ROOT)), target=shlex.quote(str(TARGET)),
                cargo=shlex.quote(shutil.which("cargo")),
            ),
        }.items():
            (folder / name).write_text(f"#!/bin/sh\n{script}\n")
            (folder / name).chmod(0o755)

    def environment(self) -> dict[str, str]:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GWR_"))}
        real_home = Path.home()
        env.update(
            PATH=f"{self.folder / 'bin'}:{self.folder / 'installed' / 'bin'}:{env['PATH']}",
            HOME=str(self.folder), NO_COLOR="1", COLUMNS="100", AWS_EC2_METADATA_DISABLED="true",
            AWS_PAGER="", NO_PROXY="127.0.0.1,localhost", no_proxy="127.0.0.1,localhost",
            # Rust's own folders stay where they are.
            CARGO_HOME=env.get("CARGO_HOME", str(real_home / ".cargo")),
            RUSTUP_HOME=env.get("RUSTUP_HOME", str(real_home / ".rustup")),
            CARGO_INSTALL_ROOT=str(self.folder / "installed"), CARGO_TARGET_DIR=str(TARGET),
            GWR_CLONE=str(ROOT), DOCKER_STAND_IN=str(self.folder / "images"), DOCKER_STAND_IN_GWR=str(GWR),
        )
        return env

    def aws(self, work: Path) -> dict[str, str]:
        """Starts what stands in for AWS; the environment that leads there."""
        data = self.folder / "aws"
        if (work / "gwr.toml").exists():
            seeded = subprocess.run(
                [GWR, "plan", f"--sandbox={data}", "-q"], cwd=work, env=self.environment(),
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            )
            if seeded.returncode != 0:
                raise Wrong(f"the gwr.toml that is there cannot be planned:\n{seeded.stderr}")
        gateway = Sandbox("--data", str(data))
        self.servers.append(gateway)
        leads = {
            "AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ENDPOINT_URL": gateway.url,
        }
        if self.needs_roles:
            roles = LocalStack(services="cloudformation,iam,sts,s3")
            self.servers.append(roles)
            leads |= {f"AWS_ENDPOINT_URL_{name}": roles.url for name in ("CLOUDFORMATION", "IAM", "STS")}
        return leads


class Shell:
    """One bash for a page: folder, variables and background jobs live on."""

    def __init__(self, host: Host):
        self.host = host
        work = host.folder / "work"
        work.mkdir()
        for name in ("examples", "schema"):
            shutil.copytree(ROOT / name, work / name)
        (work / "gwr").symlink_to(ROOT)
        self.person, self.terminal = pty.openpty()
        self.stdin = "/dev/null"
        self.bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], cwd=work, env=host.environment(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(self, command: str) -> tuple[str, int]:
        """The output and the exit code."""
        if self.stdin != "/dev/null":
            os.write(self.person, b"yes\n")
        # A group, so that `$?` of the command before is still there.
        self.bash.stdin.write(
            f"{{ {command}\n}} <{self.stdin}; __rc=$?; echo; echo '{MARK}' $__rc; (exit $__rc)\n"
        )
        self.bash.stdin.flush()
        lines = []
        for line in self.bash.stdout:
            if line.startswith(MARK):
                output = "".join(lines)
                return output[:-1], int(line.split()[-1])  # the `echo` before the mark
            lines.append(line)
        raise Wrong(f"the shell ended in `{command}`:\n{''.join(lines)}")

    def write(self, name: str, text: str):
        folder = shlex.quote(os.path.dirname(name) or ".")
        output, code = self.run(f"mkdir -p {folder} && printf %s {shlex.quote(text)} > {shlex.quote(name)}")
        if code != 0:
            raise Wrong(f"{name} could not be written: {output}")

    def meet_aws(self):
        """From here on there is an AWS, and somebody at the terminal."""
        if self.stdin != "/dev/null":
            return
        work, _ = self.run("pwd")
        for name, value in self.host.aws(Path(work.strip())).items():
            self.run(f"export {name}={shlex.quote(value)}")
        self.stdin = os.ttyname(self.terminal)

    def close(self):
        # The group holds what the page has left in the background.
        os.killpg(self.bash.pid, 9)
        self.bash.wait()
        os.close(self.person)
        os.close(self.terminal)
