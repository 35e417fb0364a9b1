"""How the tests are shared out: a folder's tests run in one process, as they share what is slow to make."""

from pathlib import Path

import pytest

# The same templates.
_TOGETHER = {"security": "infrastructure"}


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        item.add_marker(pytest.mark.xdist_group(_TOGETHER.get(folder, folder)))
