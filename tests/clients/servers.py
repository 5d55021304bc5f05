"""Servers for the tests: each on a port of its own, each ended by whoever started it.

A test that talks to whatever happens to listen proves nothing and can damage it. So the
sandbox chooses its own port, LocalStack gets a free one, and both must answer as
themselves, from the process started here, before a test begins.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENVS = Path(os.environ.get("GWR_VENVS", ROOT / "target" / "venvs"))
REGION = "us-east-1"
LOCALSTACK_VERSION = "4.13.1"


def gwr_path() -> Path:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return Path(os.environ.get("GWR_BIN", target / "debug" / "gwr"))


def clean_env(**extra: str) -> dict[str, str]:
    """The environment without anything of AWS that the machine may carry."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    nowhere = str(Path(tempfile.gettempdir()) / "gwr-no-such-aws-config")
    env.update(
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_REGION=REGION,
        AWS_DEFAULT_REGION=REGION,
        AWS_CONFIG_FILE=nowhere,
        AWS_SHARED_CREDENTIALS_FILE=nowhere,
        AWS_EC2_METADATA_DISABLED="true",
        AWS_PAGER="",
        NO_PROXY="127.0.0.1,localhost",
        no_proxy="127.0.0.1,localhost",
        NO_COLOR="1",
    )
    env.update(extra)
    return env


# Straight to loopback, whatever proxy the machine has.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(url: str, method: str = "GET") -> tuple[int, dict[str, str], str]:
    """Status, headers (lower case) and body; an error status is an answer too."""
    request = urllib.request.Request(url, method=method)
    try:
        with _opener.open(request, timeout=30) as answer:
            return answer.status, lower(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, lower(error.headers), error.read().decode()


def lower(headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def run(arguments, *, check: int | None = 0, **extra: str) -> subprocess.CompletedProcess:
    """Runs a program without a terminal; says everything when it ends unexpectedly."""
    done = subprocess.run(
        [str(argument) for argument in arguments],
        env=clean_env(**extra),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
    )
    if check is not None and done.returncode != check:
        raise AssertionError(
            f"{' '.join(map(str, arguments))}\nended with {done.returncode}, not {check}\n"
            f"--- stdout\n{done.stdout}\n--- stderr\n{done.stderr}"
        )
    return done


class Server:
    """A child process with a URL."""

    url: str
    process: subprocess.Popen

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def boto3(self, access_key: str = "test"):
        import boto3
        from botocore.config import Config

        return boto3.client(
            "apigateway",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=access_key,
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 1}, proxies={}),
        )

    def stage_url(self, api: str, stage: str, path: str) -> str:
        return f"{self.url}/_aws/execute-api/{api}/{stage}/{path.lstrip('/')}"


class Sandbox(Server):
    """`gwr sandbox` on a port that it chose itself."""

    def __init__(self, *arguments: str):
        self.process = subprocess.Popen(
            [str(gwr_path()), "sandbox", "--listen", "127.0.0.1:0", "-q", *arguments],
            env=clean_env(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline()
        words = [word for word in line.split() if word.startswith("http://")]
        if not words:
            self.stop()
            raise RuntimeError(f"`gwr sandbox` named no URL on its first line: {line!r}")
        self.url = words[0]

    def stop(self):
        super().stop()
        self.process.stdout.close()


class LocalStack(Server):
    """LocalStack, without docker and without the network."""

    def __init__(self, services: str = "apigateway"):
        python = VENVS / "localstack" / "bin" / "python"
        self.dir = Path(tempfile.mkdtemp(prefix="gwr-localstack-"))
        # Between closing and LocalStack's own bind somebody else may take the port;
        # `await_ready` then finds a stranger, or a dead child, and says so.
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        env = clean_env(
            OVERRIDE_IN_DOCKER="0",
            FILESYSTEM_ROOT=str(self.dir),
            SERVICES=services,
            GATEWAY_LISTEN=f"127.0.0.1:{self.port}",
            # The default server binds 0.0.0.0.
            GATEWAY_SERVER="hypercorn",
            DISABLE_EVENTS="1",
            SKIP_SSL_CERT_DOWNLOAD="1",
            DNS_ADDRESS="0",
        )
        self.log = (self.dir / "log").open("w+")
        self.process = subprocess.Popen(
            [str(python), "-m", "localstack.runtime.main"],
            cwd=self.dir,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        try:
            self.await_ready()
        except BaseException:
            self.stop()
            raise

    def await_ready(self):
        end = time.monotonic() + 90
        why = "no answer"
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"LocalStack ended at once:\n{self.read_log()}")
            try:
                status, _, body = get(f"{self.url}/_localstack/health")
                version = json.loads(body).get("version") if status == 200 else None
                if version == LOCALSTACK_VERSION and self.is_bound_by_child():
                    return
                why = f"another process answers there: {status} {body[:200]}"
            except (OSError, ValueError) as error:
                why = str(error)
            time.sleep(0.25)
        raise RuntimeError(f"LocalStack was not ready in 90 s ({why}):\n{self.read_log()}")

    def is_bound_by_child(self) -> bool:
        """Whether the port is the child's own.

        Its log does not tell: LocalStack says "Ready." also where the port was taken,
        and then a stranger answers. The kernel knows who listens.
        """
        listens = "0A"
        inodes = set()
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == listens and int(local.split(":")[1], 16) == self.port:
                inodes.add(f"socket:[{rest[5]}]")
        own = set()
        for descriptor in Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                own.add(os.readlink(descriptor))
            except OSError:
                continue  # Closed in between.
        return bool(inodes & own)

    def read_log(self) -> str:
        return (self.dir / "log").read_text(errors="replace")

    def stop(self):
        # Open keep-alive connections can hold it beyond SIGTERM; `Server.stop` ends it.
        super().stop()
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)


def make_api(client, name: str, stage: str | None = "prod") -> str:
    """A REST API with a MOCK GET /ping, deployed where a stage is named."""
    api = client.create_rest_api(name=name)["id"]
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    resource = client.create_resource(restApiId=api, parentId=root, pathPart="ping")["id"]
    at = {"restApiId": api, "resourceId": resource, "httpMethod": "GET"}
    client.put_method(**at, authorizationType="NONE")
    client.put_integration(
        **at, type="MOCK", requestTemplates={"application/json": '{"statusCode":200}'}
    )
    client.put_method_response(**at, statusCode="200")
    client.put_integration_response(
        **at, statusCode="200", responseTemplates={"application/json": '{"ok":true}'}
    )
    if stage:
        client.create_deployment(restApiId=api, stageName=stage)
    return api


def require_clients():
    """Ends with a clear line where the pinned clients are not installed."""
    if not (VENVS / "clients" / "bin" / "aws").exists():
        sys.exit(f"no clients in {VENVS / 'clients'}: run `.ci/venvs` first")
