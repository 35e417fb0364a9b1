"""What an update does with git: the service's twin, which nobody has edited, in two commits, and their merge.

The twin is what the service's answers give: once rendered by the version that the service has, once by the new one.
The two commits differ in the blueprint's part alone, and git merges that difference into the service.
"""

from pathlib import Path

from blueprint.update import repository
from blueprint.update.doubt import doubts
from blueprint.update.repository import UpdateError, git, last_line, listed, run_git

_SETTINGS = (".cfnlintrc", ".gitignore", ".pre-commit-config.yaml", "Makefile", "cdk.json", "package.json")
MERGED = ("blueprint", ".github", "conftest.py", "pyproject.toml", *_SETTINGS)
"""The blueprint's part, beside the answers; everything else is the team's."""
REQUIRED = ("infra", "service.toml", "service/__init__.py", "service/aws_services.py", "tests/samples.py")
"""Of the team's part, what is written again when it is missing."""
EXAMPLES = ("docs", "service", "tests")
"""Of the team's part, where nothing else is written."""


class Twin:
    """Two renders, in two folders, and what of their difference is for the service."""

    def __init__(self, old: Path, new: Path, answers_file: str) -> None:
        self._folders = old, new
        self._before, self._after = (
            {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
            for folder in self._folders
        )
        self._places = (*MERGED, answers_file)

    def _theirs(self) -> set[str]:
        """What of the new render is for the service: the blueprint's part, and what it lacks of the team's."""
        new = self._after - self._before - within(self._after, EXAMPLES)
        return within(self._after, self._places) | (within(self._after, REQUIRED) | new) - listed("ls-files")

    def left_over(self) -> list[str]:
        """The team's files that the new version doesn't render any more."""
        gone = (self._before - self._after) & listed("ls-files")
        return sorted(gone - within(gone, self._places))

    def require_room(self) -> None:
        """Raises UpdateError where a merge would write over what git doesn't have, or can't compare the lines."""
        old, new = self._folders
        tracked = listed("ls-files")
        changed = {
            name
            for name in self._theirs()
            if name not in self._before or (old / name).read_bytes() != (new / name).read_bytes()
        }
        paths = {str(path) for name in changed - tracked for path in (Path(name), *Path(name).parents)} - tracked
        root = repository.ROOT
        if lost := sorted(path for path in paths if (root / path).is_symlink() or (root / path).is_file()):
            raise UpdateError(
                f"The update brings files that are here, but not in git. Move or commit: {', '.join(lost)}"
            )
        shown = [line.split("\t") for line in listed("ls-files", "-v", "--eol") if "\t" in line]
        if hidden := sorted(name for flags, name in shown if name in changed and flags[0].islower()):
            raise UpdateError(f"git is told not to look at {', '.join(hidden)}: git update-index --no-assume-unchanged")
        if crlf := sorted(name for flags, name in shown if name in changed and flags[2:].startswith("i/crlf")):
            raise UpdateError(
                f"Lines end with CRLF in git, and with LF in the blueprint, in {', '.join(crlf)}. Once: "
                'echo "* text=auto" >> .gitattributes && git add --renormalize . && git commit'
            )

    def merge(self, old_version: str, new_version: str) -> tuple[list[str], str]:
        """Merges the difference into the index and the files; returns what is in conflict, and what git says of it."""
        old, new = self._folders
        replaced = within(listed("ls-files"), self._places)
        ours = git("write-tree").strip()
        base = _commit(ours, old, replaced, within(self._before, self._places), f"Blueprint {old_version}")
        update = _commit(ours, new, replaced, self._theirs(), f"Blueprint {new_version}", "-p", base)
        result = run_git("cherry-pick", "--no-commit", update)
        conflicts = listed("diff", "--name-only", "--relative", "--diff-filter=U")
        if result.returncode and not conflicts:
            raise UpdateError(last_line(result.stderr))
        said = [line for line in result.stdout.splitlines() if line.startswith("CONFLICT")]
        for name in doubts(base, ours, update, conflicts):
            conflicts.add(name)
            said.append(f"CONFLICT (place): Lines have two possible places in {name}")
        return sorted(conflicts), "\n".join(said)


def _commit(tree: str, folder: Path, replaced: set[str], names: set[str], *message: str) -> str:
    """A commit of the service's index, with the names from the folder in the place of those that are replaced.

    So git sees what the team has edited, moved or deleted of the blueprint's part, and the rest as nobody's change.
    """
    prefix = git("rev-parse", "--show-prefix").rstrip("\n")
    top = Path(str(folder).removesuffix(f"/{prefix}".rstrip("/")))
    own = {
        "GIT_DIR": git("rev-parse", "--absolute-git-dir").strip(),
        "GIT_WORK_TREE": str(top),
        "GIT_INDEX_FILE": f"{top}.index",
    }
    git("read-tree", tree, variables=own)
    for options, paths in (("--force-remove", replaced), ("--add", names)):
        git("update-index", options, "-z", "--stdin", cwd=folder, given="\0".join(paths), variables=own)
    return git("commit-tree", git("write-tree", variables=own).strip(), "-m", *message).strip()


def within(names: set[str], places: tuple[str, ...]) -> set[str]:
    """Those of the names that are one of the places, or in a folder that is one."""
    return {name for name in names if any(f"{name}/".startswith(f"{place}/") for place in places)}
