"""Renders of the template: a set of answers in which every pair of choices occurs."""

import ast
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from allpairspy import AllPairs
from services import RUNTIME, Render, Service, files, placeholders
from user_shell import BLUEPRINT

CHOICES: dict[str, list[str | bool]] = {
    "authorization": ["iam", "cognito", "none"],
    "python_version": ["3.14", "3.13", "3.12", "3.11"],
    "environments": ["dev, staging, production", "live", "dev, qa, perf, staging, production"],
    "architecture": ["arm64", "x86_64"],
    "waf": [True, False],
    "ai_dlc": [True, False],
    "owner": ["", "@acme/payments", "payments@example.com"],
    "repository": ["", "acme/payments-eu"],
    "alarm_email": ["", "payments@example.com"],
    "region": ["us-east-1", "eu-central-1"],
    "service_name": ["payments-eu", "p2"],
    "service_description": ["", "Payments' ledger: <EU> & others; 100 % {{ safe }}"],
}
PAIRWISE = [dict(zip(CHOICES, values, strict=True)) for values in AllPairs(list(CHOICES.values()))]
DEFAULTS = ["pyproject.toml", "service.toml"]
"""Rendered files whose default render is committed beside their template, so that template/ runs as it is."""


@pytest.fixture(scope="module", params=PAIRWISE, ids=lambda answers: "-".join(map(str, list(answers.values())[:6])))
def rendered(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, workshop: Service, render: Render
) -> Service:
    return render(tmp_path_factory.mktemp("rendered") / "service", **request.param).borrow_tools(workshop)


def test_every_choice_of_every_question_is_rendered() -> None:
    questions = yaml.safe_load((BLUEPRINT / "copier.yml").read_text())
    for name, question in questions.items():
        if "choices" in question:
            choices = question["choices"]
            assert set(CHOICES[name]) == set(choices.values() if isinstance(choices, dict) else choices)
        elif not name.startswith("_") and question.get("when") is not False:
            assert name in CHOICES


def test_no_placeholder_is_left_and_every_file_parses(rendered: Service) -> None:
    assert placeholders(rendered) == []
    parsers: dict[str, Callable[[str], object]] = {
        ".py": ast.parse,
        ".toml": tomllib.loads,
        ".json": json.loads,
        ".yml": yaml.safe_load,
    }
    for path in files(rendered):
        text = path.read_text()
        assert path.suffix != ".jinja"
        if parse := parsers.get(path.suffix):
            parse(text)


def test_nothing_says_another_services_name(rendered: Service) -> None:
    for path in files(rendered):
        if path.name not in {"uv.lock", ".copier-answers.yml"}:
            text = path.read_text()
            assert not re.search(r"\borders-(?!deleted|page)|cookiecutter|ran-isenberg", text, re.IGNORECASE), path
            assert str(BLUEPRINT) not in text, path


def test_formatter_and_linter_find_nothing(rendered: Service) -> None:
    rendered.run(".venv/bin/ruff", "format", "--check", ".")
    rendered.run(".venv/bin/ruff", "check", ".")


def test_the_python_is_the_same_in_every_render(rendered: Service, workshop: Service) -> None:
    """So that checking the types once, in the default render, checks them in all."""
    for path in files(rendered):
        if path.suffix == ".py":
            assert path.read_bytes() == (workshop.path / path.relative_to(rendered.path)).read_bytes()


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_committed_default_render_is_up_to_date(name: str, tmp_path: Path, render: Render) -> None:
    service = render(tmp_path / "service", python_version="3.14")
    assert (BLUEPRINT / "template" / name).read_text() == (service.path / name).read_text(), "run `make fix`"


def test_the_workshop_runs_on_the_runtime_that_it_is_rendered_for(workshop: Service) -> None:
    version = workshop.run(".venv/bin/python", "--version").stdout
    assert version.startswith(f"Python {RUNTIME}.")
