"""How the tests are shared out: those of a folder run in one process, as they share what is slow to make."""

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
