"""Before a version has its tag: services of the last release, and of the first of its major, take it and work."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from history import Blueprint, commit, git, major_changes, replace
from ownership import last_release, released
from packaging.version import Version
from services import Service
from user_shell import BLUEPRINT

pytestmark = pytest.mark.matrix


def earlier() -> list[str]:
    """The last release and the first of its major version; none before 1.0.0."""
    last = last_release()
    of_major = [tag for tag in released() if last and Version(tag).major == Version(last).major]
    return sorted({min(of_major, key=Version), last} if last else ())


def next_version(last: str) -> str:
    """A version that a service of the last one can take: the next patch, or what a migration asks for."""
    migrations = (BLUEPRINT / "hooks").glob("v*.py")
    newest = max((Version(path.stem.replace("_", ".")) for path in migrations), default=Version("0"))
    release = Version(last)
    return str(newest) if newest > release else f"{release.major}.{release.minor}.{release.micro + 1}"


def as_its_team_left_it(history: Blueprint, tag: str, service: Service, folder: Path) -> None:
    """Makes the service another domain's, as the tests of that version do."""
    (folder / "bookings_then.py").write_text(git(history.path, "show", f"{tag}:tests/bookings.py"))
    specification = importlib.util.spec_from_file_location("bookings_then", folder / "bookings_then.py")
    assert specification
    assert specification.loader
    bookings = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(bookings)
    bookings.make_it_bookings(service)


@pytest.mark.parametrize("domain", ["the example", "another"])
@pytest.mark.parametrize("tag", earlier())
def test_a_service_of_an_earlier_release_takes_this_version(tag: str, domain: str, tmp_path: Path) -> None:
    history = Blueprint.of_this_repository(tmp_path / "blueprint")
    service = history.render(tmp_path / "service", tag.removeprefix("v"))
    if domain == "another":
        as_its_team_left_it(history, tag, service, tmp_path)
    service.make("check")
    commit(service.path, "Make it ours")
    history.release(next_version(tag))
    service.make("update", "OPTIONS=--trust")
    commit(service.path, "Update")
    service.make("test")
    try:
        service.make("e2e")
    finally:
        service.make("local-stop", check=False)


def a_new_required_field(template: Path) -> None:
    replace(template / "blueprint" / "settings.py", '    owner: str = ""\n', "    owner: str\n    cost_centre: str\n")


def a_name_that_the_teams_files_lack(template: Path) -> None:
    with (template / "blueprint" / "commands.py").open("a") as commands:
        commands.write("\nfrom infra.app import COST_CENTRE as COST_CENTRE\n")


def an_answer_less(template: Path) -> None:
    replace(template.parent / "copier.yml", "choices: [arm64, x86_64]", "choices: [x86_64]")


def a_required_declaration(template: Path) -> None:
    declarations = template / "blueprint" / "declare" / "declarations.py"
    replace(
        declarations, "    functions: Sequence[Function]\n", "    cost_centre: str\n    functions: Sequence[Function]\n"
    )


@pytest.mark.parametrize(
    "change", [a_new_required_field, a_name_that_the_teams_files_lack, an_answer_less, a_required_declaration]
)
def test_what_would_break_services_fails_there(
    change: Callable[[Path], None], tmp_path: Path, workshop: Service
) -> None:
    """The same way, by which the four breaks that a release has had would have been seen."""
    history = Blueprint.of_this_template(tmp_path / "blueprint")
    service = history.render(tmp_path / "service", "1.0.0").borrow_tools(workshop)
    commit(service.path, "Make it ours")
    history.release("1.1.0", change)
    assert service.make("update", check=False).returncode != 0


def test_a_migration_decides_the_next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert next_version("v1.2.3") == "1.2.4"
    history = Blueprint.of_this_template(tmp_path / "blueprint")
    major_changes(history.template)
    monkeypatch.setattr(sys.modules[__name__], "BLUEPRINT", history.path)
    assert next_version("v1.2.3") == "2.0.0"
