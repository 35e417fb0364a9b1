"""Services that tests share: one that is set up, one that is deployed."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from history import RENDERED, copy_work_tree
from pytest_copie.plugin import Copie
from services import RUNTIME, Render, Service
from xdist.scheduler import LoadFileScheduling

# The modules that take minutes, the longest first, so that no process is left with one at the end.
# The first two need nothing of each other's: one makes the workshop, one does without.
LONGEST = [
    "test_workflows",
    "test_rehearsal",
    "test_nothing_is_lost",
    "test_local_cloud",
    "test_docs",
    "test_events",
    "test_operations",
    "test_teams",
    "test_e2e_finds_faults",
    "test_synthesis",
]

# Those whose cases take many minutes each, which share nothing: any process may run one.
ALONE = {"test_the_road_to_production", "test_random_edits_and_changes_lose_nothing"}

collect_ignore = ["machinery"]  # tests/test_machinery.py runs it


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


class ByModule(LoadFileScheduling):  # type: ignore[misc] # xdist has no types
    """Gives a module's tests, which share fixtures, to one process, but for those that are alone."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.partition("[")[0].rpartition("::")[2] in ALONE else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    return ByModule(config, log)


@pytest.fixture(scope="session")
def render(copie_session: Copie, tmp_path_factory: pytest.TempPathFactory) -> Render:
    """Renders the template as it stands into a folder, with the default answers but for those given."""
    # Without git, or Copier would clone it for each render.
    template = copy_work_tree(tmp_path_factory.mktemp("template"), *RENDERED)

    def rendered(path: Path, **answers: Any) -> Service:
        result = copie_session.copy({"python_version": RUNTIME, **answers}, template)
        if result.exception:
            raise result.exception
        shutil.move(str(result.project_dir), path)
        return Service(path)

    return rendered


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory, render: Render) -> Service:
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
            service.run(".venv/bin/python", "blueprint/tools/check_types.py")
    return Service(path)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, render: Render, workshop: Service) -> Iterator[Service]:
    """The default service, deployed onto a local cloud of its own."""
    service = render(tmp_path_factory.mktemp("deployed") / "orders").borrow_tools(workshop)
    try:
        service.make("local")
        yield service
    finally:
        service.make("local-stop", check=False)
