"""The environment of a user's shell, in which a rendered service is set up: without this repository's own."""

import os
from pathlib import Path

BLUEPRINT = Path(__file__).parents[1]


def user_path() -> str:
    """The PATH without this repository's packages."""
    own = str(BLUEPRINT / ".venv" / "bin")
    return os.pathsep.join(folder for folder in os.environ["PATH"].split(os.pathsep) if folder != own)
