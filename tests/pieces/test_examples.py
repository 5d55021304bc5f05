"""`examples/gitops` as its hosts would run it, and what must hold in every workflow here."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "clients"))
from fake_sts import FakeSts  # noqa: E402
from servers import ROOT, Sandbox, clean_env, gwr_path  # noqa: E402

EXAMPLE = ROOT / "examples" / "gitops"
WORKFLOWS = [*ROOT.glob(".github/workflows/*.yml"), *EXAMPLE.glob(".github/workflows/*.yml")]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())


class CloudFormation(yaml.SafeLoader):
    """Short forms such as `!Sub` become `{"Sub": …}`."""


def short_form(loader, suffix, node):
    kind = {yaml.ScalarNode: loader.construct_scalar, yaml.SequenceNode: loader.construct_sequence}
    return {suffix: kind[type(node)](node)}


CloudFormation.add_multi_constructor("!", short_form)


def steps(workflow):
    for name, job in yaml.safe_load(workflow.read_text())["jobs"].items():
        for step in job["steps"]:
            yield name, job, step


class Workflows(unittest.TestCase):
    def test_actions_of_others_are_pinned_by_commit(self):
        for file in [*WORKFLOWS, ROOT / "action.yml"]:
            for used in re.findall(r"uses: (\S+.*)", file.read_text()):
                if not used.startswith(("OWNER/gwr@v", "./")):
                    self.assertRegex(used, r"^[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", file.name)

    def test_permissions_are_named_and_code_of_strangers_gets_none(self):
        for file in WORKFLOWS:
            text = file.read_text()
            workflow = yaml.safe_load(text)
            self.assertIn("permissions", workflow, file.name)
            self.assertNotIn("pull_request_target", text)
            for name, job in workflow["jobs"].items():
                self.assertIn("timeout-minutes", job, f"{file.name}: {name}")
                rights = job.get("permissions", workflow["permissions"])
                self.assertNotEqual(rights, "write-all")

    def test_nothing_from_outside_is_pasted_into_a_script(self):
        scripts = [(file.name, step["run"]) for file in WORKFLOWS for _, _, step in steps(file) if "run" in step]
        scripts += [("action.yml", step["run"]) for step in ACTION["runs"]["steps"] if "run" in step]
        for name, script in scripts:
            self.assertNotIn("${{", script, name)

    def test_checkouts_leave_no_token_behind(self):
        for file in WORKFLOWS:
            for name, _, step in steps(file):
                if step.get("uses", "").startswith("actions/checkout@"):
                    self.assertIs(step["with"]["persist-credentials"], False, f"{file.name}: {name}")

    def test_the_action_has_the_inputs_that_are_given(self):
        for file in WORKFLOWS:
            for _, _, step in steps(file):
                if step.get("uses", "").startswith(("OWNER/gwr@", "./")):
                    self.assertLessEqual(set(step["with"]), set(ACTION["inputs"]), file.name)
                    self.assertIn(step["with"]["command"], ("install", "plan", "apply", "drift"))

    def test_the_action_gives_its_scripts_what_they_read(self):
        read = set()
        for script in (ROOT / "action").iterdir():
            if script.is_file():
                read |= set(re.findall(r"\bGWR_[A-Z_]+", script.read_text()))
        given = {name for step in ACTION["runs"]["steps"] for name in step.get("env", {})}
        only_for_tests_and_itself = {"GWR_REPOSITORY", "GWR_RELEASES", "GWR_TARGET"}
        self.assertEqual({name for name in read if name.startswith("GWR_")} - only_for_tests_and_itself,
                         {name for name in given if name.startswith("GWR_")} - {"GWR_COMMAND"})

    def test_who_may_do_what_in_the_example(self):
        jobs = yaml.safe_load((EXAMPLE / ".github/workflows/gwr.yml").read_text())["jobs"]
        roles = {
            name: step["with"]["role-to-assume"]
            for name, job in jobs.items() for step in job["steps"] if "role-to-assume" in step.get("with", {})
        }
        read, write = "${{ vars.GWR_CI_READ_ROLE }}", "${{ vars.GWR_CI_WRITE_ROLE }}"
        self.assertEqual(roles, {"plan": read, "drift": read, "apply": write})
        self.assertEqual(jobs["apply"]["environment"], "production")
        self.assertIs(jobs["apply"]["concurrency"]["cancel-in-progress"], False)
        self.assertIn("head.repo.full_name == github.repository", jobs["plan"]["if"])
        self.assertEqual(jobs["validate"]["permissions"], {"contents": "read"})
        for job in jobs.values():
            self.assertNotEqual(job["permissions"].get("contents"), "write")


class Roles(unittest.TestCase):
    def roles(self, name):
        text = (EXAMPLE / "iam" / name).read_text()
        found = yaml.load(text, CloudFormation)["Resources"]  # noqa: S506
        return {key: one["Properties"] for key, one in found.items() if one["Type"] == "AWS::IAM::Role"}

    def test_only_the_environment_may_take_the_writing_role(self):
        roles = self.roles("ci-roles.yaml")
        for name, role in roles.items():
            for statement in role["AssumeRolePolicyDocument"]["Statement"]:
                self.assertEqual(list(statement["Condition"]), ["StringEquals"], "no patterns in who signs in")
                condition = statement["Condition"]["StringEquals"]
                self.assertEqual(condition["token.actions.githubusercontent.com:aud"], "sts.amazonaws.com")
                subjects = condition["token.actions.githubusercontent.com:sub"]
                self.assertNotIn("*", json.dumps(subjects))
                if name == "Write":
                    self.assertEqual(subjects, {"Sub": "repo:${Repository}:environment:${Environment}"})

    def test_the_reading_role_only_reads(self):
        roles = self.roles("target-roles.yaml")
        actions = {}
        for name, role in roles.items():
            statements = [one for policy in role["Policies"] for one in policy["PolicyDocument"]["Statement"]]
            actions[name] = sorted({
                action for one in statements
                for action in (one["Action"] if isinstance(one["Action"], list) else [one["Action"]])
            })
        self.assertEqual(actions["Read"], ["apigateway:GET"])
        self.assertEqual(actions["Write"], [f"apigateway:{verb}" for verb in ("DELETE", "GET", "PATCH", "POST", "PUT")])

    def test_the_roles_allow_what_gwr_needs(self):
        roles = self.roles("target-roles.yaml")
        for name, verbs in [("Read", ["plan", "drift", "explain"]), ("Write", ["apply", "rollback"])]:
            statements = [one for policy in roles[name]["Policies"] for one in policy["PolicyDocument"]["Statement"]]
            allowed = [
                (action, resource["Sub"].replace("${AWS::Partition}", "aws"))
                for one in statements
                for action in (one["Action"] if isinstance(one["Action"], list) else [one["Action"]])
                for resource in (one["Resource"] if isinstance(one["Resource"], list) else [one["Resource"]])
            ]
            for verb in verbs:
                told = subprocess.run(
                    [gwr_path(), "policy", verb, "-q"], cwd=EXAMPLE, capture_output=True, text=True, check=True,
                    env=clean_env(),
                )
                for one in json.loads(told.stdout)["Statement"]:
                    for action in one["Action"]:
                        for resource in one["Resource"]:
                            self.assertTrue(
                                any(action == may and fnmatchcase(resource, on) for may, on in allowed),
                                f"{name} lacks {action} on {resource}, which gwr {verb} needs",
                            )

    def test_the_files_name_the_roles_that_are_made(self):
        self.assertIn("role/gwr-read", (EXAMPLE / "gwr.toml").read_text())
        self.assertIn("role/gwr-write", (EXAMPLE / "ci/write.toml").read_text())
        names = {role["RoleName"] for role in self.roles("target-roles.yaml").values()}
        self.assertEqual(names, {"gwr-read", "gwr-write"})


class OnTheSandbox(unittest.TestCase):
    """The commands of the hosts, with `--sandbox` behind what would talk to AWS."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.work = Path(folder.name) / "work"
        shutil.copytree(EXAMPLE, self.work)
        bin_folder = Path(folder.name) / "bin"
        bin_folder.mkdir()
        wrapper = bin_folder / "gwr"
        wrapper.write_text(
            "#!/bin/sh\ncase $1 in plan|apply|drift) set -- \"$@\" --sandbox ;; esac\n"
            f'exec "{gwr_path()}" "$@"\n'
        )
        wrapper.chmod(0o755)
        self.path = f"{bin_folder}:{os.environ['PATH']}"

    def shell(self, script, code=0, **env):
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script], cwd=self.work, capture_output=True, text=True, timeout=120,
            stdin=subprocess.DEVNULL, env=clean_env(PATH=self.path, **env),
        )
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def test_gitlab(self):
        jobs = yaml.safe_load((self.work / ".gitlab-ci.yml").read_text())
        token = self.work / "token"
        before = "\n".join(jobs[".signed-in"]["before_script"])
        self.shell(before, AWS_TOKEN="a.b.c", AWS_WEB_IDENTITY_TOKEN_FILE=str(token))
        self.assertEqual((token.read_text(), token.stat().st_mode & 0o777), ("a.b.c", 0o600))

        def run(name, code=0):
            return self.shell("\n".join(jobs[name]["script"]), code, CI_PROJECT_PATH="acme/shop", CI_COMMIT_SHORT_SHA="abc1234")

        run("validate")
        run("plan")
        self.assertTrue((self.work / "gwr-plan.md").read_text().startswith("<!-- gwr:plan sha256:"))
        self.assertIn("Apply complete.", run("apply"))
        self.assertEqual(len(list((self.work / ".gwr" / "runs").glob("*.json"))), 1)
        run("drift")
        file = self.work / "gwr.toml"
        file.write_text(file.read_text().replace("= 404", "= 410"))
        run("drift", code=2)
        run("plan")
        file.write_text(file.read_text().replace("= 410", "= true"))
        run("plan", code=1)

    def test_the_cronjob(self):
        documents = yaml.safe_load_all((self.work / "kubernetes" / "cronjob.yaml").read_text())
        job = next(one for one in documents if one["kind"] == "CronJob")
        pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        # As kubelet lays a ConfigMap out: symlinks to a folder whose name changes.
        mount = self.work.parent / "config"
        data = mount / "..2026_01_01"
        for item in pod["volumes"][0]["configMap"]["items"]:
            to = data / item["path"]
            to.parent.mkdir(parents=True, exist_ok=True)
            source = {"gwr.toml": "gwr.toml", "not-found.json": "errors/not-found.json"}[item["key"]]
            shutil.copy(self.work / source, to)
        (mount / "..data").symlink_to(data.name)
        for top in data.iterdir():
            (mount / top.name).symlink_to(f"..data/{top.name}")
        before = sorted(str(one) for one in mount.rglob("*"))
        done = subprocess.run(
            [gwr_path(), *container["args"], f"--sandbox={self.work / 'state'}"], cwd=mount, env=clean_env(),
            capture_output=True, text=True, timeout=60,
        )
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(sorted(str(one) for one in mount.rglob("*")), before, "it writes nothing where it reads")

    def test_the_pre_commit_hook(self):
        pre_commit = Path(sys.executable).with_name("pre-commit")
        git = "git -c user.name=a -c user.email=a@example.com -c commit.gpgsign=false"
        # The hooks of this checkout, in a repository as pre-commit fetches them.
        hooks = self.work.parent / "hooks"
        hooks.mkdir()
        shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
        self.shell(f"cd {hooks} && git init -q && git add -A && {git} commit -qm hooks && cd {self.work} && git init -q && git add -A")
        given = yaml.safe_load((self.work / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"][0]
        revision = self.shell(f"git -C {hooks} rev-parse HEAD").strip()
        (self.work / "config.yaml").write_text(json.dumps({"repos": [{
            "repo": str(hooks), "rev": revision, "hooks": [{"id": "gwr-validate-system", "args": given["args"]}],
        }]}))
        run = f"{pre_commit} run --config config.yaml --all-files"
        home = {"PRE_COMMIT_HOME": str(self.work.parent / "cache")}
        self.assertIn("Passed", self.shell(run, **home))
        file = self.work / "gwr.toml"
        file.write_text(file.read_text().replace("status  = 404", "statuss = 404"))
        said = self.shell(run, code=1, **home)
        self.assertIn("did you mean `status`?", said)
        manifest = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
        self.assertIn(given["id"], [hook["id"] for hook in manifest])
        self.assertEqual(len({(hook["entry"], hook["pass_filenames"]) for hook in manifest}), 1)


class SigningIn(unittest.TestCase):
    """GitLab and IRSA leave a token in a file; gwr itself takes CI's role with it, and with that
    the role of the account. No AWS CLI, no keys."""

    def sign_in(self, verb, *files, ci_role):
        sts = FakeSts("123456789012")
        self.addCleanup(sts.stop)
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder) / "work"
            shutil.copytree(EXAMPLE, work)
            # The sandbox makes the API that the file matches, and then serves it.
            subprocess.run([gwr_path(), "plan", "--sandbox", "-q"], cwd=work, env=clean_env(), check=True, capture_output=True)
            token = Path(folder) / "token"
            token.write_text("signed.by.the.host")
            with Sandbox("--data", str(work / ".gwr" / "sandbox")) as sandbox:
                env = clean_env(
                    AWS_ROLE_ARN=ci_role, AWS_ROLE_SESSION_NAME="job", AWS_WEB_IDENTITY_TOKEN_FILE=str(token),
                    AWS_ENDPOINT_URL_STS=sts.url, AWS_ENDPOINT_URL_API_GATEWAY=sandbox.url,
                )
                for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                    del env[name]
                done = subprocess.run([gwr_path(), *verb, *files], cwd=work, env=env, capture_output=True, text=True, timeout=60)
        return done, sts.calls

    def lent(self, ci_role, role):
        """CI's role by the token, unsigned; then the account's role, signed by CI's."""
        name = ci_role.rsplit("/", 1)[-1]
        return [
            ("AssumeRoleWithWebIdentity", ci_role, "signed.by.the.host", None),
            ("AssumeRole", role, None, f"KEY-OF-{name}"),
        ]

    def test_who_plans_reads_and_who_applies_writes(self):
        account = "arn:aws:iam::123456789012:role"
        for verb, files, kind, code in [
            (["plan", "--detailed-exitcode"], [], "read", 2),
            (["apply", "--yes"], ["-f", "gwr.toml", "-f", "ci/write.toml"], "write", 0),
        ]:
            with self.subTest(verb=verb[0]):
                ci_role = f"{account}/gwr-ci-{kind}"
                done, calls = self.sign_in(verb, *files, ci_role=ci_role)
                self.assertEqual(done.returncode, code, done.stdout + done.stderr)
                self.assertEqual([one for one in calls if one[0] != "GetCallerIdentity"], self.lent(ci_role, f"{account}/gwr-{kind}"))


class Image(unittest.TestCase):
    def test_what_is_copied_is_there_and_not_ignored(self):
        ignored = (ROOT / ".dockerignore").read_text().splitlines()
        allowed = [line[1:] for line in ignored if line.startswith("!")]
        dockerfile = (ROOT / "Dockerfile").read_text()
        for line in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.M):
            for source in line.split():
                self.assertTrue((ROOT / source).exists(), source)
                self.assertTrue(any(Path(source).match(one) for one in allowed), source)
        included = re.findall(r'include_(?:str|bytes)!\("((?:\.\./)+[^"]+)"', "".join(
            file.read_text() for file in (ROOT / "src").rglob("*.rs")
        ))
        tops = {path: path.replace("../", "").split("/")[0] for path in included}
        # askama's derive compiles in what lies in the folder `templates`.
        tops |= {f"templates/{file.name}": "templates" for file in (ROOT / "templates").iterdir()}
        for path, top in tops.items():
            self.assertIn(f"COPY {top} {top}\n", dockerfile, f"{path} is compiled in")

    def test_it_is_nobody_with_nothing(self):
        dockerfile = (ROOT / "Dockerfile").read_text()
        last = dockerfile.rsplit("\nFROM ", 1)[1]
        self.assertTrue(last.startswith("scratch\n"))
        self.assertIn("USER 65532:65532\n", last)
        rust = re.search(r'^rust-version = "([\d.]+)"', (ROOT / "Cargo.toml").read_text(), re.M)[1]
        self.assertIn(f"ARG RUST={rust}\n", dockerfile)


if __name__ == "__main__":
    unittest.main()
