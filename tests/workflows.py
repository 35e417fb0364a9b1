"""Runs GitHub's workflows on this machine: each job in a clean checkout, its steps in order, its actions played.

What stands in for GitHub: `github.py`, and in `_ACTIONS` what the actions do that a later step needs. `ELSEWHERE`
lists what is left out, and what holds it instead.
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from expressions import evaluate
from github import GitHub
from history import git
from services import Service, user_environment

ELSEWHERE = {
    "actions/upload-artifact": "make sbom, whose file it takes: test_build",
    "actions/attest": "Sigstore, by GitHub's identity; that the zips are where it looks: test_rehearsal",
    "actions/upload-pages-artifact": "make docs, whose result it takes, builds a site without a broken link: test_docs",
    "actions/deploy-pages": "GitHub Pages; what it publishes is what `make docs` has built",
    "github/codeql-action/init": "CodeQL, which needs GitHub's code scanning; bandit's rules run in `make check`",
    "github/codeql-action/analyze": "CodeQL, see init",
    "CodeDeploy's shifting": "the aliases and groups in the template; the odds of the alarms are computed in a test",
    "WAF's enforcement": "cfn-lint's schema and the template tests of its rules and log",
    "AWS::IAM::OIDCProvider": "MiniStack lacks it: made by the API and adopted; the template has a test",
    "AWS::Backup::BackupSelection": "MiniStack has the vault without its lock, the plan, and no restore; test_recovery",
    "the claims repository and ref": "MiniStack knows aud and sub alone; the conditions on the others have a test",
}
"""What has no counterpart on the local cloud, each with what holds it instead."""

_COMMAND_FILES = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
# What would change how a step runs, and isn't done here: better no result than one of something else.
_UNKNOWN_TO_JOBS = {"strategy", "container", "services", "defaults", "uses"}
_UNKNOWN_TO_STEPS = {"shell", "working-directory"}
_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")

_OWN = "GitHub's token of a job"


# By the service's own packages, as this repository's has no AWS SDK.
_STS = """
import json, os, boto3
session = json.loads(os.environ["SESSION"])
call = "assume_role_with_web_identity" if "WebIdentityToken" in session else "assume_role"
print(json.dumps(getattr(boto3.client("sts"), call)(**session)["Credentials"], default=str))
"""


@dataclass
class Report:
    """What was run, what was skipped and why, and the step that failed with its output.

    `outputs` and `summaries` have what each job's steps wrote to GITHUB_OUTPUT and GITHUB_STEP_SUMMARY, `roles` the
    ARNs that each job has assumed.
    """

    ran: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    failed: tuple[str, str] | None = None
    outputs: dict[str, str] = field(default_factory=dict)
    summaries: dict[str, str] = field(default_factory=dict)
    roles: dict[str, list[str]] = field(default_factory=dict)


class StepError(Exception):
    """An action has failed; the message is what it would print."""


@dataclass
class _Job:
    """A job that is running."""

    name: str
    definition: Mapping[str, Any]
    folder: Path
    checkout: Service
    environment: dict[str, str]
    """The variables that its steps have set for those after them."""
    values: dict[str, Any]
    """What the contexts of expressions hold."""
    has_failed: bool = False


@dataclass(frozen=True)
class Runner:
    """Runs workflows of a repository. `tools` lends its installed packages to each checkout.

    `environment` has variables of the runner's own, such as the local cloud's address.
    """

    repository: Service
    tools: Service
    github: GitHub = field(default_factory=GitHub)
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, workflow: str, only: str | Collection[str] = ()) -> Report:
        """Runs all jobs, or those of these ids as if the others had succeeded, until a step fails."""
        definition = yaml.safe_load((self.repository.path / ".github" / "workflows" / workflow).read_text())
        wanted = {only} if isinstance(only, str) else {*only}
        report, results = Report(), dict[str, str]()
        for name, job in definition["jobs"].items():
            if wanted and name not in wanted:
                results[name] = "success"
            elif report.failed is None:
                results[name] = self._run_job(name, definition.get("env", {}), job, results, report)
        return report

    def _run_job(
        self, name: str, variables: Mapping[str, Any], job: dict[str, Any], results: Mapping[str, str], report: Report
    ) -> str:
        """Runs the job; returns its result as `needs` has it."""
        needs = {need: {"result": results[need]} for need in job.get("needs", [])}
        values = self._values(job, needs)
        condition = job.get("if", "")
        is_wanted = not condition or evaluate(condition, values) not in (False, "")
        if not is_wanted or ("always()" not in condition and {"success"} < {"success", *_results(needs)}):
            report.skipped[name] = condition or "a job that it needs"
            return "skipped"
        unknown = _UNKNOWN_TO_JOBS & job.keys() | _UNKNOWN_TO_STEPS & {key for step in job["steps"] for key in step}
        if unknown:
            raise NotImplementedError(f"The runner doesn't know {', '.join(sorted(unknown))}, which {name} uses.")
        with tempfile.TemporaryDirectory(prefix="checkout-") as folder:
            root = Path(folder)
            running = _Job(name, job, root, Service(root / "work"), {}, values)
            running.environment = {
                key: _resolve(value, values) for key, value in {**variables, **job.get("env", {})}.items()
            }
            for number, step in enumerate(job["steps"], start=1):
                self._run_step(running, number, step, report)
            for file, kept in zip(_COMMAND_FILES, (report.outputs, report.summaries), strict=True):
                kept[name] = (root / file).read_text() if (root / file).exists() else ""
        return "failure" if running.has_failed else "success"

    def _run_step(self, job: _Job, number: int, step: dict[str, Any], report: Report) -> None:
        label = f"{job.name}: {step.get('name') or step.get('uses') or number}"
        condition = step.get("if", "")
        job.values["hashFiles"] = lambda pattern: "".join(map(str, job.checkout.path.glob(pattern)))
        if (job.has_failed and "always()" not in condition) or (condition and not evaluate(condition, job.values)):
            report.skipped[label] = "a step before it has failed" if job.has_failed else condition
            return
        try:
            if "uses" in step:
                action = step["uses"].partition("@")[0]
                if action in ELSEWHERE:
                    report.skipped[label] = ELSEWHERE[action]
                    return
                inputs = {key: _resolve(value, job.values) for key, value in step.get("with", {}).items()}
                _ACTIONS[action](self, job, step.get("id", ""), inputs, report)
            else:
                self._run_script(job, step)
            report.ran.append(label)
        except StepError as error:
            report.ran.append(label)
            job.has_failed = True
            report.failed = report.failed or (label, str(error))

    def _run_script(self, job: _Job, step: dict[str, Any]) -> None:
        own = {key: _resolve(value, job.values) for key, value in step.get("env", {}).items()}
        user = user_environment()
        with self.github.at_hand(job.folder / "bin", user["PATH"], job.definition["permissions"]) as gh:
            result = subprocess.run(
                # As GitHub runs it: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", _resolve(step["run"], job.values)],
                cwd=job.checkout.path,
                env={
                    **user,
                    **self.environment,
                    **gh,
                    "CI": "true",
                    "GITHUB_ACTIONS": "true",
                    "GITHUB_SHA": git(self.repository.path, "rev-parse", "HEAD").strip(),
                    **{file: str(job.folder / file) for file in _COMMAND_FILES},
                    **job.environment,
                    **own,
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
        if step.get("id"):
            path = job.folder / "GITHUB_OUTPUT"
            for line in path.read_text().splitlines() if path.exists() else ():
                key, _, value = line.partition("=")
                job.values[f"steps.{step['id']}.outputs.{key}"] = value
        if result.returncode:
            raise StepError(result.stdout)

    def _values(self, job: Mapping[str, Any], needs: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
        variables = {**self.github.variables, **self.github.environments.get(job.get("environment", ""), {})}
        return {
            "github.repository": self.github.repository,
            "github.token": _OWN,
            "github.event.pull_request.head.repo.full_name": self.github.repository,
            **self.github.event,
            **{f"vars.{name}": value for name, value in variables.items()},
            **{f"secrets.{name}": value for name, value in self.github.secrets.items()},
            "needs": needs,
            "toJSON": json.dumps,
            "always": lambda: True,
        }


def _check_out(runner: Runner, job: _Job, _: str, inputs: Mapping[str, str], report: Report) -> None:  # noqa: ARG001
    git(job.folder, "clone", "--quiet", str(runner.repository.path), str(job.checkout.path))
    job.checkout.borrow_tools(runner.tools)


def _check_jobs(runner: Runner, job: _Job, _: str, inputs: Mapping[str, str], report: Report) -> None:  # noqa: ARG001
    allowed = {"success"}
    for name, need in json.loads(inputs["jobs"]).items():
        if need["result"] not in allowed | (
            {"skipped"} if name in inputs.get("allowed-skips", "").split(",") else set()
        ):
            raise StepError(f"{name}: {need['result']}")


def _assume_role(runner: Runner, job: _Job, step: str, inputs: Mapping[str, str], report: Report) -> None:
    """What configure-aws-credentials 6.2.2 does: a web identity, or with role-chaining a session with tags."""
    if inputs.get("unset-current-credentials") == "true":
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            job.environment.pop(name, None)
    session: dict[str, Any] = {"RoleArn": inputs["role-to-assume"], "RoleSessionName": "GitHubActions"}
    session["DurationSeconds"] = 3600
    if inputs.get("role-chaining") == "true":
        if inputs.get("role-skip-session-tagging") != "true":
            tags = {"GitHub": "Actions", "Repository": runner.github.repository, "Workflow": "Main", "Job": job.name}
            tags |= {"Action": "aws", "Actor": "somebody", "Commit": "0" * 40, "Branch": "refs/heads/main"}
            session["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    elif job.definition["permissions"].get("id-token") != "write":
        raise StepError("Credentials could not be loaded: did you mean to set the `id-token` permission?")
    else:
        session["WebIdentityToken"] = runner.github.token(job.definition.get("environment", ""))
    result = subprocess.run(
        [str(runner.tools.path / ".venv" / "bin" / "python"), "-c", _STS],
        env={
            **user_environment(),
            **runner.environment,
            **job.environment,
            "AWS_DEFAULT_REGION": inputs["aws-region"],
            "SESSION": json.dumps(session),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise StepError(f"Could not assume role: {result.stderr}")
    key = json.loads(result.stdout)
    job.environment |= {
        "AWS_REGION": inputs["aws-region"],
        "AWS_DEFAULT_REGION": inputs["aws-region"],
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        "AWS_SESSION_TOKEN": key["SessionToken"],
    }
    job.values[f"steps.{step}.outputs.aws-account-id"] = inputs["role-to-assume"].split(":")[4]
    report.roles.setdefault(job.name, []).append(inputs["role-to-assume"])


def _become_app(runner: Runner, job: _Job, step: str, inputs: Mapping[str, str], report: Report) -> None:  # noqa: ARG001
    if not inputs["client-id"] or not inputs["private-key"]:
        raise StepError("Input required and not supplied: private-key")
    allowed = {name.removeprefix("permission-"): value for name, value in inputs.items() if "permission-" in name}
    job.values[f"steps.{step}.outputs.token"] = f"an app's token with {json.dumps(allowed)}"


def _open_pull_request(runner: Runner, job: _Job, _: str, inputs: Mapping[str, str], report: Report) -> None:  # noqa: ARG001
    """What create-pull-request 8.1.1 does: commits to its branch, and opens one pull request for it."""
    token, folder, branch = inputs["token"], job.checkout.path, inputs["branch"]
    allowed = job.definition["permissions"] if token == _OWN else json.loads(token.partition(" with ")[2])
    git(folder, "add", "--all")
    changed = git(folder, "diff", "--cached", "--name-only").splitlines()
    if not changed:
        return
    needed = {"contents", "pull-requests"} | {"workflows" for name in changed if name.startswith(".github/workflows/")}
    if missing := [name for name in sorted(needed) if allowed.get(name) != "write"]:
        raise StepError(f"refusing to allow a GitHub App to create or update it without `{missing[0]}` permission")
    git(folder, "checkout", "--quiet", "-B", branch)
    git(folder, "commit", "--quiet", "--message", inputs["commit-message"])
    git(folder, "push", "--quiet", "--force", "origin", branch)
    request = {
        "title": inputs["title"],
        "body": (folder / inputs["body-path"]).read_text(),
        "draft": inputs["draft"] == "true",
    }
    for found in runner.github.pull_requests:
        if found["state"] == "open" and found["head"] == branch:
            found.update(request)
            return
    number = len(runner.github.pull_requests) + len(runner.github.issues) + 1
    runner.github.pull_requests.append({"number": number, "head": branch, "state": "open", **request})


_ACTIONS: Mapping[str, Callable[[Runner, _Job, str, Mapping[str, str], Report], None]] = {
    "actions/checkout": _check_out,
    "re-actors/alls-green": _check_jobs,
    "aws-actions/configure-aws-credentials": _assume_role,
    "actions/create-github-app-token": _become_app,
    "peter-evans/create-pull-request": _open_pull_request,
}


def _resolve(value: object, values: Mapping[str, Any]) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return _EXPRESSION.sub(lambda found: _text(evaluate(found[1], values)), text)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _results(needs: Mapping[str, Mapping[str, str]]) -> set[str]:
    return {need["result"] for need in needs.values()}


def scripts(workflow: Path) -> list[str]:
    """All scripts of a workflow's steps."""
    jobs = yaml.safe_load(workflow.read_text())["jobs"].values()
    return [step["run"] for job in jobs for step in job["steps"] if "run" in step]
