"""What an AI assistant may do without asking: everything on this machine, nothing that names another environment."""

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from services import Render, Service

ENVIRONMENTS = ["dev", "live"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, render: Render) -> Service:
    return render(tmp_path_factory.mktemp("assisted") / "service", environments=", ".join(ENVIRONMENTS))


def verdict(service: Service, command: str) -> str:
    """What Claude Code does with the command: rules that ask come first, and what no rule names is asked, too.

    https://code.claude.com/docs/en/permissions
    """
    permissions = json.loads((service.path / ".claude" / "settings.json").read_text())["permissions"]
    for kind in ("ask", "allow"):
        patterns = [rule[5:-1] for rule in permissions[kind] if rule.startswith("Bash(")]
        if any(fnmatchcase(command, pattern) for pattern in patterns):
            return kind
    return "unknown"


def targets(service: Service) -> list[str]:
    return re.findall(r"^\.PHONY: (\S+)$", (service.path / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("target", ["check", "test", "local", "e2e", "fuzz", "local-stop"])
def test_what_stays_on_this_machine_is_allowed(service: Service, target: str) -> None:
    assert verdict(service, f"make {target}") == "allow"
    assert verdict(service, f"ENVIRONMENT=local make {target}") == "allow"


def test_every_command_that_names_another_environment_is_asked(service: Service) -> None:
    for target in targets(service):
        for environment in ENVIRONMENTS:
            assert verdict(service, f"ENVIRONMENT={environment} make {target}") == "ask", target
            assert verdict(service, f"make {target} ENVIRONMENT={environment}") == "ask", target
        assert verdict(service, f"ENVIRONMENT=other make {target}") != "allow", target
        assert verdict(service, f"make {target} ENVIRONMENT=other") != "allow", target


@pytest.mark.parametrize("command", ["make deploy", "make destroy", "make account", "aws s3 ls", "npx cdk deploy"])
def test_what_reaches_aws_is_asked(service: Service, command: str) -> None:
    assert verdict(service, command) == "ask"


def test_without_a_name_the_environment_is_the_local_one(service: Service) -> None:
    """Whatever the shell says in which the assistant was started."""
    assert json.loads((service.path / ".claude" / "settings.json").read_text())["env"] == {"ENVIRONMENT": "local"}


def test_the_permissions_name_existing_commands(service: Service) -> None:
    text = (service.path / ".claude" / "settings.json").read_text()
    assert set(re.findall(r"\bmake ([a-z0-9-]+)", text)) <= set(targets(service))


def test_a_rule_is_about_paths_that_exist(service: Service) -> None:
    rules = sorted((service.path / ".claude" / "rules").glob("*.md"))
    assert rules
    for rule in rules:
        paths = re.findall(r'^  - "(.+)"$', rule.read_text(), re.MULTILINE)
        assert paths, rule.name
        assert all(any(service.path.glob(path)) for path in paths), rule.name


def test_what_the_instructions_point_to_exists(service: Service) -> None:
    generated = {"docs/openapi.json", "docs/permissions.md"}
    for page in (service.path / "AGENTS.md", *(service.path / ".claude" / "rules").glob("*.md")):
        for path in re.findall(r"`((?:blueprint|docs|infra|aidlc-docs|\.claude)/[\w./-]*)`", page.read_text()):
            assert path in generated or Path(service.path, path).exists(), f"{page.name}: {path}"
