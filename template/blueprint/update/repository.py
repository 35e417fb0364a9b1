"""The service's git repository, and the merge of an update into it.

An update is what changes in the service's twin, which nobody has edited: the service's answers, rendered by the version
that it has and by the new one. These are two commits, which differ in the blueprint's part alone, and git merges that.
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_DRIVER = shlex.join([sys.executable, str(Path(__file__).with_name("merge_file.py"))]).replace("%", "%%")
_NEUTRAL = (
    *("core.safecrlf=false", f"core.hooksPath={os.devnull}", "rerere.enabled=false"),
    *("merge.default=blueprint", f"merge.blueprint.driver={_DRIVER} %A %O %B"),
    *("merge.renameLimit=0", "merge.renames=true", "user.email=blueprint@example.com", "user.name=Blueprint"),
    *("url.https://github.com/.insteadOf=gh:", "url.https://gitlab.com/.insteadOf=gl:", "url..insteadOf=git+"),
)
"""How git merges here, whatever else people have it do; and Copier's own forms of addresses."""
_OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")
"""What git tells a hook, which may be what runs `make update`."""

_SETTINGS = (".cfnlintrc", ".gitignore", ".pre-commit-config.yaml", "Makefile", "cdk.json", "package.json")
_EDITORS = (".devcontainer", ".editorconfig", ".vscode")
MERGED = ("blueprint", ".github", "conftest.py", "pyproject.toml", *_SETTINGS, *_EDITORS)
"""The blueprint's part, beside the answers; everything else is the team's."""
REQUIRED = ("infra", "service.toml", "service/__init__.py", "service/aws_services.py", "tests/samples.py")
"""Of the team's part, what is written again when it is missing."""
EXAMPLES = ("docs", "service", "tests")
"""Of the team's part, where nothing else is written."""


class UpdateError(Exception):
    """The update can't continue; the message says why and what to do."""


def environment() -> dict[str, str]:
    """The environment for git, and for what runs git."""
    own = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
    first = int(own.get("GIT_CONFIG_COUNT", "0"))
    for number, setting in enumerate(_NEUTRAL, first):
        own[f"GIT_CONFIG_KEY_{number}"], _, own[f"GIT_CONFIG_VALUE_{number}"] = setting.partition("=")
    return {**own, "LC_ALL": "C", "GIT_CONFIG_COUNT": str(first + len(_NEUTRAL))}


def git(*arguments: str, cwd: Path | None = None, given: str = "", own: dict[str, str] | None = None) -> str:
    """What git prints; raises UpdateError with all that it says when it fails."""
    result = subprocess.run(
        ["git", *arguments],
        cwd=cwd or ROOT,
        env={**environment(), **(own or {})},
        input=given,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )
    if result.returncode:
        raise UpdateError((result.stdout + result.stderr).strip())
    return result.stdout


def listed(*arguments: str) -> set[str]:
    """The names that git lists, from the service's folder."""
    return set(git(*arguments, "-z").split("\0")) - {""}


class Twin:
    """Two renders, in two folders, and what of their difference is for the service."""

    def __init__(self, old: Path, new: Path, answers_file: str) -> None:
        """Raises UpdateError where a merge would write over what git doesn't have."""
        places, tracked = (*MERGED, answers_file), listed("ls-files")
        before, after = (
            {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
            for folder in (old, new)
        )
        missing = (within(after, REQUIRED) | after - before - within(after, EXAMPLES)) - tracked
        replaced = within(tracked, places)
        self.left_over = sorted((before - after) & tracked - replaced)
        """The team's files that the new version doesn't render any more."""
        base = _commit(old, replaced, within(before, places))
        self._update = _commit(new, replaced, within(after, places) | missing, "-p", base)
        brought = listed("diff-tree", "-r", "--name-only", "--relative", "--diff-filter=d", base, self._update)
        paths = {path for name in brought - tracked for path in (name, *map(str, Path(name).parents))}
        if lost := sorted(path for path in paths - tracked if (ROOT / path).is_symlink() or (ROOT / path).is_file()):
            raise UpdateError(f"The update brings files that are here, but not in git; move them: {', '.join(lost)}")

    def merge(self) -> str:
        """Merges the difference into the index and the files; returns what is in conflict, and why."""
        try:
            git("cherry-pick", "--no-commit", self._update)
        except UpdateError as error:
            conflicts = listed("diff", "--name-only", "--relative", "--diff-filter=U")
            if not conflicts:
                raise
            reasons = [line for line in str(error).splitlines() if line.startswith("CONFLICT")]
            return "\n".join([*sorted(f"  {name}" for name in conflicts), *reasons])
        return ""


def _commit(folder: Path, replaced: set[str], names: set[str], *parent: str) -> str:
    """A commit of the service's index, with the names from the folder in the place of those that are replaced.

    So git sees what the team has edited, moved or deleted of the blueprint's part, and the rest as nobody's change.
    """
    prefix = git("rev-parse", "--show-prefix").rstrip("\n")
    top = str(folder).removesuffix(f"/{prefix}".rstrip("/"))
    own = {"GIT_DIR": git("rev-parse", "--absolute-git-dir").strip(), "GIT_WORK_TREE": top}
    own["GIT_INDEX_FILE"] = f"{top}.index"
    git("read-tree", git("write-tree").strip(), own=own)
    into_index = ("-c", "core.fileMode=true", "update-index")
    for option, paths in (("--force-remove", replaced), ("--add", names)):
        git(*into_index, option, "-z", "--stdin", cwd=folder, given="\0".join(paths), own=own)
    return git("commit-tree", git("write-tree", own=own).strip(), "-m", "The blueprint", *parent).strip()


def within(names: set[str], places: tuple[str, ...]) -> set[str]:
    """Those of the names that are one of the places, or in a folder that is one."""
    return {name for name in names if any(f"{name}/".startswith(f"{place}/") for place in places)}
