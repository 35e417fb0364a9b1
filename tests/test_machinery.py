"""The blueprint's own machinery, tested once and in one service: no team's file can turn these tests red."""

import pytest
from services import Service
from user_shell import BLUEPRINT

MACHINERY = BLUEPRINT / "tests" / "machinery"


@pytest.mark.matrix
def test_the_machinery_works(workshop: Service) -> None:
    command = [".venv/bin/pytest", "-c", "pyproject.toml", "--rootdir", ".", "-p", "no:cacheprovider"]
    output = workshop.run(*command, f"--confcutdir={MACHINERY}", str(MACHINERY)).stdout
    assert " passed" in output


def test_the_machinerys_types_are_right(workshop: Service) -> None:
    """Here, where the packages are that it imports; `check_types.py` has written this configuration of mypy."""
    workshop.run(".venv/bin/python", "-m", "mypy", "--config-file", "build/mypy.toml", str(MACHINERY))
