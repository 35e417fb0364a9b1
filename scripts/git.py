"""git, as the scripts and the tests run it."""

import subprocess
from pathlib import Path

TEAM = ("-c", "user.name=A Team", "-c", "user.email=team@example.com", "-c", "commit.gpgsign=false")
"""Options that make somebody else the author of commits than who runs this."""


def git(folder: Path, *arguments: str) -> str:
    """What git prints; raises CalledProcessError, with its reason in `stderr`, when it fails."""
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout
