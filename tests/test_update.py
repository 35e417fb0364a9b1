"""`copier update`: a service gets a newer blueprint, without trust, and a team keeps what is its own."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from history import (
    Blueprint,
    blueprints,
    commit,
    git,
    is_team_owned,
    make_update,
    minor_changes,
    replace,
    tracked,
    update,
)
from services import RUNTIME, Service
from user_shell import BLUEPRINT


@pytest.fixture(scope="module")
def blueprint(tmp_path_factory: pytest.TempPathFactory) -> Blueprint:
    """Versions 1.0.0, this template, and 1.1.0, with changes everywhere."""
    blueprint = Blueprint.of_this_template(tmp_path_factory.mktemp("history") / "blueprint")
    blueprint.release("1.1.0", minor_changes)
    return blueprint


@pytest.fixture
def service(blueprint: Blueprint, tmp_path: Path) -> Service:
    """A service made from version 1.0.0."""
    return blueprint.render(tmp_path / "service", "1.0.0")


@pytest.fixture(scope="module")
def fresh(blueprint: Blueprint, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a fresh render with the default answers has."""
    return tracked(blueprint.render(tmp_path_factory.mktemp("fresh") / "service"))


@pytest.mark.parametrize("by_copier", [True, False], ids=["copier update", "make update"])
def test_a_path_says_whose_it_is_and_an_update_keeps_to_it(tmp_path: Path, *, by_copier: bool) -> None:
    # Given a version in which every file of the template has changed
    blueprint = Blueprint.of_this_template(tmp_path / "blueprint")
    service = blueprint.render(tmp_path / "service", owner="@acme/orders")
    before = tracked(service)

    def change_all(template: Path) -> None:
        for path in template.rglob("*"):
            if path.is_file():
                path.write_bytes(path.read_bytes() + b"\n")

    blueprint.release("1.1.0", change_all)
    # When an update brings it in, Copier's own or ours
    if by_copier:
        update(service)
    else:
        assert make_update(service).returncode == 0
    # Then the files that are as they were are those that the page gives to the team, and no others
    after = tracked(service)
    assert set(after) == set(before)
    kept = {name for name in before if before[name] == after[name]}
    is_ours = is_team_owned(service)
    assert kept == {name for name in before if is_ours(name)}
    # and the page names nothing that isn't there
    assert [path for path in blueprints(service) if not (service.path / path).exists()] == []


@pytest.mark.parametrize("by_copier", [True, False], ids=["copier update", "make update"])
def test_an_unedited_service_gets_what_a_fresh_render_has(
    blueprint: Blueprint, service: Service, tmp_path: Path, *, by_copier: bool
) -> None:
    first = tracked(service)
    if by_copier:
        update(service)
    else:
        assert make_update(service).returncode == 0
    fresh = tracked(blueprint.render(tmp_path / "fresh"))
    is_ours = is_team_owned(service)
    for name, content in tracked(service).items():
        assert content == (first if is_ours(name) else fresh)[name], name
    missing = set(fresh) - set(tracked(service))
    assert missing == {"service/logic/example.py"}, "examples aren't brought into a team's folder"
    assert "News of 1.1.0" in (service.path / "blueprint" / "docs" / "blueprint-changelog.md").read_text()
    assert git(service.path, "ls-files", "--unmerged") == ""


def test_an_update_without_a_newer_version_changes_nothing(blueprint: Blueprint, tmp_path: Path) -> None:
    service = blueprint.render(tmp_path / "service")
    update(service)
    assert git(service.path, "status", "--porcelain") == ""


def test_edits_in_the_blueprints_files_are_merged(service: Service) -> None:
    # Given a team's dependency and edits, next to what the new version changes
    pyproject = service.path / "pyproject.toml"
    replace(pyproject, "    # Yours:\n", '    # Yours:\n    "stripe>=12",\n')
    with (service.path / ".gitignore").open("a") as ignored:
        ignored.write("/ours/\n")
    with (service.path / "blueprint" / "docs" / "operating.md").open("a") as page:
        page.write("\nOurs.\n")
    commit(service.path, "Ours")
    # When it is updated
    update(service)
    # Then both are there
    assert git(service.path, "ls-files", "--unmerged") == ""
    assert '"stripe>=12"' in pyproject.read_text()
    assert '"pydantic>=2.14.1,<3"' in pyproject.read_text()
    assert "/ours/" in (service.path / ".gitignore").read_text()
    operating = (service.path / "blueprint" / "docs" / "operating.md").read_text()
    assert operating.startswith("# Operating the service")
    assert operating.endswith("\nOurs.\n")


