"""`make update` and `make update-check` in a rendered service: what they say, and what comes of it."""

from pathlib import Path

import pytest
from history import Blueprint, commit, git, make_update, minor_changes, replace, tracked, update_summary
from services import Service

OPERATING = "blueprint/docs/operating.md"


@pytest.fixture(scope="module")
def blueprint(tmp_path_factory: pytest.TempPathFactory) -> Blueprint:
    """Versions 1.0.0 and 1.1.0."""
    blueprint = Blueprint.of_this_template(tmp_path_factory.mktemp("history") / "blueprint")
    blueprint.release("1.1.0", minor_changes)
    return blueprint


@pytest.fixture
def service(blueprint: Blueprint, tmp_path: Path) -> Service:
    """A service made from version 1.0.0."""
    return blueprint.render(tmp_path / "service", "1.0.0")


@pytest.fixture
def edited(service: Service) -> Service:
    """One with an edit that meets the blueprint's."""
    replace(service.path / OPERATING, "# Operating", "# How we operate")
    commit(service.path, "Ours")
    return service


def refused(service: Service, *arguments: str) -> str:
    """What the command says when it fails, as it must, without a traceback."""
    result = make_update(service, *arguments)
    assert result.returncode != 0, result.stdout
    assert "Traceback" not in result.stdout
    return result.stdout


def test_an_update_is_brought_in_explained_and_checked(service: Service, workshop: Service) -> None:
    # Given a service with a newer version of the blueprint
    service.borrow_tools(workshop)
    commit(service.path, "Lock")
    result = service.make("update-check", check=False)
    assert result.returncode != 0
    assert "error: The service is at v1.0.0 of the blueprint; v1.1.0 is available." in result.stdout
    # When it is updated
    output = service.make("update").stdout
    # Then that says what is new and what is left to do
    assert "From v1.0.0 of the blueprint to v1.1.0" in output
    assert "What is new in the blueprint:\n  ## 1.1.0\n  \n  - News of 1.1.0." in output
    assert "The update is complete and checked." in output
    assert service.make("new").stdout == "new\n"
    commit(service.path, "Update")
    # and nothing is left
    for command in ("update-check", "update"):
        assert "at v1.1.0 of the blueprint; there is nothing to update" in service.make(command).stdout
    assert git(service.path, "status", "--porcelain") == ""


def test_conflicts_are_listed(edited: Service) -> None:
    before = tracked(edited)
    output = refused(edited, "--data", "waf=false")
    assert f"error: Your edits and the blueprint's meet in:\n  {OPERATING}\n" in output
    assert "git reset --hard && git clean -fd" in output
    git(edited.path, "reset", "--hard", "--quiet")
    git(edited.path, "clean", "-fd", "--quiet")
    assert tracked(edited) == before


def test_the_weekly_workflow_gets_conflicts_as_a_draft(edited: Service, tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    # When the workflow's step runs
    result = update_summary(edited, GITHUB_OUTPUT=str(outputs))
    assert result.returncode == 0, result.stdout
    # Then the next one has a body with the list of files, a draft, and a tree that can be committed
    summary, unfinished, major = outputs.read_text().splitlines()
    assert (unfinished, major) == ("unfinished=true", "major=")
    text = (edited.path / summary.removeprefix("summary=")).read_text()
    assert f"the blueprint's meet in:\n  {OPERATING}\n" in text
    assert git(edited.path, "ls-files", "--unmerged") == ""
    assert "<<<<<<<" in git(edited.path, "diff", "--cached", OPERATING)


def test_a_changed_answer_says_what_is_left_to_the_team(service: Service) -> None:
    configuration = service.path / "infra" / "configuration" / "staging.json"
    result = make_update(service, "--data", "environments=dev, production", "--data", "authorization=cognito")
    assert result.returncode == 0, result.stdout
    assert "service.toml is yours: make it say the same of authorization, environments." in result.stdout
    sentence = "Yours, and no longer rendered; delete what you don't need: infra/configuration/staging.json"
    assert sentence in result.stdout
    assert configuration.exists()


def test_a_tree_with_changes_is_refused(service: Service) -> None:
    replace(service.path / "README.md", "# ", "# Our ")
    before = tracked(service)
    output = refused(service)
    assert "error: Commit your changes first, or stash them" in output
    assert " M README.md" in output
    assert tracked(service) == before


def test_a_folder_without_a_repository_is_refused(service: Service) -> None:
    (service.path / ".git").rename(service.path.parent / "elsewhere")
    assert "not a git repository" in refused(service)


def test_a_version_that_the_blueprint_lacks_is_named(service: Service) -> None:
    replace(service.path / ".copier-answers.yml", "_commit: v1.0.0", "_commit: v9.9.9")
    commit(service.path, "Be of another version")
    before = tracked(service)
    for command in ([], ["--check"]):
        output = refused(service, *command)
        assert "error: .copier-answers.yml leads to no version of this blueprint" in output
        assert "v9.9.9" in output
    assert tracked(service) == before


def test_a_missing_blueprint_is_named(service: Service) -> None:
    answers = service.path / ".copier-answers.yml"
    answers.write_text("".join(f"{line}\n" for line in answers.read_text().splitlines() if "_src_path" not in line))
    with answers.open("a") as text:
        text.write("_src_path: /nowhere/at/all\n")
    commit(service.path, "Be from nowhere")
    for result in (make_update(service), make_update(service, "--check"), update_summary(service)):
        assert result.returncode == 1
        assert (
            "leads to no version of this blueprint: fatal: repository '/nowhere/at/all' does not exist" in result.stdout
        )
