"""Part of `make check`: a team-owned path never moves, and never goes, without a migration that takes the team's along.

An update leaves the files that a team owns alone, so nothing but a migration could move them.
"""

import re
import sys
from pathlib import Path

import yaml
from git import git
from packaging.version import Version
from pathspec import GitIgnoreSpec

BLUEPRINT = Path(__file__).parents[1]
_ON_UPDATE = re.compile(r"\[% if _copier_operation == 'update' %\]\n(.*?)\n\s*\[% endif %\]", re.DOTALL)


def examples(questions: str) -> list[str]:
    """The patterns of the team-owned folders in the text of a copier.yml, into which an update brings nothing."""
    excluded = [found[1] for text in yaml.safe_load(questions)["_exclude"] if (found := _ON_UPDATE.search(text))]
    return [line.strip() for text in excluded for line in text.splitlines()]


def patterns(questions: str) -> list[str]:
    """The patterns of all team-owned paths in the text of a copier.yml: no update touches what matches one."""
    return [*examples(questions), *yaml.safe_load(questions)["_skip_if_exists"]]


def team_owned(questions: str, files: list[str]) -> set[str]:
    """Those of the template's files that are a team's in a service, by their names there."""
    spec = GitIgnoreSpec.from_lines(patterns(questions))
    names = {re.sub(r"\[% yield (\w+).*\]\[= \1 =\]\[% endyield %\]", "NAME", name) for name in files}
    return set(spec.match_files(name.removesuffix(".jinja") for name in names))


def lost(last_release: str) -> set[str]:
    """The team-owned paths of the release that are so no more, and that no later migration names.

    A file of the example may go: no service loses it.
    """
    before = team_owned(git(BLUEPRINT, "show", f"{last_release}:copier.yml"), _template_files(last_release))
    questions = (BLUEPRINT / "copier.yml").read_text()
    now = team_owned(questions, _template_files(None))
    migrations = [
        migration
        for migration in yaml.safe_load(questions).get("_migrations", [])
        if Version(str(migration["version"])) > Version(last_release)
    ]
    scripts = re.findall(r"hooks/([\w.]+\.py)", str(migrations))
    moved = "".join((BLUEPRINT / "hooks" / name).read_text() for name in scripts)
    now.update(GitIgnoreSpec.from_lines(examples(questions)).match_files(before))
    return {name for name in before - now if not any(f'"{part}"' in moved for part in _with_parents(name))}


def last_release() -> str | None:
    """The tag of the last release that the work tree comes from."""
    return max(released(), key=Version, default=None)


def released() -> list[str]:
    """The tags of all releases that the work tree comes from."""
    return [tag for tag in git(BLUEPRINT, "tag", "--merged", "HEAD").split() if re.fullmatch(r"v\d+\.\d+\.\d+", tag)]


def unequal() -> set[str]:
    """The versions that have a script in hooks/ or a place in copier.yml's _migrations, but not both."""
    migrations = yaml.safe_load((BLUEPRINT / "copier.yml").read_text()).get("_migrations", [])
    scripts = {path.stem.replace("_", ".") for path in (BLUEPRINT / "hooks").glob("v*.py")}
    return scripts ^ {str(migration["version"]) for migration in migrations}


def _with_parents(name: str) -> list[str]:
    return [name, *(str(parent) for parent in Path(name).parents if str(parent) != ".")]


def _template_files(revision: str | None) -> list[str]:
    """The template's files at that revision, or in the work tree."""
    if revision:
        names = git(BLUEPRINT, "ls-tree", "-r", "-z", "--name-only", revision, "template/")
    else:
        names = git(BLUEPRINT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "template/")
    return [
        name.removeprefix("template/")
        for name in names.split("\0")
        if name and (revision or (BLUEPRINT / name).exists())
    ]


def main() -> None:
    if names := unequal():
        sys.exit(f"error: hooks/ and copier.yml's _migrations don't have the same versions: {', '.join(sorted(names))}")
    release = last_release()
    if release and (names := lost(release)):
        sys.exit(
            f"error: these are a team's since {release}, or longer, and must stay so, or be moved by a migration "
            "(hooks/README.md):" + "".join(f"\n  {name}" for name in sorted(names))
        )


if __name__ == "__main__":
    main()
