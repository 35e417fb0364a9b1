"""Rendering the template as a user does, and what can be done with a rendered service."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from pathspec import GitIgnoreSpec
from user_shell import user_path

RUNTIME = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The Lambda runtime that most renders are for: this interpreter's, so that they run on it."""

# A user's shell knows nothing of this repository's own environment, nor of the machine that runs these tests.
_FOREIGN = (
    "CI",
    "AWS_",
    "COPIER_",
    "PYTEST_",
    "PYTHON",
    "UV",
    "VIRTUAL_ENV",
    "MAKE",
    "MFLAGS",
    "LOCAL_",
    "STACK_",
    "TESTS",
)


def user_environment(**variables: str) -> dict[str, str]:
    """The environment of a user's shell, without what belongs to this test run, with the variables given.

    The Python that this test run is on comes first on its PATH.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    python = str(Path(sys.executable).resolve().parent)
    return {**environment, "PATH": os.pathsep.join([python, user_path()]), **variables}


@dataclass(frozen=True)
class Service:
    """A rendered service."""

    path: Path

    def run(self, *command: str, check: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs a command in the service's folder; fails the test, with all output, when the command fails."""
        result = subprocess.run(
            command,
            cwd=self.path,
            env=user_environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if check and result.returncode:
            pytest.fail(f"{' '.join(command)} in {self.path} has failed:\n{result.stdout}", pytrace=False)
        return result

    def make(self, *arguments: str, check: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.run("make", *arguments, check=check, **variables)

    def borrow_tools(self, workshop: "Service") -> "Service":
        """Uses the packages that another service has installed: they are the same."""
        for name in (".venv", "node_modules"):
            (self.path / name).symlink_to(workshop.path / name)
        shutil.copy(workshop.path / "uv.lock", self.path / "uv.lock")
        return self.borrow_types(workshop)

    def borrow_types(self, workshop: "Service") -> "Service":
        """Uses what mypy has learnt of the CDK in another service, which takes it a quarter of a minute."""
        shutil.copytree(workshop.path / ".mypy_cache", self.path / ".mypy_cache", dirs_exist_ok=True)
        return self

    @contextmanager
    def edited(self, *edits: tuple[str, str, str]) -> Iterator[None]:
        """Replaces, in each file named, a text that stands there once by another; puts the files back at the end."""
        originals = {file: (self.path / file).read_text() for file, _, _ in edits}
        try:
            for file, old, new in edits:
                text = (self.path / file).read_text()
                assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
                (self.path / file).write_text(text.replace(old, new))
            yield
        finally:
            for file, text in originals.items():
                (self.path / file).write_text(text)


class Render(Protocol):
    """What the fixture `render` is."""

    def __call__(self, path: Path, **answers: Any) -> Service: ...


def files(service: Service) -> list[Path]:
    """What the team's repository would hold."""
    ignored = GitIgnoreSpec.from_lines((service.path / ".gitignore").read_text().splitlines())
    found = ignored.match_tree_files(service.path, negate=True, follow_links=False)
    return [service.path / name for name in found]


def placeholders(service: Service) -> list[Path]:
    """The files in which something of the template's own language is left."""
    return [path for path in files(service) if re.search(r"\[[=%~] | [=%~]\]", path.read_text())]
