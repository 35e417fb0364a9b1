"""The questions: what a wrong answer leads to, and what the answers derive."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from services import Render, user_environment
from user_shell import BLUEPRINT

LONGEST_NAME = "n" + 26 * "a" + "e"
LONGEST_ENVIRONMENT = "e" * 12

BAD_ANSWERS = {
    "service_name": {
        "": "lower-case letters",
        "Orders": "lower-case letters",
        "my orders": "lower-case letters",
        "my_orders": "lower-case letters",
        "1orders": "lower-case letters",
        "orders-": "lower-case letters",
        "a--b": "lower-case letters",
        "örders": "lower-case letters",
        "orders\n": "lower-case letters",
        "o": "2 to 28 characters",
        LONGEST_NAME + "x": "2 to 28 characters",
    },
    "service_description": {
        'says "hi"': "double quotes",
        "back\\slash": "double quotes",
        "a\nb": "one line",
        "x" * 201: "200",
    },
    "owner": {"orders team": "@team-or-user", "@a/b/c": "@team-or-user"},
    "repository": {"orders": "owner/name", "https://github.com/acme/orders": "owner/name"},
    "environments": {
        "": "one name or more",
        "dev,,production": "one name or more",
        "dev, local": "Leave out local",
        "dev, production, dev": "each name once",
        "Dev": "lower-case letters",
        "dev production": "lower-case letters",
        "dev, 1st": "lower-case letters",
        LONGEST_ENVIRONMENT + "x": "12 characters",
    },
    "authorization": {"basic": "Invalid choice"},
    "region": {"": "region's code", "Frankfurt": "region's code"},
    "python_version": {"3.10": "Invalid choice", "3.15": "Invalid choice"},
    "architecture": {"riscv": "Invalid choice"},
    "alarm_email": {"nobody": "e-mail address", "a@b": "e-mail address"},
}


def copier_copy(target: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs `copier copy` as a user does, with the default answers."""
    command = [sys.executable, "-m", "copier", "copy", "--defaults", "--vcs-ref=HEAD", *options]
    return subprocess.run(
        [*command, str(BLUEPRINT), str(target)], env=user_environment(), capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("question", "answer", "sentence"),
    [(question, answer, sentence) for question, cases in BAD_ANSWERS.items() for answer, sentence in cases.items()],
)
def test_a_bad_answer_ends_in_one_sentence_and_writes_nothing(
    tmp_path: Path, question: str, answer: str, sentence: str
) -> None:
    # Given an answer that can't be used, when a service is copied
    result = copier_copy(tmp_path / "service", "-d", f"{question}={answer}")
    # Then the last line names the question and what is allowed, and there is no folder
    last_line = result.stderr.strip().splitlines()[-1]
    assert result.returncode != 0
    assert f"'{question}'" in last_line
    assert sentence in last_line
    assert not list(tmp_path.iterdir())


def test_every_question_has_a_help_text() -> None:
    settings = yaml.safe_load((BLUEPRINT / "copier.yml").read_text())
    asked = {name: q for name, q in settings.items() if not name.startswith("_") and q.get("when") is not False}
    assert [name for name, question in asked.items() if not question.get("help")] == []


def test_the_environments_are_in_the_order_of_the_answer_and_the_last_one_is_production(
    tmp_path: Path, render: Render
) -> None:
    service = render(tmp_path / "service", environments="qa,  eu-live ,live", waf=False)
    environments = tomllib.loads((service.path / "service.toml").read_text())["environments"]
    assert list(environments) == ["qa", "eu-live", "live"]
    assert environments == {"qa": {}, "eu-live": {}, "live": {"production": True, "waf": False}}
    names = {path.stem for path in (service.path / "infra" / "configuration").glob("*.json")}
    assert names == {"local", "qa", "eu-live", "live"}


def test_the_answers_file_holds_what_an_update_needs_and_nothing_else(tmp_path: Path, render: Render) -> None:
    service = render(tmp_path / "service", service_name="payments-eu")
    answers = yaml.safe_load((service.path / ".copier-answers.yml").read_text())
    assert answers["service_name"] == "payments-eu"
    assert answers["_src_path"] == str(BLUEPRINT)
    assert "environment_names" not in answers


def test_copier_copy_says_what_to_do_next(tmp_path: Path) -> None:
    result = copier_copy(tmp_path / "it")
    assert result.returncode == 0
    assert "A few questions follow" in result.stderr
    assert f"cd {tmp_path / 'it'}\n  make local" in result.stderr
