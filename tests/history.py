"""A history of the blueprint: a repository with versions made from this template and patches to it."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import copier
import git as repository
from git import TEAM
from services import RUNTIME, Service, user_environment
from user_shell import BLUEPRINT

CHANGELOG = "CHANGELOG.md"
RENDERED = ("copier.yml", "hooks", "template", CHANGELOG)
"""What Copier reads of this repository: a copy of it renders the same."""


def git(folder: Path, *arguments: str) -> str:
    """What git prints, with a team as the author of commits."""
    return repository.git(folder, *TEAM, *arguments)


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)


def replace(path: Path, old: str, new: str) -> None:
    """Replaces the first occurrence of a text, which must be there."""
    text = path.read_text()
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new, 1))


def copy_work_tree(path: Path, *parts: str) -> Path:
    """The path, with a copy of this repository's work tree in it, or of its files and folders of these names."""
    listed = git(BLUEPRINT, "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *parts)
    for name in filter(None, listed.split("\0")):
        source, copy = BLUEPRINT / name, path / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            copy.symlink_to(source.readlink())
        elif source.is_file():
            copy.write_bytes(source.read_bytes())
            copy.chmod(source.stat().st_mode)
    return path


@dataclass(frozen=True)
class Blueprint:
    """A repository of the blueprint, whose versions are its tags."""

    path: Path

    @property
    def template(self) -> Path:
        return self.path / "template"

    @classmethod
    def of_this_template(cls, path: Path) -> "Blueprint":
        """What this repository's work tree renders and releases, as version 1.0.0."""
        copy_work_tree(path, *RENDERED, "scripts", ".gitignore")
        git(path, "init", "--quiet", "--initial-branch=main")
        blueprint = cls(path)
        blueprint.release("1.0.0")
        return blueprint

    @classmethod
    def of_this_repository(cls, path: Path) -> "Blueprint":
        """This repository with its releases, and its work tree beyond the last of them."""
        git(BLUEPRINT, "clone", "--quiet", str(BLUEPRINT), str(path))
        for name in git(path, "ls-files", "-z").split("\0")[:-1]:
            (path / name).unlink()
        copy_work_tree(path)
        return cls(path)

    def release(self, version: str, *changes: Callable[[Path], object]) -> None:
        """Applies the changes to the template, and tags the result as this version."""
        for change in changes:
            change(self.template)
        changelog = self.path / CHANGELOG
        replace(changelog, "## Unreleased\n", f"## Unreleased\n\n## {version}\n\n- News of {version}.\n")
        commit(self.path, f"Release {version}")
        git(self.path, "tag", f"v{version}")

    def render(self, path: Path, version: str | None = None, **answers: Any) -> Service:
        """A service rendered from that version, the newest by default, in a git repository of its own."""
        rendered = _render(str(self.path), git(self.path, "for-each-ref", "refs/tags"), version, tuple(answers.items()))
        return Service(shutil.copytree(rendered, path, symlinks=True))


@cache
def _render(blueprint: str, tags: str, version: str | None, answers: tuple[tuple[str, Any], ...]) -> Path:  # noqa: ARG001
    """The render, once as long as the tags are the same: copying it takes a fraction of the time."""
    path = Path(tempfile.mkdtemp(prefix="rendered-", dir=Path(blueprint).parent)) / "service"
    data = {"python_version": RUNTIME, **dict(answers)}
    vcs_ref = f"v{version}" if version else None
    copier.run_copy(blueprint, path, data=data, defaults=True, quiet=True, vcs_ref=vcs_ref)
    git(path, "init", "--quiet", "--initial-branch=main")
    # Tests may link to the packages of another service: git's pattern for those is one for folders.
    (path / ".git" / "info" / "exclude").write_text(".venv\nnode_modules\n")
    commit(path, "Start from the blueprint")
    return path


def update(service: Service, *, trust: bool = False, **answers: Any) -> None:
    """What `copier update --defaults` does."""
    copier.run_update(service.path, data=answers, defaults=True, overwrite=True, quiet=True, unsafe=trust)


@cache
def _without_checks() -> Path:
    """A folder whose `make` does nothing."""
    folder = Path(tempfile.mkdtemp(prefix="no-make-"))
    (folder / "make").write_text("#!/bin/sh\n")
    (folder / "make").chmod(0o755)
    return folder


def make_update(service: Service, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What `make update` does, but for the checks at its end, which test_make_update.py runs once."""
    return service.run("python", "-u", "-m", "blueprint.update", *options, check=False, **_path(), **variables)


def update_summary(service: Service, **variables: str) -> subprocess.CompletedProcess[str]:
    """What `make update-summary` does, without those checks."""
    return service.run("blueprint/tools/update-summary", check=False, **_path(), **variables)


def _path() -> dict[str, str]:
    folders = [str(_without_checks()), str(Path(sys.executable).parent), user_environment()["PATH"]]
    return {"PATH": os.pathsep.join([*folders, str(BLUEPRINT / ".tools" / "bin")])}


def tracked(service: Service) -> dict[str, bytes]:
    """What git tracks in the service."""
    names = git(service.path, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    return {name: (service.path / name).read_bytes() for name in names if (service.path / name).exists()}


def blueprints(service: Service) -> list[str]:
    """The paths that the service's page on ownership gives to the blueprint; everything else is the team's."""
    page = (service.path / "blueprint" / "docs" / "ownership.md").read_text()
    theirs = page[page.index("## The blueprint's") : page.index("## Yours")]
    return [
        path
        for row in theirs.splitlines()
        if row.startswith("| `")
        for path in re.findall(r"`([^`]+)`", row.split("|")[1])
    ]


def is_team_owned(service: Service) -> Callable[[str], bool]:
    """Whether a path is the team's, by that page's rule."""
    paths = tuple(blueprints(service))
    return lambda name: not any(name == path or (path.endswith("/") and name.startswith(path)) for path in paths)


def minor_changes(template: Path) -> None:
    """What a minor version brings: new and changed files of the blueprint's, better examples."""
    (template / "blueprint" / "constructs" / "new_part.py").write_text('"""New in 1.1.0."""\n')
    replace(template / "blueprint" / "docs" / "operating.md", "# Operating", "# Operating the service")
    replace(
        template / "Makefile", "# Commands of your own.", ".PHONY: new\nnew: ## New in 1.1.0\n\t@echo new\n\n# Yours."
    )
    replace(template / "pyproject.toml.jinja", '"pydantic>=2.14,<3"', '"pydantic>=2.14.1,<3"')
    replace(template / "blueprint" / "constructs" / "findings.py", "import Any\n", "import Any  # as in 1.1.0\n")
    (template / "service" / "logic" / "example.py").write_text('"""An example of 1.1.0."""\n')
    replace(template / "service" / "logic" / "orders.py", "What the service does", "All that the service does")
    (template / "infra" / "functions.py").write_text('"""Another example of functions."""\n\nFUNCTIONS = ()\n')


def major_changes(template: Path) -> None:
    """What a major version brings: a file of the team's that moves, and the script that moves it."""
    (template / "infra" / "resources.py").rename(template / "infra" / "extensions.py")
    for path in template.rglob("*.py"):
        text = path.read_text()
        if "infra.resources" in text:
            path.write_text(text.replace("infra.resources", "infra.extensions"))
    repository = template.parent
    replace(repository / "copier.yml", "  - /infra/resources.py\n", "  - /infra/extensions.py\n")
    page = (BLUEPRINT / "hooks" / "README.md").read_text()
    script, migrations = (block.split("```")[0] for block in (page.split("```python\n")[1], page.split("```yaml\n")[1]))
    (repository / "hooks" / "v2_0_0.py").write_text(script)
    with (repository / "copier.yml").open("a") as questions:
        questions.write("\n" + migrations)
