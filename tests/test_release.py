"""How a version of the blueprint is cut, and what can't be one."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from history import CHANGELOG, Blueprint, commit, git, major_changes, minor_changes, replace
from services import user_environment


@pytest.fixture
def blueprint(tmp_path: Path) -> Blueprint:
    """A blueprint whose last release is 1.0.0, with something new since."""
    blueprint = Blueprint.of_this_template(tmp_path / "blueprint")
    replace(blueprint.path / CHANGELOG, "## Unreleased\n", "## Unreleased\n\n- Something new.\n")
    minor_changes(blueprint.template)
    commit(blueprint.path, "Change something")
    for name, value in (("user.name", "A Maintainer"), ("user.email", "maintainer@example.com")):
        git(blueprint.path, "config", name, value)
    return blueprint


def run(blueprint: Blueprint, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, f"scripts/{script}.py", *arguments]
    return subprocess.run(
        command, cwd=blueprint.path, env=user_environment(), capture_output=True, text=True, check=False
    )


def test_a_release_is_a_heading_and_a_commit_and_the_tag_is_left_to_ci(blueprint: Blueprint) -> None:
    result = run(blueprint, "release", "prepare", "1.1.0")
    assert result.returncode == 0, result.stderr
    assert git(blueprint.path, "tag").split() == ["v1.0.0"]
    assert git(blueprint.path, "log", "-1", "--format=%s") == "Release 1.1.0\n"
    assert git(blueprint.path, "status", "--porcelain") == ""
    changelog = (blueprint.path / CHANGELOG).read_text()
    assert re.search(r"## Unreleased\n\n## 1\.1\.0 \(\d{4}-\d\d-\d\d\)\n\n- Something new\.", changelog)


def nothing_new(blueprint: Blueprint) -> None:
    replace(blueprint.path / CHANGELOG, "- Something new.\n", "")
    commit(blueprint.path, "Say nothing")


def another_branch(blueprint: Blueprint) -> None:
    git(blueprint.path, "switch", "--quiet", "--create", "idea")


def dirty(blueprint: Blueprint) -> None:
    (blueprint.template / "idea.py").write_text("")


def a_public_name_less(blueprint: Blueprint) -> None:
    replace(blueprint.template / "blueprint" / "runtime" / "errors.py", "class NotFoundError", "class GoneError")
    commit(blueprint.path, "Rename")


def an_argument_more(blueprint: Blueprint) -> None:
    replace(
        blueprint.template / "blueprint" / "declare" / "triggers.py",
        "    path: str\n",
        "    path: str\n    team: str\n",
    )
    commit(blueprint.path, "Want more")


def a_migration(blueprint: Blueprint) -> None:
    major_changes(blueprint.template)
    commit(blueprint.path, "Move")


@pytest.mark.parametrize(
    ("change", "version", "sentence"),
    [
        (nothing_new, "1.1.0", "CHANGELOG.md says nothing under Unreleased."),
        (another_branch, "1.1.0", "A release is cut from main; a patch of an older major version, from 1.x."),
        (dirty, "1.1.0", "Commit your changes first."),
        *(
            (lambda _: None, each, f"{each} is not a version")
            for each in ("1.2", "2", "v1.1.0", "2.0.0rc1", "1.1.0.dev1")
        ),
        (lambda _: None, "1.0.0", "1.0.0 is not above the last release, v1.0.0."),
        (a_public_name_less, "1.1.0", "blueprint.runtime.errors.NotFoundError: Public object was removed"),
        (an_argument_more, "1.1.0", "blueprint.declare.triggers.Http.__init__: Parameter was added as required"),
        (a_migration, "1.1.0", "copier.yml has a migration for 2.0.0; that must be this release's version."),
    ],
)
def test_an_invalid_release_is_refused_and_nothing_happens(
    blueprint: Blueprint, change: Callable[[Blueprint], None], version: str, sentence: str
) -> None:
    change(blueprint)
    head = git(blueprint.path, "rev-parse", "HEAD")
    result = run(blueprint, "release", "prepare", version)
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert sentence in result.stderr
    assert git(blueprint.path, "rev-parse", "HEAD") == head
    assert git(blueprint.path, "tag").split() == ["v1.0.0"]


@pytest.mark.parametrize("change", [a_public_name_less, a_migration])
def test_a_break_makes_a_major_version(blueprint: Blueprint, change: Callable[[Blueprint], None]) -> None:
    change(blueprint)
    result = run(blueprint, "release", "prepare", "2.0.0")
    assert result.returncode == 0, result.stderr


def test_a_team_owned_path_moves_with_a_migration_only(blueprint: Blueprint) -> None:
    assert run(blueprint, "ownership").returncode == 0
    # Given a team's file that moves, another one that becomes the blueprint's, and an example that goes, as it may
    (blueprint.template / "infra" / "tables.py").rename(blueprint.template / "infra" / "our_tables.py")
    replace(blueprint.path / "copier.yml", "  - /infra/functions.py\n", "")
    (blueprint.template / "service" / "logic" / "orders.py").unlink()
    result = run(blueprint, "ownership")
    assert result.returncode == 1
    assert result.stderr.splitlines()[1:] == ["  infra/functions.py", "  infra/tables.py"]
    # With a migration that names it, a move is one that teams can follow.
    git(blueprint.path, "checkout", "--quiet", ".")
    git(blueprint.path, "clean", "-fdq")
    major_changes(blueprint.template)
    assert run(blueprint, "ownership").returncode == 0


def test_a_prepared_version_is_pending_until_it_has_its_tag(blueprint: Blueprint, tmp_path: Path) -> None:
    assert run(blueprint, "release", "pending").stdout == ""
    run(blueprint, "release", "prepare", "1.1.0")
    result = run(blueprint, "release", "pending", str(tmp_path / "notes.md"))
    assert result.stdout == "v1.1.0\n"
    assert (tmp_path / "notes.md").read_text() == "- Something new.\n"
    git(blueprint.path, "tag", "v1.1.0")
    assert run(blueprint, "release", "pending").stdout == ""


def test_the_first_release_can_be_cut_from_this_repository(tmp_path: Path) -> None:
    """The changelog as it stands, without a release before it."""
    blueprint = Blueprint.of_this_repository(tmp_path / "blueprint")
    commit(blueprint.path, "Everything")
    git(blueprint.path, "switch", "--quiet", "--force-create", "main")
    for tag in git(blueprint.path, "tag").split():
        git(blueprint.path, "tag", "--delete", tag)
    for name, value in (("user.name", "A Maintainer"), ("user.email", "maintainer@example.com")):
        git(blueprint.path, "config", name, value)
    result = run(blueprint, "release", "prepare", "1.0.0")
    assert result.returncode == 0, result.stderr
    result = run(blueprint, "release", "pending", str(tmp_path / "notes.md"))
    assert result.stdout == "v1.0.0\n"
    assert "`copier copy` renders" in (tmp_path / "notes.md").read_text()


def test_an_older_major_version_gets_a_patch_from_its_own_branch(blueprint: Blueprint) -> None:
    git(blueprint.path, "branch", "1.x")
    a_migration(blueprint)
    assert run(blueprint, "release", "prepare", "2.0.0").returncode == 0
    git(blueprint.path, "tag", "v2.0.0")
    git(blueprint.path, "switch", "--quiet", "1.x")
    assert run(blueprint, "release", "prepare", "2.0.1").returncode == 1
    result = run(blueprint, "release", "prepare", "1.0.1")
    assert result.returncode == 0, result.stderr


def test_a_commit_that_fails_leaves_nothing_behind(blueprint: Blueprint) -> None:
    git(blueprint.path, "config", "commit.gpgSign", "true")
    git(blueprint.path, "config", "gpg.program", "false")
    result = run(blueprint, "release", "prepare", "1.1.0")
    assert result.returncode == 1
    assert result.stderr.startswith("error: git can't commit")
    assert git(blueprint.path, "status", "--porcelain") == ""


def test_a_migration_has_its_script_and_its_place_in_copier_yml(blueprint: Blueprint) -> None:
    (blueprint.path / "hooks" / "v1_1_0.py").write_text("")
    result = run(blueprint, "ownership")
    assert result.stderr == "error: hooks/ and copier.yml's _migrations don't have the same versions: v1.1.0\n"


def test_the_changelog_may_hold_what_jinja_would_read(blueprint: Blueprint, tmp_path: Path) -> None:
    replace(blueprint.path / CHANGELOG, "- Something new.", "- [~10 %] faster, [= name =], [% if %].")
    blueprint.release("1.1.0")
    service = blueprint.render(tmp_path / "service")
    changelog = service.path / "blueprint" / "docs" / "blueprint-changelog.md"
    assert "- [~10 %] faster, [= name =], [% if %]." in changelog.read_text()
    assert not changelog.is_symlink()
