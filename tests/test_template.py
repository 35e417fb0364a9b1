"""The template as it stands in this repository, and how much of it there is."""

import shutil
from pathlib import Path

import pytest
from history import blueprints
from services import Render, Service, files
from user_shell import BLUEPRINT

LINES = 11_330
"""Lines of the blueprint's Python in a service: what a team has to live with. Raise it with a reason only.

The goal is 7,000: 7,050 after the folders were parted. Queues, streams and schedules with the outbox, rollback and
restore, updates by git's merge, the road to AWS and the contract of the API have brought the rest; that services share
MiniStack's packages, and processes a build, takes 60 lines, and seconds off every first deployment.
"""


@pytest.mark.matrix
def test_the_template_passes_its_own_checks_and_tests_as_it_stands(tmp_path: Path, workshop: Service) -> None:
    # Given the template's files in a folder of their own, those in Jinja included
    as_it_stands = shutil.ignore_patterns(
        ".*_cache", ".local", ".venv", "__pycache__", "build", "node_modules", "uv.lock"
    )
    service = Service(shutil.copytree(BLUEPRINT / "template", tmp_path / "template", ignore=as_it_stands))
    service.borrow_tools(workshop)
    # When its checks and tests run, then they pass
    service.make("check")
    service.make("test")


def test_the_blueprints_part_of_a_service_stays_small(tmp_path: Path, render: Render) -> None:
    service = render(tmp_path / "service")
    paths = tuple(blueprints(service))
    names = [str(path.relative_to(service.path)) for path in files(service) if path.suffix == ".py"]
    theirs = [name for name in names if name.startswith(paths)]
    lines = sum(len((service.path / name).read_text().splitlines()) for name in theirs)
    assert lines <= LINES
