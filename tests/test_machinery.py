"""The blueprint's own machinery, tested once and in one service: no team's file can turn these tests red."""

import pytest
from services import Service
from user_shell import BLUEPRINT

MACHINERY = BLUEPRINT / "tests" / "machinery"
# A third of the processor time of all: layers that are built anew, and stacks of sixty routes.
SLOW = ("test_levers.py", "test_limits.py")


@pytest.mark.parametrize("slow", [False, pytest.param(True, marks=pytest.mark.matrix)], ids=["most", "slow"])
def test_the_machinery_works(*, slow: bool, workshop: Service) -> None:
    modules = [str(path) for path in sorted(MACHINERY.glob("test_*.py")) if (path.name in SLOW) is slow]
    command = [".venv/bin/pytest", "-c", "pyproject.toml", "--rootdir", ".", "-p", "no:cacheprovider"]
    output = workshop.run(*command, f"--confcutdir={MACHINERY}", *modules).stdout
    assert " passed" in output


def test_the_machinerys_types_are_right(workshop: Service) -> None:
    """Here, where the packages are that it imports; `check_types.py` has written this configuration of mypy."""
    workshop.run(".venv/bin/python", "-m", "mypy", "--config-file", "build/mypy.toml", str(MACHINERY))
