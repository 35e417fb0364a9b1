"""`make release VERSION=1.2.0`: prepares a version of the blueprint: the changelog's heading, and a commit.

    python scripts/release.py prepare 1.2.0
    python scripts/release.py pending [FILE]    prints the version that has a heading and no tag yet; its notes to FILE

Refuses what a version must not be: one with nothing new, one from a dirty tree or another branch than main and 1.x,
one that isn't above the last, and one that breaks teams without being a major version. What breaks a team is in
docs/contributing.md. The tag is made by the workflow release.yml, once the tests have passed on that commit.
"""

import argparse
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import griffe
import yaml
from git import git
from ownership import last_release
from packaging.version import Version

BLUEPRINT = Path(__file__).parents[1]
CHANGELOG = BLUEPRINT / "CHANGELOG.md"
TEMPLATE = "template"
UNRELEASED = "## Unreleased\n"
PUBLIC = (
    "blueprint.constructs.stack",
    "blueprint.declare",
    "blueprint.runtime",
    "blueprint.settings",
    "blueprint.testing",
)
"""What a team's files import: docs/ownership.md of a service says so."""


class ReleaseError(Exception):
    """There can't be this release; the message says why."""


def prepare(text: str) -> None:
    """Raises ReleaseError before anything has changed."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", text):
        raise ReleaseError(f"{text} is not a version: use three numbers, such as 1.2.0. There are no pre-releases.")
    version, last = Version(text), last_release()
    if git(BLUEPRINT, "status", "--porcelain"):
        raise ReleaseError("Commit your changes first.")
    branch = git(BLUEPRINT, "branch", "--show-current").strip()
    if branch not in ("main", f"{version.major}.x"):
        raise ReleaseError(f"A release is cut from main; a patch of an older major version, from {version.major}.x.")
    if last and version <= Version(last):
        raise ReleaseError(f"{version} is not above the last release, {last}.")
    if git(BLUEPRINT, "tag", "--list", f"v{version}"):
        raise ReleaseError(f"{version} has been released.")
    changelog = CHANGELOG.read_text()
    head, found, rest = changelog.partition(UNRELEASED)
    if not found or not re.match(r"\s*- ", rest):
        raise ReleaseError("CHANGELOG.md says nothing under Unreleased.")
    late = [each for each in _migrations() if last and Version(last) < each != version]
    if late:
        raise ReleaseError(f"copier.yml has a migration for {late[0]}; that must be this release's version.")
    breaks = _breaks(last) if last else []
    if last and version.major == Version(last).major and (breaks or version in _migrations()):
        raise ReleaseError(
            f"This breaks teams since {last}, so that it must be a major version:"
            + "".join(f"\n  {line}" for line in breaks or ["a migration moves files of theirs"])
        )
    CHANGELOG.write_text(f"{head}{UNRELEASED}\n## {version} ({datetime.now(UTC).date()})\n{rest}")
    try:
        git(BLUEPRINT, "commit", "--quiet", "--message", f"Release {version}", "--", str(CHANGELOG))
    except subprocess.CalledProcessError as error:
        CHANGELOG.write_text(changelog)
        raise ReleaseError(f"git can't commit: {error.stderr.strip()}") from None
    print(f"{version} is prepared. Push {branch}: CI tests services of earlier versions with it, and then tags it.")


def pending(notes: Path | None) -> None:
    """Prints the newest version of the changelog where it has no tag yet, and writes its part of the changelog."""
    found = re.search(r"^## (\d+\.\d+\.\d+) [^\n]*\n(.*?)(?=^## |\Z)", CHANGELOG.read_text(), re.MULTILINE | re.DOTALL)
    if found and not git(BLUEPRINT, "tag", "--list", f"v{found[1]}"):
        print(f"v{found[1]}")
        if notes:
            notes.write_text(found[2].strip() + "\n")


def _migrations() -> list[Version]:
    settings = yaml.safe_load((BLUEPRINT / "copier.yml").read_text())
    return [Version(str(migration["version"])) for migration in settings.get("_migrations", [])]


def _breaks(last: str) -> list[str]:
    """What of the public Python has gone, or takes other arguments, since the last release."""
    found = []
    for name in PUBLIC:
        old = griffe.load_git(name, ref=last, repo=BLUEPRINT, search_paths=[TEMPLATE], allow_inspection=False)
        new = griffe.load(name, search_paths=[BLUEPRINT / TEMPLATE], allow_inspection=False)
        found += [f"{each.obj.path}: {each.kind.value}" for each in griffe.find_breaking_changes(old, new)]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("prepare").add_argument("version")
    commands.add_parser("pending").add_argument("notes", type=Path, nargs="?")
    options = parser.parse_args()
    try:
        if options.command == "prepare":
            prepare(options.version)
        else:
            pending(options.notes)
    except ReleaseError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
