"""The workflows, the services' and this repository's: valid, pinned, and their steps run."""

import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from git import TEAM
from github import GitHub
from history import Blueprint, commit, git, minor_changes, replace
from services import Render, Service
from user_shell import BLUEPRINT
from workflows import Runner, scripts

RENDERS: dict[str, dict[str, Any]] = {
    "default": {},
    "cognito": {
        "authorization": "cognito",
        "environments": "live",
        "service_name": "payments-eu",
        "owner": "@acme/pay",
    },
    "open": {"authorization": "none", "environments": "dev, live", "waf": False, "repository": "acme/orders"},
}
PINS = {
    name: (action["version"], action["commit"])
    for name, action in tomllib.loads((BLUEPRINT / ".github" / "actions.toml").read_text()).items()
}


def repository(render: Render, path: Path, workshop: Service, **answers: Any) -> Service:
    """A rendered service in a git repository, as its team has pushed it, with what its first `make check` wrote."""
    service = render(path, **answers).borrow_tools(workshop)
    git(service.path, "init", "--quiet", "--initial-branch=main")
    service.make("openapi", "documents")
    commit(service.path, "feat: start from the blueprint")
    return service


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory, render: Render, workshop: Service) -> Service:
    """The default service in such a repository; tests work on copies of it."""
    return repository(render, tmp_path_factory.mktemp("pushed") / "service", workshop)


@pytest.fixture
def service(pushed: Service, tmp_path: Path) -> Service:
    return Service(shutil.copytree(pushed.path, tmp_path / "service", symlinks=True))


@pytest.mark.parametrize(
    "name",
    ["default", pytest.param("cognito", marks=pytest.mark.matrix), pytest.param("open", marks=pytest.mark.matrix)],
)
def test_a_pull_request_passes_its_workflow(
    name: str, tmp_path: Path, workshop: Service, service: Service, render: Render
) -> None:
    if RENDERS[name]:
        service = repository(render, tmp_path / "answered", workshop, **RENDERS[name])
    report = Runner(service, workshop).run("pull-request.yml")
    assert report.failed is None, "\n".join(report.failed or ())
    # Without the variable PREVIEWS there is none; tests/test_rehearsal.py has it.
    assert set(report.skipped) == ({"preview"} if name != "cognito" else set())
    assert re.search(r"\*\*TOTAL\*\*.*\d+%", report.summaries["test"])
    assert [label for label in report.ran if label.startswith("local:") and "actions/" not in label] == [
        "local: Deploy the service, with IAM enforced",
        "local: Run the handlers against it",
        "local: Test it over HTTP",
        "local: Fuzz it",
        "local: End the local cloud",
    ]


def test_the_runner_sees_a_step_that_fails(service: Service, workshop: Service) -> None:
    (service.path / "docs" / "openapi.json").write_text("{}")
    commit(service.path, "feat: break something")
    report = Runner(service, workshop).run("pull-request.yml", only="check")
    assert report.failed is not None
    assert report.failed[0] == "check: Check format, lint, types, dependencies, workflows and generated documents"
    assert report.ran[-1] == report.failed[0]


def test_git_hooks_refuse_conflicts_and_what_the_linter_refuses(service: Service) -> None:
    for text, hook in (
        ("<<<<<<< ours\na = 1\n=======\na = 2\n>>>>>>> theirs\n", "check for merge conflicts"),
        ("import os\n", "lint"),
    ):
        (service.path / "service" / "logic" / "ours.py").write_text(text)
        git(service.path, "add", "--all")
        result = service.run("git", *TEAM, "commit", "--message", "feat: ours", check=False)
        assert result.returncode != 0
        assert re.search(rf"^{hook}\.+Failed$", result.stdout, re.MULTILINE), result.stdout


def test_the_next_release_follows_from_the_commits(service: Service, workshop: Service) -> None:
    def released() -> str:
        github = GitHub()
        report = Runner(service, workshop, github).run("main.yml", only="release")
        assert report.failed is None, "\n".join(report.failed or ())
        assert "release: Find the next version, and its notes, in the commits" in report.ran
        service.make("release-notes")
        return "".join(release["tag"] for release in github.releases)

    assert released() == "v0.1.0"
    git(service.path, "tag", "v0.1.0")
    assert released() == ""
    commit(service.path, "fix: repair something")
    assert released() == "v0.1.1"
    commit(service.path, "feat: add something")
    assert released() == "v0.2.0"
    assert "Add something" in (service.path / "build" / "release" / "notes.md").read_text()


