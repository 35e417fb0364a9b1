"""hooks/: the scripts that move a team's files when an update crosses a version that moves them.

The history is made for this test. The template itself has no migration yet.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from copier.errors import UnsafeTemplateError
from history import (
    Blueprint,
    commit,
    git,
    is_team_owned,
    major_changes,
    make_update,
    minor_changes,
    replace,
    tracked,
    update,
    update_summary,
)
from services import Service
from user_shell import BLUEPRINT

OURS = '''

def queue(stack: "ServiceStack") -> None:
    """Ours."""
'''


@pytest.fixture(scope="module")
def blueprint(tmp_path_factory: pytest.TempPathFactory) -> Blueprint:
    """Version 2.0.0 moves infra/resources.py, a file of the team's."""
    blueprint = Blueprint.of_this_template(tmp_path_factory.mktemp("history") / "blueprint")
    blueprint.release("1.1.0", minor_changes)
    blueprint.release("2.0.0", major_changes)
    return blueprint


@pytest.fixture
def service(blueprint: Blueprint, tmp_path: Path) -> Service:
    """A service made from version 1.0.0, with edits in the file that moves, and a file that imports it."""
    service = blueprint.render(tmp_path / "service", "1.0.0")
    with (service.path / "infra" / "resources.py").open("a") as resources:
        resources.write(OURS)
    (service.path / "tests" / "unit" / "test_ours.py").write_text("from infra.resources import queue as queue\n")
    commit(service.path, "Ours")
    return service


def test_a_file_of_the_teams_moves_with_its_edits(service: Service) -> None:
    update(service, trust=True)
    assert not (service.path / "infra" / "resources.py").exists()
    assert (service.path / "infra" / "extensions.py").read_text().endswith(OURS)
    assert "infra.extensions" in (service.path / "tests" / "unit" / "test_ours.py").read_text()
    assert "infra.extensions" in (service.path / "infra" / "app.py").read_text()
    assert git(service.path, "ls-files", "--unmerged") == ""
    commit(service.path, "Update")
    log = git(service.path, "log", "--follow", "--format=%s", "--", "infra/extensions.py").splitlines()
    assert log == ["Update", "Ours", "Start from the blueprint"], "git sees one file that has moved"


@pytest.mark.parametrize("version", [pytest.param("1.0.0", marks=pytest.mark.matrix), "1.1.0"])
def test_an_unedited_service_of_any_version_gets_what_a_fresh_render_has(
    blueprint: Blueprint, tmp_path: Path, version: str
) -> None:
    service = blueprint.render(tmp_path / "service", version)
    first, fresh = tracked(service), tracked(blueprint.render(tmp_path / "fresh"))
    update(service, trust=True)
    assert git(service.path, "ls-files", "--unmerged") == ""
    is_ours, after = is_team_owned(service), tracked(service)
    moved = {"infra/extensions.py": first["infra/resources.py"]}
    for name, content in after.items():
        team_owned = name in moved or (is_ours(name) and name in first)
        expected = ((first | moved) if team_owned else fresh)[name]
        assert content == expected.replace(b"infra.resources", b"infra.extensions"), name
    assert {name for name in set(fresh) - set(after) if not is_ours(name)} == set()


def test_only_an_update_that_crosses_the_version_wants_trust(blueprint: Blueprint, service: Service) -> None:
    before = tracked(service)
    with pytest.raises(UnsafeTemplateError):
        update(service)
    assert tracked(service) == before
    fresh = blueprint.render(service.path.parent / "fresh")
    update(fresh, waf=False)
    assert "waf: false" in (fresh.path / ".copier-answers.yml").read_text()


