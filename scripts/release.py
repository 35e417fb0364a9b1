"""`make release VERSION=1.2.0`: cuts a version of the blueprint: the changelog's heading, a commit, a tag.

Refuses what a version must not be: one with nothing new, one from a dirty tree or another branch than main, one that
isn't above the last, and one that breaks teams without being a major version. What breaks a team is in
docs/contributing.md.
"""

import argparse
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import griffe
import yaml
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


def release(version: Version) -> None:
    """Raises ReleaseError before anything has changed."""
    last = last_release()
    if _git("status", "--porcelain"):
        raise ReleaseError("Commit your changes first.")
    if _git("branch", "--show-current").strip() != "main":
        raise ReleaseError("A release is cut from main.")
    if last and version <= Version(last):
        raise ReleaseError(f"{version} is not above the last release, {last}.")
    head, found, rest = CHANGELOG.read_text().partition(UNRELEASED)
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
    today = datetime.now(UTC).date()
    CHANGELOG.write_text(f"{head}{UNRELEASED}\n## {version} ({today})\n{rest}")
    _git("commit", "--quiet", "--message", f"Release {version}", "--", str(CHANGELOG))
    _git("tag", "--annotate", "--message", f"Release {version}", f"v{version}")
    print(f"v{version} is tagged. Publish it with: git push --follow-tags")


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


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=BLUEPRINT, capture_output=True, text=True, check=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", type=Version, help="such as 1.2.0")
    try:
        release(parser.parse_args().version)
    except ReleaseError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
