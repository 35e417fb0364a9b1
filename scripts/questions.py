"""Writes docs/questions.md from copier.yml (`make fix`)."""

from pathlib import Path
from typing import Any

import yaml

BLUEPRINT = Path(__file__).parents[1]
PAGE = BLUEPRINT / "docs" / "questions.md"
_HEAD = """\
# The questions

`copier copy` asks these. Enter takes the answer shown; `--defaults` takes all of them, `-d name=answer` sets one. A
wrong answer ends in one sentence that says what is allowed, and nothing is written. Made from `copier.yml`.

The answers land in `service.toml`, in `pyproject.toml` and in a few headings, never in Python: change them there, or,
where they decide which files there are, with `make update`.
"""


def page() -> str:
    """The page, as Markdown."""
    questions: dict[str, Any] = yaml.safe_load((BLUEPRINT / "copier.yml").read_text())
    asked = {
        name: question
        for name, question in questions.items()
        if not name.startswith("_") and question.get("when") is not False
    }
    return "\n".join([_HEAD, *(line for name, question in asked.items() for line in _section(name, question))])


def _section(name: str, question: dict[str, Any]) -> list[str]:
    choices = question.get("choices", [])
    rows = (
        [f"- {_shown(value)}: {label}" for label, value in choices.items()]
        if isinstance(choices, dict)
        else [f"- {_shown(value)}" for value in choices]
    )
    return [
        f"## `{name}`",
        "",
        question["help"],
        "",
        *rows,
        *([""] if rows else []),
        f"Default: {_shown(question['default'])}",
        "",
    ]


def _shown(answer: object) -> str:
    if isinstance(answer, bool):
        return f"`{answer}`".lower()
    return f"`{answer}`" if answer else "empty"


if __name__ == "__main__":
    PAGE.write_text(page())
