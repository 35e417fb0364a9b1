"""`copier update`: a service gets a newer blueprint, without trust."""

import subprocess
from pathlib import Path

import copier
import pytest
from conftest import BLUEPRINT, Service, render


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=A Team", "-c", "user.email=team@example.com", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


@pytest.fixture
def blueprint(tmp_path: Path) -> Path:
    """A repository with this template, as its version 1.0.0."""
    copy = tmp_path / "blueprint"
    git(tmp_path, "clone", "--quiet", str(BLUEPRINT), str(copy))
    # with what isn't committed yet
    changed = git(
        BLUEPRINT, "ls-files", "--modified", "--others", "--exclude-standard", "copier.yml", "template"
    ).split("\n")
    for name in filter(None, changed):
        if (BLUEPRINT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((BLUEPRINT / name).read_bytes())
    git(copy, "commit", "--quiet", "--allow-empty", "--all", "--message", "Release 1.0.0")
    git(copy, "tag", "v1.0.0")
    return copy


@pytest.fixture
def service(blueprint: Path, tmp_path: Path) -> Service:
    """A service made from version 1.0.0, in a repository of its own."""
    service = render(tmp_path / "service", blueprint, vcs_ref=None, service_name="payments-eu")
    git(service.path, "init", "--quiet")
    commit(service.path, "Start from the blueprint")
    return service


def update(service: Service, **answers: str | bool) -> None:
    copier.run_update(service.path, data=answers, defaults=True, overwrite=True, quiet=True, unsafe=False)


def test_an_update_brings_the_new_version_and_keeps_the_teams_changes(blueprint: Path, service: Service) -> None:
    # Given a service whose team has changed a file, and a blueprint that has changed another
    routes = service.path / "infra" / "routes.py"
    routes.write_text(routes.read_text() + "\n# ours\n")
    commit(service.path, "Ours")
    cdk = blueprint / "template" / "cdk.json"
    cdk.write_text(cdk.read_text().replace("build/cdk.out", "build/assembly"))
    commit(blueprint, "Change the CDK's output folder")
    git(blueprint, "tag", "v1.1.0")
    # When the service is updated
    update(service)
    # Then it has both
    assert "build/assembly" in (service.path / "cdk.json").read_text()
    assert routes.read_text().endswith("# ours\n")
    assert "_commit: v1.1.0" in (service.path / ".copier-answers.yml").read_text()
    assert git(service.path, "ls-files", "--unmerged") == ""


def test_an_update_without_a_newer_version_changes_nothing(service: Service) -> None:
    update(service)
    assert git(service.path, "status", "--porcelain") == ""


def test_a_fresh_render_at_the_same_version_is_what_an_update_leads_to(
    blueprint: Path, service: Service, tmp_path: Path
) -> None:
    update(service, ai_dlc=False, owner="@acme/payments")
    fresh = render(
        tmp_path / "fresh", blueprint, vcs_ref=None, service_name="payments-eu", ai_dlc=False, owner="@acme/payments"
    )
    commit(service.path, "Change our answers")
    for path in git(service.path, "ls-files").splitlines():
        assert (service.path / path).read_bytes() == (fresh.path / path).read_bytes(), path
    assert not (service.path / "AGENTS.md").exists()
    assert (service.path / ".github" / "CODEOWNERS").read_text() == "* @acme/payments\n"
