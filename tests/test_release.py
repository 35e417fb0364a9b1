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


def test_a_release_is_a_heading_a_commit_and_a_tag(blueprint: Blueprint) -> None:
    result = run(blueprint, "release", "1.1.0")
    assert result.returncode == 0, result.stderr
    assert git(blueprint.path, "describe").strip() == "v1.1.0"
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
        (another_branch, "1.1.0", "A release is cut from main."),
        (dirty, "1.1.0", "Commit your changes first."),
        (lambda _: None, "1.0.0", "1.0.0 is not above the last release, v1.0.0."),
        (a_public_name_less, "1.1.0", "blueprint.runtime.errors.NotFoundError: Public object was removed"),
        (an_argument_more, "1.1.0", "blueprint.declare.triggers.Http.__init__: Parameter was added as required"),
        (a_migration, "1.1.0", "copier.yml has a migration for 2.0.0; that must be this release's version."),
    ],
    ids=["nothing new", "another branch", "dirty", "not above", "a name less", "an argument more", "a migration"],
)
def test_what_is_no_release_is_refused_and_nothing_happens(
    blueprint: Blueprint, change: Callable[[Blueprint], None], version: str, sentence: str
) -> None:
    change(blueprint)
    head = git(blueprint.path, "rev-parse", "HEAD")
    result = run(blueprint, "release", version)
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert sentence in result.stderr
    assert git(blueprint.path, "rev-parse", "HEAD") == head
    assert git(blueprint.path, "tag").split() == ["v1.0.0"]


@pytest.mark.parametrize("change", [a_public_name_less, a_migration])
def test_a_break_makes_a_major_version(blueprint: Blueprint, change: Callable[[Blueprint], None]) -> None:
    change(blueprint)
    result = run(blueprint, "release", "2.0.0")
    assert result.returncode == 0, result.stderr


def test_a_team_owned_path_moves_with_a_migration_only(blueprint: Blueprint) -> None:
    assert run(blueprint, "ownership").returncode == 0
    # Given a team's file that moves, another one that becomes the blueprint's, and a third that goes
    (blueprint.template / "infra" / "tables.py").rename(blueprint.template / "infra" / "our_tables.py")
    replace(blueprint.path / "copier.yml", "  - /infra/functions.py\n", "")
    (blueprint.template / "service" / "logic" / "orders.py").unlink()
    result = run(blueprint, "ownership")
    assert result.returncode == 1
    assert result.stderr.splitlines()[1:] == ["  infra/functions.py", "  infra/tables.py", "  service/logic/orders.py"]
    # With a migration that names it, a move is one that teams can follow.
    git(blueprint.path, "checkout", "--quiet", ".")
    git(blueprint.path, "clean", "-fdq")
    major_changes(blueprint.template)
    assert run(blueprint, "ownership").returncode == 0
