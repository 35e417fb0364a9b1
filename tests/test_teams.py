"""Services that teams have worked on take several versions of the blueprint at once, one of them a major one."""

from pathlib import Path

import pytest
from bookings import make_it_bookings
from history import Blueprint, commit, git, major_changes, minor_changes, tracked, update
from services import Service

pytestmark = pytest.mark.matrix


@pytest.fixture(scope="module")
def blueprint(tmp_path_factory: pytest.TempPathFactory) -> Blueprint:
    blueprint = Blueprint.of_this_template(tmp_path_factory.mktemp("history") / "blueprint")
    blueprint.release("1.1.0", minor_changes)
    blueprint.release("2.0.0", major_changes)
    return blueprint


def test_the_oldest_examples_work_on_the_newest_blueprint(
    blueprint: Blueprint, tmp_path: Path, workshop: Service
) -> None:
    # Given a service of the first version, with its team-owned files as they were
    service = blueprint.render(tmp_path / "service", "1.0.0").borrow_tools(workshop)
    commit(service.path, "Lock")
    # When it gets the newest version
    update(service, trust=True)
    commit(service.path, "Update")
    assert (service.path / "blueprint" / "constructs" / "new_part.py").exists()
    assert "What the service does" in (service.path / "service" / "logic" / "orders.py").read_text()
    # Then it works, on the local cloud, too
    service.make("test")
    try:
        service.make("e2e")
    finally:
        service.make("local-stop", check=False)


def test_another_domain_keeps_every_line_and_gets_the_blueprints_news(
    blueprint: Blueprint, tmp_path: Path, workshop: Service
) -> None:
    # Given a service that does something else than the example
    service = blueprint.render(tmp_path / "service", "1.0.0").borrow_tools(workshop)
    make_it_bookings(service)
    commit(service.path, "Take bookings")
    ours = git(service.path, "diff", "--name-only", "--diff-filter=AMR", "HEAD~1").splitlines()
    assert {"service/logic/bookings.py", "infra/functions.py", "docs/api.md"} < set(ours)
    before = tracked(service)
    # When it gets the newest version
    update(service, trust=True)
    # Then there is no conflict, every line of the team's is there, and what it took away is not
    assert git(service.path, "ls-files", "--unmerged") == ""
    after = tracked(service)
    assert {name: after[name] for name in ours} == {name: before[name] for name in ours}
    assert not any("order" in name for name in after if name.startswith("service/"))
    # and the blueprint's news are, too
    assert (service.path / "blueprint" / "constructs" / "new_part.py").exists()
    assert "# Operating the service" in (service.path / "blueprint" / "docs" / "operating.md").read_text()
    assert (service.path / "infra" / "extensions.py").exists()
    service.make("test")
