"""What the tests share: rendering the template as a user does, and services that are set up or deployed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import copier
import pytest
from filelock import FileLock

BLUEPRINT = Path(__file__).parents[1]
RUNTIME = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The Lambda runtime that most renders are for: this interpreter's, so that they run on it."""

# The modules that take minutes, the longest first, so that no process is left with one at the end.
# The first two need nothing of each other's: one makes the workshop, one does without.
LONGEST = ["test_workflows", "test_docs", "test_local_cloud", "test_teams", "test_e2e_is_no_toy", "test_synthesis"]

# A user's shell knows nothing of this repository's own environment, nor of the machine that runs these tests.
_FOREIGN = ("CI", "AWS_", "COPIER_", "PYTEST_", "PYTHON", "UV", "VIRTUAL_ENV", "MAKE", "MFLAGS", "LOCAL_", "STACK_")


def user_environment(**variables: str) -> dict[str, str]:
    """The environment of a user's shell, without what belongs to this test run, with the variables given.

    The Python that this test run is on comes first on its PATH.
    """
    own = str(BLUEPRINT / ".venv" / "bin")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    python = str(Path(sys.executable).resolve().parent)
    path = [folder for folder in environment["PATH"].split(os.pathsep) if folder != own]
    return {**environment, "PATH": os.pathsep.join([python, *path]), **variables}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


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
        """Uses what mypy has learnt of the CDK in another service, which takes it a minute."""
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


def render(path: Path, blueprint: Path = BLUEPRINT, vcs_ref: str | None = "HEAD", **answers: Any) -> Service:
    """Renders the template without trust, with the default answers but for those given."""
    copier.run_copy(
        str(blueprint),
        path,
        data={"python_version": RUNTIME, **answers},
        defaults=True,
        quiet=True,
        unsafe=False,
        vcs_ref=vcs_ref,
    )
    return Service(path)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """The default service with everything installed, once for all test processes; tests leave it as it is."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    path = shared / "workshop"
    with FileLock(shared / "workshop.lock"):
        if not (path / ".venv" / ".ready").exists():
            shutil.rmtree(path, ignore_errors=True)
            service = render(path)
            service.make("dev")
            service.run(".venv/bin/mypy")
    return Service(path)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, workshop: Service) -> Iterator[Service]:
    """The default service, deployed onto a local cloud of its own."""
    service = render(tmp_path_factory.mktemp("deployed") / "orders").borrow_tools(workshop)
    try:
        service.make("local")
        yield service
    finally:
        service.make("local-stop", check=False)
