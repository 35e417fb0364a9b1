"""GitHub's CI runs every test, each once, and every command of a service on every Python."""

import re

import yaml
from user_shell import BLUEPRINT


def test_each_module_with_a_test_of_the_matrix_is_a_cell() -> None:
    workflow = yaml.safe_load((BLUEPRINT / ".github" / "workflows" / "ci.yml").read_text())
    cells = workflow["jobs"]["matrix"]["strategy"]["matrix"]["tests"]
    modules = (BLUEPRINT / "tests").glob("test_*.py")
    marked = [path.stem.removeprefix("test_") for path in modules if "pytest.mark." + "matrix" in path.read_text()]
    assert sorted(cells) == sorted(marked)


NOT_IN_A_CELL = {
    "help": "lists the others",
    "dev": "is a part of each",
    "fix": "changes the service",
    "openapi": "is a part of docs",
    "documents": "is a part of docs",
    "pr": "is made of others",
    "verify": "is e2e or smoke",
    "debug": "is in tests/test_local_cloud.py, for a debugger",
    "logs": "is in tests/test_local_cloud.py",
    "shell": "is in tests/test_local_cloud.py, for a terminal",
    "watch": "is in tests/test_local_cloud.py: it doesn't end",
    "token": "is in tests/test_authorizations.py, for Cognito",
    "load": "takes a minute: tests/test_teams.py",
    "dead-letters": "is in tests/test_operations.py",
    "redrive": "is in tests/test_operations.py",
    "audit": "asks a service elsewhere",
    "release-notes": "is in tests/test_workflows.py, for a history",
    "update": "is in tests/test_make_update.py",
    "update-summary": "is in tests/test_workflows.py",
    "update-check": "is in tests/test_make_update.py",
    "previews-sweep": "is in tests/test_local_cloud.py, for AWS",
    **dict.fromkeys(
        ("deploy", "rollback", "releases", "restore", "carry-over", "diff", "destroy", "account", "pipeline-role"),
        "is for AWS: tests/test_rehearsal.py, tests/test_operations.py",
    ),
}
"""The commands of a service that no cell runs on each Python, and why."""


def test_each_command_of_a_service_runs_on_each_python() -> None:
    workflow = yaml.safe_load((BLUEPRINT / ".github" / "workflows" / "ci.yml").read_text())
    matrix = workflow["jobs"]["render"]["strategy"]["matrix"]
    questions = yaml.safe_load((BLUEPRINT / "copier.yml").read_text())
    assert sorted(matrix["python"]) == sorted(questions["python_version"]["choices"])
    makefile = (BLUEPRINT / "template" / "Makefile").read_text()
    targets = set(re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE))
    [run] = [set(row.split()) for row in matrix["targets"]]
    assert run | set(NOT_IN_A_CELL) == targets
    assert not run & set(NOT_IN_A_CELL)
