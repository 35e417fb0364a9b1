"""GitHub's workflows and service.toml name the same environments."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from blueprint import settings as service_settings
from blueprint.settings import LOCAL, ROOT

WORKFLOWS = ROOT / ".github" / "workflows"
ENVIRONMENTS = [name for name in service_settings.load().environments if name != LOCAL]
ADVICE = "the answer and service.toml differ: make update OPTIONS='--data \"environments=...\"'"

Job = dict[str, Any]


def jobs(name: str) -> dict[str, Job]:
    path: Path = WORKFLOWS / name
    if not path.exists():
        pytest.skip(f"there is no {name}")
    found: dict[str, Job] = yaml.safe_load(path.read_text())["jobs"]
    return found


def test_each_environment_is_deployed_after_the_one_before() -> None:
    deployments = {name: job for name, job in jobs("main.yml").items() if name.startswith("deploy-")}
    assert [job["environment"] for job in deployments.values()] == ENVIRONMENTS, ADVICE
    before = "check"
    for name, job in deployments.items():
        assert job["needs"] == [before]
        assert job["env"]["ENVIRONMENT"] == job["environment"]
        before = name


def test_each_deployment_is_verified_as_its_environment_allows() -> None:
    for name, job in jobs("main.yml").items():
        if name.startswith("deploy-"):
            runs = [step["run"] for step in job["steps"] if "run" in step]
            assert [run for run in runs if run in {"make deploy", "make verify"}] == ["make deploy", "make verify"]
            assert not {"make e2e", "make fuzz", "make load"} & set(runs), "where they may run, `make verify` knows"


def test_a_pull_request_validates_every_environments_template() -> None:
    steps = jobs("pull-request.yml")["check"]["steps"]
    assert [step["env"]["ENVIRONMENT"] for step in steps if step.get("run") == "make synth"] == ENVIRONMENTS, ADVICE


@pytest.mark.parametrize(("workflow", "job"), [("pull-request.yml", "preview"), ("upkeep.yml", "previews")])
def test_previews_are_copies_of_the_first_environment_unless_that_is_production(workflow: str, job: str) -> None:
    found = jobs(workflow).get(job)
    assert (found["environment"] if found else None) == (ENVIRONMENTS[0] if len(ENVIRONMENTS) > 1 else None)
