"""What migration scripts are made of. Python 3.11 and its standard library, nothing else.

Copier runs a script twice, in the service's folder, when an update crosses the version that needs it: with STAGE
`before` the new version is rendered, and `after` it has been merged. It runs from the template's own checkout, and only
for someone who trusts the template. README.md shows one.

Everything here is idempotent, says what it has done, and works on what git tracks: nothing is lost.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


class MigrationError(Exception):
    """The migration can't continue; the message says why and what to do."""


def run(*, before: Callable[[], None] | None = None, after: Callable[[], None] | None = None) -> None:
    """Runs what belongs to the stage that Copier names in STAGE; ends the process with a sentence when it fails.

    https://copier.readthedocs.io/en/stable/configuring/#migrations
    """
    stage = os.environ.get("STAGE", "")
    try:
        if stage == "before":
            require_clean_tree()
        step = {"before": before, "after": after}[stage]
        if step:
            step()
    except KeyError:
        sys.exit(f"error: STAGE is {stage!r}; Copier sets it to before or after.")
    except MigrationError as error:
        sys.exit(f"error: {error}")


def require_clean_tree() -> None:
    """Raises MigrationError when the working tree has changes, other than those that migrations have staged."""
    changes = [line for line in _git("status", "--porcelain").splitlines() if line[1] != " "]
    if changes:
        raise MigrationError("Commit your changes first, or stash them:\n" + "\n".join(changes))


def move(old: str, new: str) -> None:
    """Moves a tracked file or folder, with all edits and in git's index, so that the update finds it there.

    What isn't there any more, moved before or deleted by the team, is left so. Raises MigrationError when both are
    there.
    """
    if not _tracked(old):
        return
    if _tracked(new) or Path(new).exists():
        raise MigrationError(f"{old} moves to {new}, but both exist: make one file of them, commit, update again.")
    Path(new).parent.mkdir(parents=True, exist_ok=True)
    _git("mv", old, new)
    print(f"Moved {old} to {new}")


def rewrite(pattern: str, old: str, new: str) -> None:
    """Replaces a name, such as that of a module that has moved, in all tracked files that match git's pattern.

    `infra.resources` is not replaced where it is part of a longer name, such as `our_infra.resources`. What else is in
    a file stays as it is, byte for byte.
    """
    name = re.compile(rb"(?<![\w.])%s(?!\w)" % re.escape(old.encode()))
    for file in _tracked(pattern):
        path = Path(file)
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        rewritten = name.sub(lambda _: new.encode(), content)
        if rewritten != content:
            path.write_bytes(rewritten)
            _git("add", file)
            print(f"Replaced {old} by {new} in {file}")


def _tracked(pattern: str) -> list[str]:
    return [name for name in _git("ls-files", "-z", "--", pattern).split("\0") if name]


def _git(*arguments: str) -> str:
    result = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    if result.returncode:
        raise MigrationError(f"git {arguments[0]} has failed: {result.stderr.strip()}")
    return result.stdout
