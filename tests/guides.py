"""Somebody who follows a guide: its files and edits are made, its commands run, in a service."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from blueprint.tools import site_pages
from services import RUNTIME, Service
from user_shell import BLUEPRINT

_URL = "https://github.com/OWNER/serverless-service-blueprint"
_NIGHT = "test_operations.py"
RUN_ELSEWHERE = {
    "ENVIRONMENT=production make releases": (_NIGHT, '"releases"'),
    "ENVIRONMENT=production make rollback": (_NIGHT, '"rollback"'),
    "ENVIRONMENT=production make smoke": (_NIGHT, '"smoke"'),
    "ENVIRONMENT=production make restore TABLE=Orders AT=2026-11-24T08:00:00Z": (_NIGHT, '"restore"'),
    "ENVIRONMENT=production make deploy AT_ONCE=restore": (_NIGHT, '"deploy AT_ONCE=restore"'),
    "ENVIRONMENT=production make carry-over TABLE=Orders": (_NIGHT, '"carry-over"'),
    "make e2e": ("test_teams.py", '"e2e"'),
    "make logs": ("test_local_cloud.py", '"make", "logs"'),
    "make logs FUNCTION=create_order": ("test_local_cloud.py", '"make", "logs", "FUNCTION='),
    "make update-check": ("test_make_update.py", '"update-check"'),
    "make update": ("test_make_update.py", '"update"'),
    "git reset --hard && git clean -fd": ("test_make_update.py", "git reset --hard && git clean -fd"),
    f"copier copy --skip '*' {_URL} .": ("test_adoption.py", '"copier copy --skip"'),
    'git add --all && git commit --message "Add the blueprint\'s files"': ("test_adoption.py", "the blueprint's files"),
    f"copier copy --defaults --data-file .copier-answers.yml {_URL} ../fresh": (
        "test_adoption.py",
        '"copier copy --defaults --data-file"',
    ),
}
"""The commands that another module runs, and what stands there of it."""

_AUTHOR = [f"GIT_{role}_{part}=reader@example.com" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")]

FENCE = re.compile(
    r"(?:<!-- not run: (?P<reason>.+?) -->\n)?"
    r"^ *```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Fence:
    """A fenced block of a page."""

    language: str
    title: str
    text: str
    is_run: bool

    @property
    def commands(self) -> list[str]:
        """The commands of a console, without comments."""
        lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in self.text.splitlines())
        return [line for line in lines if line] if self.language == "console" else []


def fences(page: Path) -> list[Fence]:
    return [
        Fence(found["language"], found["title"] or "", found["text"], is_run=not found["reason"])
        for found in FENCE.finditer(page.read_text())
    ]


class Reader:
    """Someone who does what the pages say, in one folder, each command once."""

    def __init__(self, home: Path):
        self.folder = home
        # The reader ends the local cloud last, however early a page says how.
        self._done = {*RUN_ELSEWHERE, "make local-stop"}

    @property
    def service(self) -> Service:
        return Service(self.folder)

    def follow(self, page: Path, *, but: set[str]) -> None:
        """Writes the files and makes the edits that the page shows, and runs its commands, in the page's order."""
        for fence in fences(page):
            if fence.title:
                self._edit(fence)
            for command in fence.commands:
                if fence.is_run and command not in but | set(RUN_ELSEWHERE):
                    self._run(command)

    def run_commands(self, page: Path) -> None:
        """Runs the page's commands that were not run yet."""
        for fence in fences(page):
            for command in fence.commands:
                if fence.is_run and command not in self._done:
                    self._run(command)

    def _edit(self, fence: Fence) -> None:
        path = self.folder / fence.title
        if fence.language != "diff":
            path.write_text(fence.text)
            return
        lines = fence.text.splitlines(keepends=True)
        before = "".join(line[1:] or "\n" for line in lines if line[0] in " -\n")
        after = "".join(line[1:] or "\n" for line in lines if line[0] in " +\n")
        text = path.read_text()
        assert text.count(before) == 1, f"{fence.title} has this {text.count(before)} times:\n{before}"
        # By the command that the site shows beside the diff.
        self.service.run("sh", "-c", site_pages.apply_command(fence.title, fence.text))
        assert path.read_text() == text.replace(before, after), fence.title

    def _run(self, command: str) -> None:
        self._done.add(command)
        if folder := re.fullmatch(r"cd (\S+)", command):
            self.folder /= folder[1]
            return
        # This tree, instead of the repository's newest version.
        options = f"--defaults --quiet --vcs-ref=HEAD -d python_version={RUNTIME}"
        copier = f"{sys.executable} -m copier copy {options}"
        real = command.replace(_URL, str(BLUEPRINT))
        real = real.replace("copier/bin/copier copy", f"copier/bin/copier copy {options}")
        if update := re.fullmatch(r"make update OPTIONS='--data (.+)'", command):
            # This tree is not a version, so nothing can be updated from it: what the answer decides is rendered again.
            # tests/test_make_update.py updates.
            real = f"{copier} --data {update[1]} {BLUEPRINT} ../anew && cp -R ../anew/.github ."
        Service(self.folder).run("env", *_AUTHOR, "sh", "-c", real)
