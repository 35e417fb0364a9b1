"""Runs a GitHub workflow's `run:` steps on this machine: each job in a clean checkout, its steps in order."""

import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from history import git
from services import Service, user_environment

CHECKOUT = "actions/checkout@"
_COMMAND_FILES = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
# What would change how a step runs, and isn't done here: better no result than one of something else.
_UNKNOWN_TO_JOBS = {"strategy", "container", "services", "defaults", "uses"}
_UNKNOWN_TO_STEPS = {"shell", "working-directory"}
_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")


@dataclass
class Report:
    """What was run, what was skipped and why, and the step that failed with its output.

    `outputs` and `summaries` have what each job's steps wrote to GITHUB_OUTPUT and GITHUB_STEP_SUMMARY.
    """

    ran: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    failed: tuple[str, str] | None = None
    outputs: dict[str, str] = field(default_factory=dict)
    summaries: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Runner:
    """Runs workflows of a repository. `tools` lends its installed packages to each checkout.

    `values` has what an expression such as `github.event.pull_request.number` stands for. A job or a step whose
    condition, environment or action needs anything else of GitHub or AWS is skipped, and named.
    """

    repository: Service
    tools: Service
    values: Mapping[str, str] = field(default_factory=dict)

    def run(self, workflow: str, only: str | None = None) -> Report:
        """Runs all jobs, or the one of that id, until a step fails."""
        definition = yaml.safe_load((self.repository.path / ".github" / "workflows" / workflow).read_text())
        report = Report()
        for name, job in definition["jobs"].items():
            if only in (None, name) and report.failed is None:
                self._run_job(name, {**definition.get("env", {}), **job.get("env", {})}, job, report)
        return report

    def _run_job(self, name: str, environment: Mapping[str, Any], job: dict[str, Any], report: Report) -> None:
        if reason := self._obstacle(job.get("if", ""), environment):
            report.skipped[name] = reason
            return
        unknown = _UNKNOWN_TO_JOBS & job.keys() | _UNKNOWN_TO_STEPS & {key for step in job["steps"] for key in step}
        if unknown:
            raise NotImplementedError(f"The runner doesn't know {', '.join(sorted(unknown))}, which {name} uses.")
        with tempfile.TemporaryDirectory(prefix="checkout-") as folder:
            checkout = Service(Path(folder) / "work")
            for number, step in enumerate(job["steps"], start=1):
                label = f"{name}: {step.get('name') or step.get('uses') or number}"
                variables = {**environment, **step.get("env", {})}
                if step.get("uses", "").startswith(CHECKOUT):
                    git(Path(folder), "clone", "--quiet", str(self.repository.path), str(checkout.path))
                    checkout.borrow_tools(self.tools)
                elif "uses" in step:
                    report.skipped[label] = f"the action {step['uses'].partition('@')[0]}"
                elif reason := self._obstacle(step.get("if", ""), variables):
                    report.skipped[label] = reason
                elif report.failed is None or "always()" in step.get("if", ""):
                    result = _bash(
                        step["run"],
                        checkout,
                        {
                            "CI": "true",
                            "GITHUB_ACTIONS": "true",
                            **{file: str(Path(folder) / file) for file in _COMMAND_FILES},
                            **{key: self._resolve(value) for key, value in variables.items()},
                        },
                    )
                    report.ran.append(label)
                    if result.returncode and report.failed is None:
                        report.failed = (label, result.stdout)
            for file, kept in zip(_COMMAND_FILES, (report.outputs, report.summaries), strict=True):
                kept[name] = (Path(folder) / file).read_text() if (Path(folder) / file).exists() else ""

    def _resolve(self, value: object) -> str:
        return _EXPRESSION.sub(lambda found: self.values[found[1]], str(value))

    def _obstacle(self, condition: str, environment: Mapping[str, Any]) -> str:
        """Why this can't run here; empty when it can."""
        needed = [part for value in environment.values() for part in _EXPRESSION.findall(str(value))]
        unknown = [part for part in needed if part not in self.values]
        if condition and condition != "always()":
            unknown.append(condition)
        return ", ".join(unknown)


def _bash(script: str, checkout: Service, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """As GitHub runs it: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax"""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=checkout.path,
        env={**user_environment(), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def scripts(workflow: Path) -> list[str]:
    """All scripts of a workflow's steps."""
    jobs = yaml.safe_load(workflow.read_text())["jobs"].values()
    return [step["run"] for job in jobs for step in job["steps"] if "run" in step]