@pytest.mark.matrix
def test_make_update_takes_one_major_version_at_a_time(blueprint: Blueprint, service: Service, tmp_path: Path) -> None:
    # Given a service of 1.0.0, where there are 1.1.0, 2.0.0, which moves a file, and 3.0.0
    history = Blueprint(shutil.copytree(blueprint.path, tmp_path / "blueprint"))
    history.release("3.0.0")
    answers = service.path / ".copier-answers.yml"
    replace(answers, str(blueprint.path), str(history.path))
    commit(service.path, "Follow the other repository")
    # When it is updated, then that is to 1.1.0 first, without trust,
    result = make_update(service)
    assert (result.returncode, "From v1.0.0 of the blueprint to v1.1.0" in result.stdout) == (0, True), result.stdout
    assert "v2.0.0 is another major version." in result.stdout
    commit(service.path, "Update to 1.1.0")
    # which is all that the weekly workflow does, and it says what waits;
    outputs = tmp_path / "outputs"
    assert update_summary(service, GITHUB_OUTPUT=str(outputs)).returncode == 0
    assert outputs.read_text().splitlines()[1:] == ["unfinished=false", "major=v2.0.0"]
    assert git(service.path, "status", "--porcelain") == ""
    # then to 2.0.0, which asks for trust before anything has changed,
    before = tracked(service)
    result = make_update(service)
    assert (result.returncode, "hooks/v2_0_0.py moves files of yours" in result.stdout) == (1, True), result.stdout
    assert tracked(service) == before
    result = make_update(service, "--trust")
    assert result.returncode == 0, result.stdout
    assert result.stdout.count("Moved infra/resources.py to infra/extensions.py") == 1
    assert (service.path / "infra" / "extensions.py").read_text().endswith(OURS)
    assert not (service.path / "infra" / "resources.py").exists()
    assert "infra.extensions" in (service.path / "tests" / "unit" / "test_ours.py").read_text()
    commit(service.path, "Update to 2.0.0")
    # and to 3.0.0 at last.
    assert "From v2.0.0 of the blueprint to v3.0.0" in make_update(service).stdout
    commit(service.path, "Update to 3.0.0")
    # An old major version gets its patches.
    git(history.path, "checkout", "--quiet", "v1.1.0")
    history.release("1.1.1")
    old = history.render(tmp_path / "old", "1.1.0")
    assert "From v1.1.0 of the blueprint to v1.1.1" in make_update(old).stdout


def test_names_are_rewritten_whole_and_nothing_else_is(service: Service) -> None:
    path = service.path / "service" / "logic" / "ours.py"
    content = (
        b'"""L\xe4ngst."""\r\nfrom infra.resources import queue\r\nimport our_infra.resources, infra.resources_too\r\n'
    )
    path.write_bytes(content)
    commit(service.path, "Write on Windows, in Latin-1")
    result = script(service, "before")
    assert result.returncode == 0, result.stderr
    assert path.read_bytes() == content.replace(b"from infra.resources", b"from infra.extensions")


def test_a_file_that_the_team_deleted_stays_deleted(service: Service) -> None:
    git(service.path, "rm", "--quiet", "infra/resources.py")
    commit(service.path, "We have none")
    update(service, trust=True)
    assert not (service.path / "infra" / "resources.py").exists()


def script(service: Service, stage: str) -> subprocess.CompletedProcess[str]:
    """Runs the example of hooks/README.md in the service, as Copier does."""
    hooks = service.path.parent / "hooks"
    if not hooks.exists():
        shutil.copytree(BLUEPRINT / "hooks", hooks)
        page = (hooks / "README.md").read_text()
        (hooks / "v2_0_0.py").write_text(page.split("```python\n")[1].split("```")[0])
    return subprocess.run(
        [sys.executable, "-S", str(hooks / "v2_0_0.py")],  # without site-packages
        cwd=service.path,
        env={**os.environ, "STAGE": stage},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_says_what_it_does_and_can_run_again(service: Service) -> None:
    first = script(service, "before")
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[0] == "Moved infra/resources.py to infra/extensions.py"
    assert "Replaced infra.resources by infra.extensions in tests/unit/test_ours.py" in first.stdout
    moved = tracked(service)
    second = script(service, "before")
    assert (second.returncode, second.stdout) == (0, "")
    assert script(service, "after").returncode == 0
    assert tracked(service) == moved


def test_it_refuses_a_tree_with_changes(service: Service) -> None:
    replace(service.path / "README.md", "# ", "# Our ")
    before = tracked(service)
    result = script(service, "before")
    assert result.returncode == 1
    assert result.stderr.strip().splitlines() == ["error: Commit your changes first, or stash them:", " M README.md"]
    assert tracked(service) == before


def test_it_overwrites_nothing(service: Service) -> None:
    (service.path / "infra" / "extensions.py").write_text('"""Our own, of that name."""\n')
    commit(service.path, "Ours, too")
    before = tracked(service)
    result = script(service, "before")
    assert result.returncode == 1
    assert "infra/resources.py moves to infra/extensions.py, but both exist" in result.stderr
    assert tracked(service) == before


def test_it_runs_in_copiers_stages_only(service: Service) -> None:
    result = script(service, "later")
    assert result.returncode == 1
    assert result.stderr == "error: STAGE is 'later'; Copier sets it to before or after.\n"
