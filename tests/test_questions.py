"""The questions: what a wrong answer leads to, and what the answers derive."""

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
import tomllib
from contextlib import suppress
from pathlib import Path

import pyte
import pytest
import yaml
from history import Blueprint
from services import Render, user_environment
from user_shell import BLUEPRINT

LONGEST_NAME = "n" + 26 * "a" + "e"
LONGEST_ENVIRONMENT = "e" * 12
ENTER, CLEAR = "\r", "\x05\x15"  # Ctrl-E and Ctrl-U: from the line's end to its beginning

FIRST, OTHERS = "Start with a lower-case letter.", "Use a-z and 0-9, hyphens between."
BAD_ANSWERS = {
    "service_name": {
        "": FIRST,
        "Orders": FIRST,
        "my orders": OTHERS,
        "my_orders": OTHERS,
        "1orders": FIRST,
        "orders-": OTHERS,
        "a--b": OTHERS,
        "örders": FIRST,
        "orders\n": OTHERS,
        "o": "Use 2 to 28 characters.",
        LONGEST_NAME + "x": "Use 2 to 28 characters.",
    },
    "service_description": {
        'says "hi"': 'Leave out quotes " and \\.',
        "back\\slash": 'Leave out quotes " and \\.',
        "a\nb": "Use one line of plain text.",
        "x" * 201: "Use at most 200 characters.",
    },
    "owner": {
        "orders team": "Use @user, @acme/team or a@example.com.",
        "@a/b/c": "Use @user, @acme/team or a@example.com.",
    },
    "repository": {
        "orders": "Use owner/name, such as acme/orders.",
        "https://github.com/acme/orders": "Use owner/name, such as acme/orders.",
    },
    "environments": {
        "": "Use one name or more, with commas.",
        "dev,,production": "Use one name or more, with commas.",
        "dev, local": "Leave out local: it always exists.",
        "dev, production, dev": "Use each name once.",
        "Dev": FIRST,
        "dev production": OTHERS,
        "dev, 1st": FIRST,
        LONGEST_ENVIRONMENT + "x": "Use at most 12 characters each.",
    },
    "authorization": {"basic": "'basic' is not in ['iam', 'cognito', 'none']"},
    "region": {"": "Use a code such as eu-central-1.", "Frankfurt": "Use a code such as eu-central-1."},
    "python_version": {
        "3.10": "'3.10' is not in ['3.14', '3.13', '3.12', '3.11']",
        "3.15": "'3.15' is not in ['3.14', '3.13', '3.12', '3.11']",
    },
    "architecture": {"riscv": "'riscv' is not in ['arm64', 'x86_64']"},
    "alarm_email": {"nobody": "Use an address: ops@example.com.", "a@b": "Use an address: ops@example.com."},
}
QUESTIONS = {
    name: question
    for name, question in yaml.safe_load((BLUEPRINT / "copier.yml").read_text()).items()
    if not name.startswith("_") and question.get("when") is not False
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
    assert last_line.endswith(sentence)
    assert not list(tmp_path.iterdir())


class Terminal:
    """A terminal of 80 columns in which `copier copy` asks its questions."""

    def __init__(self, target: Path) -> None:
        self._end, other = os.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 80, 0, 0))
        command = [sys.executable, "-m", "copier", "copy", "--vcs-ref=HEAD", str(BLUEPRINT), str(target)]
        environment = user_environment(TERM="xterm", PROMPT_TOOLKIT_NO_CPR="1")
        self.process = subprocess.Popen(command, stdin=other, stdout=other, stderr=other, env=environment)
        os.close(other)
        self._screen = pyte.Screen(80, 60)
        self._stream = pyte.ByteStream(self._screen)

    def press(self, keys: str) -> None:
        os.write(self._end, keys.encode())

    def shows(self, text: str) -> None:
        """Waits until the text, whole, is on one row."""
        deadline = time.monotonic() + 30
        while not any(text in row for row in self._screen.display):
            shown = "\n".join(row.rstrip() for row in self._screen.display).strip()
            assert time.monotonic() < deadline, f"{text!r} isn't on the screen:\n{shown}"
            if select.select([self._end], [], [], 0.2)[0]:
                with suppress(OSError):  # it has ended
                    self._stream.feed(os.read(self._end, 65536))


def test_a_terminal_of_80_columns_shows_each_question_and_what_is_wrong_with_an_answer(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "service")
    for name, question in QUESTIONS.items():
        # Given a question, then all of it is there
        terminal.shows(question["help"])
        if "choices" in question:
            for label in question["choices"]:
                terminal.shows(f" {label}")
            # and a key alone is no answer, after which Enter would be that to the next one;
            terminal.press("n")
        else:
            # when an answer is wrong, then all of the sentence that says what is allowed.
            for answer, sentence in BAD_ANSWERS.get(name, {}).items():
                if "\n" not in answer:
                    terminal.press(f"{CLEAR}{answer}{ENTER}")
                    terminal.shows(f"Validation error for question '{name}': {sentence}")
            terminal.press(f"{CLEAR}{question['default']}")
        terminal.press(ENTER)
    # When all are answered by Enter, then it is the service of the default answers.
    terminal.shows("orders is ready. Next:")
    assert terminal.process.wait(timeout=60) == 0
    answers = yaml.safe_load((tmp_path / "service" / ".copier-answers.yml").read_text())
    assert {name: answers[name] for name in QUESTIONS} == {name: q["default"] for name, q in QUESTIONS.items()}


def test_the_environments_are_in_the_order_of_the_answer_and_the_last_one_is_production(
    tmp_path: Path, render: Render
) -> None:
    service = render(tmp_path / "service", environments="qa,  eu-live ,live", waf=False)
    environments = tomllib.loads((service.path / "service.toml").read_text())["environments"]
    assert list(environments) == ["qa", "eu-live", "live"]
    assert environments == {"qa": {}, "eu-live": {}, "live": {"production": True, "waf": False}}
    names = {path.stem for path in (service.path / "infra" / "configuration").glob("*.json")}
    assert names == {"local", "qa", "eu-live", "live"}


def test_the_answers_file_holds_what_an_update_needs_and_nothing_else(tmp_path: Path) -> None:
    blueprint = Blueprint.of_this_template(tmp_path / "blueprint")
    service = blueprint.render(tmp_path / "service", service_name="payments-eu")
    answers = yaml.safe_load((service.path / ".copier-answers.yml").read_text())
    assert answers["service_name"] == "payments-eu"
    assert (answers["_src_path"], answers["_commit"]) == (str(blueprint.path), "v1.0.0")
    assert "environment_names" not in answers


def test_copier_copy_says_what_to_do_next(tmp_path: Path) -> None:
    result = copier_copy(tmp_path / "it")
    assert result.returncode == 0
    assert "A few questions follow" in result.stderr
    assert f"cd {tmp_path / 'it'}\n  make local" in result.stderr
