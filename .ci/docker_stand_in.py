"""Stands in for `docker` where no engine is: what the pages' commands say is done as the
Dockerfile says it, in the folder that is mounted.

    docker build -t NAME [--target STAGE] CONTEXT
    docker run --rm [-v FOLDER:/work] [-e NAME]… [--user UID:GID] IMAGE ARGUMENT…

It compiles nothing: `build` reads the Dockerfile, sees that what is copied is there, and
keeps ENTRYPOINT, WORKDIR and USER; `run` is the debug build of gwr as that user, in that
folder, with those variables of the environment and no others. Where this is not root it
cannot become another user, and stays who it is.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

IMAGES = Path(os.environ["DOCKER_STAND_IN"])
GWR = os.environ["DOCKER_STAND_IN_GWR"]


def build(arguments):
    parser = argparse.ArgumentParser("docker build")
    parser.add_argument("-t", required=True)
    parser.add_argument("--target")
    parser.add_argument("context", type=Path)
    given = parser.parse_args(arguments)
    stages, image = {}, {}
    for line in (given.context / "Dockerfile").read_text().replace("\\\n", " ").splitlines():
        word, _, rest = line.partition(" ")
        match word:
            case "FROM":
                name = re.search(r" AS (\w+)$", rest)
                image = stages.setdefault(name[1] if name else "", {"WORKDIR": "/", "USER": "0:0", "ENTRYPOINT": "[]"})
            case "COPY" if not rest.startswith("--from"):
                for source in rest.split()[:-1]:
                    if not (given.context / source).exists():
                        sys.exit(f"COPY {source}: there is no such file in {given.context}")
            case "WORKDIR" | "USER" | "ENTRYPOINT":
                image[word] = rest
    wanted = stages.get(given.target or "", None) or sys.exit(f"no stage {given.target}")
    IMAGES.mkdir(exist_ok=True)
    (IMAGES / given.t.replace(":", "+")).write_text(json.dumps(wanted))


def run(arguments):
    parser = argparse.ArgumentParser("docker run")
    parser.add_argument("--rm", action="store_true", required=True)
    parser.add_argument("-v", required=True)
    parser.add_argument("-e", action="append", default=[])
    parser.add_argument("--user")
    parser.add_argument("image")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    given = parser.parse_args(arguments)
    file = IMAGES / given.image.replace(":", "+")
    image = json.loads(file.read_text()) if file.exists() else sys.exit(f"no image {given.image}")
    folder, _, mounted = given.v.partition(":")
    if mounted != image["WORKDIR"]:
        sys.exit(f"{mounted} is not the image's folder, {image['WORKDIR']}")
    command = [*json.loads(image["ENTRYPOINT"]), *given.arguments]
    if command[0] != "/gwr":
        sys.exit(f"the image has no program {command[0]}")
    # Where AWS is stands in for the network, not for the image.
    env = {name: value for name, value in os.environ.items() if name in given.e or name.startswith("AWS_ENDPOINT_URL")}
    as_user = {}
    if os.geteuid() == 0:
        user, group = map(int, (given.user or image["USER"]).split(":"))
        as_user = {"user": user, "group": group, "extra_groups": []}
    sys.exit(subprocess.run([GWR, *command[1:]], cwd=folder, env=env, **as_user).returncode)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["build", *rest]:
            build(rest)
        case ["run", *rest]:
            run(rest)
        case _:
            sys.exit(__doc__)
