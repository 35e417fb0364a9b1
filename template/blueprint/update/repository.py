"""The service's git repository, for updates."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_NEUTRAL = (
    *("color.ui=false", "core.fileMode=true", "core.fsmonitor=false", f"core.hooksPath={os.devnull}"),
    *("core.safecrlf=false", "merge.default=text", "merge.directoryRenames=conflict", "merge.renameLimit=0"),
    *("merge.renames=true", "rerere.enabled=false", "user.email=blueprint@example.com", "user.name=Blueprint"),
)
"""Settings of git which people change, and which would change the merge, or stop it."""
_OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")
"""What git tells a hook, which may be what runs `make update`."""


class UpdateError(Exception):
    """The update can't continue, or waits for a person (exit code 3); the message says why and what to do."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def listed(command: str, *options: str) -> set[str]:
    """The names that git lists, from the service's folder."""
    return set(git(command, "-z", *options).split("\0")) - {""}


def git(*arguments: str, cwd: Path | None = None, given: str = "", variables: Mapping[str, str] | None = None) -> str:
    """What git prints; raises UpdateError, with its reason, when it fails."""
    result = run_git(*arguments, cwd=cwd, given=given, variables=variables)
    if result.returncode:
        raise UpdateError(last_line(result.stderr))
    return result.stdout


def run_git(
    *arguments: str, cwd: Path | None = None, given: str = "", variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=cwd or ROOT,
            env={**environment(), **(variables or {})},
            input=given,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
    except FileNotFoundError:
        raise UpdateError("An update needs git, which is not installed.") from None


def environment(*settings: str) -> dict[str, str]:
    """The environment for git, and for what runs git, with these settings of git and the neutral ones."""
    own = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
    first = int(own.get("GIT_CONFIG_COUNT", "0"))
    own |= {"LC_ALL": "C", "GIT_CONFIG_COUNT": str(first + len(_NEUTRAL) + len(settings))}
    for number, setting in enumerate((*_NEUTRAL, *settings), first):
        own[f"GIT_CONFIG_KEY_{number}"], _, own[f"GIT_CONFIG_VALUE_{number}"] = setting.partition("=")
    return own


def last_line(output: str) -> str:
    """What a program says last, which names what went wrong."""
    return (output.strip().splitlines() or ["no reason was given."])[-1]


def blob(object_id: str) -> bytes:
    """A file's content, as git has it."""
    return subprocess.check_output(["git", "cat-file", "blob", object_id], cwd=ROOT, env=environment())
