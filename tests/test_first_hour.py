"""The mistakes of a newcomer's first hour, each of which is told what to do, and what an editor makes of a service."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from history import git
from services import RUNTIME, Render, Service, files
from user_shell import BLUEPRINT

QUICK = "TESTS=--version"
"""Makes `make test` set everything up, and run next to nothing."""


@pytest.fixture
def service(tmp_path: Path, workshop: Service, render: Render) -> Service:
    return render(tmp_path / "orders").borrow_tools(workshop)


def test_pytest_alone_runs_what_needs_nothing_deployed(workshop: Service) -> None:
    collected = workshop.run(".venv/bin/pytest", "--collect-only", "--quiet").stdout
    folders = {Path(name).parent.as_posix() for name in re.findall(r"^(\S+\.py)", collected, re.MULTILINE)}
    blueprints = {f"blueprint/tests/{name}" for name in ("budgets", "infrastructure", "security")}
    assert folders == {"tests/unit", *blueprints}


def test_a_part_of_the_tests_does_not_fail_on_coverage(workshop: Service) -> None:
    """Neither here nor where an editor adds --cov."""
    output = workshop.make("test", "TESTS=tests/unit/test_swagger.py --cov").stdout
    assert " passed" in output
    assert "Required test coverage" not in output


@pytest.mark.parametrize("folder", ["tests/e2e", "tests/integration", "tests/load", "blueprint/tests/smoke"])
def test_tests_of_a_service_that_is_not_deployed_say_so_once(service: Service, folder: str) -> None:
    result = service.run(".venv/bin/pytest", folder, check=False)
    assert result.returncode != 0
    # the test's own line, and the run's
    assert result.stdout.count("error: The service isn't deployed onto the local cloud; run `make local`.") in {1, 2}
    assert "Traceback" not in result.stdout


def test_debugging_without_a_service_or_a_function_says_what_to_do(service: Service) -> None:
    assert "run `make local`" in service.make("debug", "FUNCTION=create_order", check=False).stdout
    refused = service.make("debug", "FUNCTION=create_order", "ENVIRONMENT=dev", check=False)
    assert "error: Only functions on the local cloud can be debugged; leave ENVIRONMENT out." in refused.stdout


def test_git_hooks_are_installed_once_there_is_a_repository(service: Service) -> None:
    # Given a service that is set up without one
    service.make("test", QUICK)
    # When there is one, then the next command installs them,
    git(service.path, "init", "--quiet")
    hook = service.path / ".git" / "hooks" / "pre-commit"
    service.make("test", QUICK)
    assert hook.exists()
    # and none does so again once someone has removed them.
    service.run(".venv/bin/prek", "uninstall")
    service.make("test", QUICK)
    assert not hook.exists()


def test_a_repository_whose_hooks_are_elsewhere_works(service: Service) -> None:
    git(service.path, "init", "--quiet")
    git(service.path, "config", "core.hooksPath", "hooks")
    service.make("test", QUICK)
    assert service.make("test", QUICK).stdout.count("warning") == 0


def test_the_first_lines_need_no_uv() -> None:
    for page in (BLUEPRINT / "README.md", BLUEPRINT / "docs" / "get-started.md"):
        for fence in re.findall(r"^```console\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL):
            assert not re.search(r"\buvx?\b", fence), page.name


def test_what_schemathesis_leaves_is_ignored(service: Service) -> None:
    git(service.path, "init", "--quiet")
    assert service.run("git", "check-ignore", ".schemathesis/cache").stdout.strip() == ".schemathesis/cache"


def test_every_file_is_as_the_editors_are_told(service: Service) -> None:
    """.editorconfig: line feeds, one at the end, no spaces before them but in Markdown, tabs in Makefiles alone."""
    for path in files(service):
        if path.is_symlink() or path.name == "uv.lock":
            continue
        text = path.read_bytes().decode()
        assert "\r" not in text, path
        assert not text or text.endswith("\n"), path
        assert path.suffix == ".md" or not re.search(r"[ \t]+$", text, re.MULTILINE), path
        assert path.name == "Makefile" or "\t" not in text, path


def test_the_editors_settings_name_what_is_there(service: Service) -> None:
    settings, tasks, launch, container = (
        json.loads((service.path / name).read_text())
        for name in (
            ".vscode/settings.json",
            ".vscode/tasks.json",
            ".vscode/launch.json",
            ".devcontainer/devcontainer.json",
        )
    )
    assert (service.path / settings["python.defaultInterpreterPath"].removeprefix("${workspaceFolder}/")).exists()
    targets = set(re.findall(r"^\.PHONY: (\S+)$", (service.path / "Makefile").read_text(), re.MULTILINE))
    assert {task["args"][0] for task in tasks["tasks"]} <= targets
    labels = {task["label"] for task in tasks["tasks"]}
    assert {each["preLaunchTask"] for each in launch["configurations"] if "preLaunchTask" in each} <= labels
    # The container has the service's Python, by a tag that Microsoft publishes, and sets the service up.
    python = tomllib.loads((service.path / "service.toml").read_text())["service"]["python"]
    assert container["image"] == f"mcr.microsoft.com/devcontainers/python:3-{python}"
    assert python == RUNTIME
    assert container["postCreateCommand"].removeprefix("make ") in targets
    assert container["forwardPorts"] == [int(container["containerEnv"]["LOCAL_PORT"])]
    extensions = json.loads((service.path / ".vscode/extensions.json").read_text())["recommendations"]
    assert container["customizations"]["vscode"]["extensions"] == extensions
