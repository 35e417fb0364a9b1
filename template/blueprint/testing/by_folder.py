"""How the tests are run: those of a folder in one process, as they share what is slow to make."""

from pathlib import PurePosixPath
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

# The same templates.
_TOGETHER = {"security": "infrastructure"}


class _ByFolder(LoadScopeScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        folder = PurePosixPath(nodeid.partition("::")[0]).parent.name
        return _TOGETHER.get(folder, folder)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByFolder:
    # Not by the mark xdist_group: https://github.com/pytest-dev/pytest-xdist/issues/1386
    return _ByFolder(config, log)


def pytest_exception_interact(call: pytest.CallInfo[None]) -> None:
    """Where `reach` can't reach the environment, its sentence ends the run: each test would fail with it."""
    if call.excinfo and isinstance(call.excinfo.value, SystemExit):
        pytest.exit(str(call.excinfo.value), returncode=1)