def test_edits_of_the_same_lines_conflict_visibly(service: Service) -> None:
    page = service.path / "blueprint" / "docs" / "operating.md"
    replace(page, "# Operating", "# How we operate")
    commit(service.path, "Ours")
    update(service)
    assert set(git(service.path, "diff", "--name-only", "--diff-filter=U").splitlines()) == {
        "blueprint/docs/operating.md"
    }
    text = page.read_text()
    assert "# How we operate" in text
    assert "# Operating the service" in text
    assert "<<<<<<<" in text


def test_what_a_team_deleted_stays_deleted(service: Service) -> None:
    gone = [
        "blueprint/docs/deploying.md",
        "service/handlers/delete_order.py",
        "tests/unit/test_edges.py",
        "blueprint/constructs/findings.py",
    ]
    for name in gone:
        (service.path / name).unlink()
    commit(service.path, "Delete what we don't need")
    update(service)
    assert not any((service.path / name).exists() for name in gone)


def test_what_has_to_be_there_is_written_again(service: Service) -> None:
    (service.path / "infra" / "functions.py").unlink()
    commit(service.path, "Lose our functions")
    update(service)
    assert "Another example of functions" in (service.path / "infra" / "functions.py").read_text()


OTHER_ANSWERS: dict[str, dict[str, Any]] = {
    "an environment more": {"environments": "dev, qa, staging, production"},
    "environments less": {"environments": "production"},
    "no WAF": {"waf": False},
    "another authorization": {"authorization": "cognito"},
    "another processor": {"architecture": "x86_64"},
    "another runtime": {"python_version": "3.12"},
    "without AI-DLC": {"ai_dlc": False},
    "an owner": {"owner": "@acme/orders"},
    "another name": {"service_name": "payments"},
    "a repository": {"repository": "acme/orders"},
}


@pytest.mark.matrix
@pytest.mark.parametrize("answers", OTHER_ANSWERS.values(), ids=OTHER_ANSWERS)
def test_changed_answers_give_what_a_fresh_render_has(
    blueprint: Blueprint, tmp_path: Path, fresh: dict[str, bytes], answers: dict[str, Any]
) -> None:
    service = blueprint.render(tmp_path / "service")
    changed = tracked(blueprint.render(tmp_path / "changed", **answers))
    is_ours = is_team_owned(service)

    def assert_like(expected: dict[str, bytes], before: dict[str, bytes]) -> None:
        """The blueprint's files are those of the fresh render; the team's are as before, with those that it lacked."""
        after = tracked(service)
        assert set(expected) <= set(after)
        for name, content in after.items():
            assert content == ((expected | before) if is_ours(name) else expected)[name], name

    # there
    update(service, **answers)
    assert_like(changed, before=fresh)
    commit(service.path, "Change our mind")
    # and back
    before = tracked(service)
    questions = yaml.safe_load((BLUEPRINT / "copier.yml").read_text())
    default: dict[str, Any] = {name: questions[name]["default"] for name in answers}
    update(service, **default | ({"python_version": RUNTIME} if "python_version" in default else {}))
    assert_like(fresh, before=before)


def test_a_new_question_takes_its_default(tmp_path: Path) -> None:
    blueprint = Blueprint.of_this_template(tmp_path / "blueprint")
    service = blueprint.render(tmp_path / "service")

    def ask(template: Path) -> None:
        with (template.parent / "copier.yml").open("a") as questions:
            questions.write("\ntracing:\n  type: bool\n  help: Trace requests?\n  default: true\n")
        (template / "blueprint" / "docs" / "tracing.md.jinja").write_text("Tracing: [= tracing =]\n")

    blueprint.release("1.1.0", ask)
    update(service)
    assert (service.path / "blueprint" / "docs" / "tracing.md").read_text() == "Tracing: True\n"


def test_an_update_that_was_killed_can_be_taken_back_and_tried_again(service: Service) -> None:
    # Given an update that is killed when it has begun to write
    (service.path / "service" / "logic" / "ours.py").write_text('"""Ours."""\n')
    commit(service.path, "Ours")
    before = tracked(service)
    program = f"import copier; copier.run_update({str(service.path)!r}, defaults=True, overwrite=True, quiet=True)"
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", program])
    while tracked(service) == before and process.poll() is None:
        time.sleep(0.01)
    assert process.poll() is None, "it was over before it could be killed"
    process.kill()
    process.wait()
    # When it is taken back as docs/ownership.md says
    git(service.path, "reset", "--hard", "--quiet")
    git(service.path, "clean", "-fd", "--quiet")
    # Then everything is as it was, and the next try works
    assert tracked(service) == before
    update(service)
    assert tracked(service).items() >= {"service/logic/ours.py": b'"""Ours."""\n'}.items()
    assert (service.path / "blueprint" / "constructs" / "new_part.py").exists()


def test_nothing_in_the_template_needs_trust() -> None:
    settings = yaml.safe_load((BLUEPRINT / "copier.yml").read_text())
    assert not {"_tasks", "_jinja_extensions"} & set(settings)