def test_an_update_that_changes_workflows_needs_an_app(tmp_path: Path, workshop: Service) -> None:
    # Given a version of the blueprint that brings another workflow, and a team whose edit meets its own
    blueprint = Blueprint.of_this_template(tmp_path / "blueprint")
    service = blueprint.render(tmp_path / "service", "1.0.0").borrow_tools(workshop)
    replace(service.path / "blueprint" / "docs" / "operating.md", "# Operating", "# How we operate")
    commit(service.path, "docs: say it our way")
    pins = ".github/workflows/update.yml"
    blueprint.release(
        "1.1.0", minor_changes, lambda template: replace(template / pins, "timeout-minutes: 30", "timeout-minutes: 31")
    )
    # When there is no app that may change workflows, then the job says so, with what to do.
    refused = Runner(service, workshop).run("update.yml")
    assert refused.failed is not None
    assert re.search(rf"{pins} .*\n.*\nerror: .* no workflow's own token. Run make update yourself", refused.failed[1])
    assert refused.outputs == {"update": ""}
    # When there is, then the pull request is a draft, with the conflict, and a major version has its issue, once.
    blueprint.release("2.0.0")
    github = GitHub(variables={"UPDATE_APP_CLIENT_ID": "app"}, secrets={"UPDATE_APP_PRIVATE_KEY": "a key"})
    for _ in range(2):
        report = Runner(service, workshop, github).run("update.yml")
        assert report.failed is None, "\n".join(report.failed or ())
        (request,) = github.pull_requests
        assert request["draft"]
        assert "blueprint/docs/operating.md" in request["body"]
        assert "<<<<<<<" in git(service.path, "show", f"{request['head']}:blueprint/docs/operating.md")
        assert [issue["title"] for issue in github.issues] == ["Update to the blueprint's v2.0.0"]


@pytest.mark.parametrize("name", RENDERS)
def test_actions_are_pinned_to_the_commits_in_one_place(name: str, tmp_path: Path, render: Render) -> None:
    service = render(tmp_path / "service", **RENDERS[name])
    for folder in (service.path, BLUEPRINT):
        for workflow in (folder / ".github" / "workflows").glob("*.yml"):
            uses = re.findall(r"uses: (\S+?)(?:@(\S+) # (\S+))?$", workflow.read_text(), re.MULTILINE)
            assert uses, workflow
            for action, pin, version in uses:
                assert (version, pin) == PINS.get(action), f"{action} in {workflow.name}"


def test_no_pin_is_left_over(tmp_path: Path, render: Render) -> None:
    service = render(tmp_path / "service", repository="acme/orders")
    text = "".join(
        path.read_text() for folder in (service.path, BLUEPRINT) for path in folder.glob(".github/workflows/*.yml")
    )
    assert all(f"{action}@" in text for action in PINS)


def test_every_step_is_an_existing_make_target(tmp_path: Path, render: Render) -> None:
    """So that a developer can run the same."""
    service = render(tmp_path / "service")
    only_on_github = ("gh ",)
    for folder in (service.path, BLUEPRINT):
        targets = set(re.findall(r"^\.PHONY: (\S+)$", (folder / "Makefile").read_text(), re.MULTILINE))
        for workflow in (folder / ".github" / "workflows").glob("*.yml"):
            for script in scripts(workflow):
                make = re.match(r"make ([a-z0-9-]+)", script)
                assert (make and make[1] in targets) or any(word in script for word in only_on_github), script


def test_make_pr_does_what_a_pull_request_does(tmp_path: Path, render: Render) -> None:
    service = render(tmp_path / "service")
    recipe = re.search(r"^pr:.*\n((?:\t.*\n)+)", (service.path / "Makefile").read_text(), re.MULTILINE)
    assert recipe
    calls = re.findall(r"\$\(MAKE\) ([a-z0-9 -]+?)(?= ENVIRONMENT|$)", recipe[1], re.MULTILINE)
    jobs = yaml.safe_load((service.path / ".github" / "workflows" / "pull-request.yml").read_text())["jobs"]
    steps = {step.get("run") for name in ("check", "test", "local") for step in jobs[name]["steps"]}
    # A developer's local cloud keeps running.
    expected = steps - {None, "make local-stop"}
    assert {f"make {target}" for call in calls for target in call.split()} == expected


@pytest.mark.parametrize("names", [["live"], [*(f"test{number}" for number in range(1, 10)), "live"]], ids=len)
def test_one_environment_and_ten_are_treated_alike(
    names: list[str], tmp_path: Path, workshop: Service, render: Render
) -> None:
    service = render(tmp_path / "service", environments=", ".join(names)).borrow_tools(workshop)
    service.run(
        ".venv/bin/python", "blueprint/tools/workflows.py", PATH=f"{service.path / '.venv' / 'bin'}:/usr/bin:/bin"
    )
    service.run(".venv/bin/pytest", "blueprint/tests/infrastructure/test_workflows.py")
    jobs = yaml.safe_load((service.path / ".github" / "workflows" / "main.yml").read_text())["jobs"]
    assert [job["environment"] for name, job in jobs.items() if name.startswith("deploy-")] == names


def test_a_job_has_the_least_it_needs(tmp_path: Path, render: Render) -> None:
    service = render(tmp_path / "service", repository="acme/orders")
    for folder in (service.path, BLUEPRINT):
        for path in (folder / ".github" / "workflows").glob("*.yml"):
            workflow = yaml.safe_load(path.read_text())
            assert workflow["permissions"] == {}
            for name, job in workflow["jobs"].items():
                assert "permissions" in job, f"{path.name}, {name}"
                assert job["timeout-minutes"] <= 90
                for step in job["steps"]:
                    if step.get("uses", "").startswith("actions/checkout@"):
                        assert step["with"]["persist-credentials"] is False
    # What a pull request from a fork runs has no right but to read the code.
    jobs = yaml.safe_load((service.path / ".github" / "workflows" / "pull-request.yml").read_text())["jobs"]
    for name in ("check", "test", "local"):
        assert jobs[name]["permissions"] == {"contents": "read"}
        assert "secrets." not in str(jobs[name])
        assert "if" not in jobs[name]
