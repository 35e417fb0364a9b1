"""The fresh render that everything is measured on, and running commands in it."""

import os
import subprocess
import sys
from pathlib import Path

BLUEPRINT = Path(__file__).parents[1]
SERVICE = BLUEPRINT / "build" / "bench"


class BenchError(Exception):
    """The benchmark can't continue; the message says why."""


def run(*command: str, show: bool = False, **variables: str) -> str:
    """What the command prints, run in the service's folder as its user would; raises BenchError when it fails."""
    own = str(BLUEPRINT / ".venv" / "bin")
    path = [folder for folder in os.environ["PATH"].split(os.pathsep) if folder != own]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE", "MFLAGS"))}
    result = subprocess.run(
        command,
        cwd=SERVICE,
        env={**environment, "PATH": os.pathsep.join(path), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=None if show else subprocess.PIPE,
        text=True,
        check=False,
    )
    if result.returncode:
        raise BenchError(f"{' '.join(command)} has failed in {SERVICE}:\n{result.stdout}{result.stderr or ''}")
    return result.stdout


def python(*arguments: str) -> str:
    """What the service's own Python prints."""
    return run(str(SERVICE / ".venv" / "bin" / "python"), *arguments, show=True, PYTHONPATH=str(SERVICE))


def runtime() -> str:
    """The answer python_version for this machine."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"
