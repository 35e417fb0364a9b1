"""The guides on events, followed literally: what happens is published, and who reacts packs each parcel once.

On the local cloud, with IAM enforced: functions die at each point between their steps, messages come twice, one is
poison. What the local cloud doesn't do (partial failures of a stream, what event sources need to be allowed, alarms on
queues) stands in tests/machinery/test_event_sources.py.
"""

import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from guides import Reader
from history import git
from log_lines import seen_as_recorded
from services import Render, Service

pytestmark = pytest.mark.matrix

PROGRAMS = Path(__file__).parent / "programs"
POINTS = {
    "publish_order_events": ("before PutEvents", "after PutEvents"),
    "pack_parcel": tuple(
        f"{when} {call}"
        for call in (
            "PutItem IDEMPOTENCY_TABLE_NAME",
            "PutItem PARCELS_TABLE_NAME",
            "UpdateItem IDEMPOTENCY_TABLE_NAME",
        )
        for when in ("before", "after")
    ),
}
REPORT = '''"""What a schedule starts."""

from blueprint.runtime.events import Run, create_schedule_handler
from blueprint.runtime.observability import logger


def report(run: Run) -> None:
    logger.info("reported", due=run.time)


lambda_handler = create_schedule_handler(report)
'''
SCHEDULED = """    Function(
        "report",
        Schedule("rate(365 days)"),
        reads={IDEMPOTENCY: ["GetItem"]},
        writes={IDEMPOTENCY: ["PutItem", "UpdateItem", "DeleteItem"]},
    ),
)
"""
THRESHOLDS = "[alarms]\nmessage_age_seconds = 1\niterator_age_ms = 1000\n\n[adopted_tables]"
FIRED = ("…MessageAge", "…DeadLetters", "…IteratorAge")
"""Of the list in operating.md, the alarms that these tests set off."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, render: Render, workshop: Service) -> Iterator[Service]:
    """A service that was changed and deployed as both guides say."""
    service = render(tmp_path_factory.mktemp("events") / "orders").borrow_tools(workshop)
    reader = Reader(service.path)
    try:
        for guide in ("publish-what-happens.md", "react-to-it.md"):
            reader.follow(service.path / "blueprint" / "docs" / guide, but=set())
        (service.path / "service" / "handlers" / "report.py").write_text(REPORT)
        functions, settings = service.path / "infra" / "functions.py", service.path / "service.toml"
        text = functions.read_text().replace("import Function, Http,", "import Function, Http, Schedule,")
        functions.write_text(text.rstrip().removesuffix(")") + SCHEDULED)
        settings.write_text(settings.read_text().replace("[adopted_tables]", THRESHOLDS))
        service.make("local")
        yield service
    finally:
        service.make("local-stop", check=False)


def run(service: Service, program: str, *arguments: str) -> str:
    """What a program of ours prints, run in the service."""
    command = (".venv/bin/python", "-c", (PROGRAMS / f"{program}.py").read_text(), *arguments)
    return service.run(*command, ENVIRONMENT="local").stdout


def test_the_guides_can_be_followed(service: Service) -> None:
    schemas = json.loads((service.path / "docs" / "events.json").read_text())
    assert set(schemas["$defs"]) == {"OrderPlaced.v1", "OrderDeleted.v1"}
    permissions = (service.path / "docs" / "permissions.md").read_text()
    assert "| publish_order_events | Events::EventBus Events |  | `events:PutEvents` |" in permissions


@pytest.mark.parametrize(("function", "point"), [(name, point) for name, points in POINTS.items() for point in points])
def test_every_order_has_one_parcel_although_a_function_dies(service: Service, function: str, point: str) -> None:
    assert run(service, "killed", function, point).splitlines()[-1] == "one parcel"


def test_one_poison_message_of_ten_is_a_dead_letter_that_can_be_sent_back(service: Service) -> None:
    # Given ten messages, each sent twice, one of them poison
    poison = f"poison-{uuid.uuid4()}"
    assert run(service, "poisoned", poison).splitlines()[-1] == "nine parcels"
    # Then it alone is a dead letter, which can be looked at any number of times
    for _ in range(2):
        shown = service.make("dead-letters").stdout
        assert "Parcels: 1\n" in shown
        assert poison in shown
    # rings,
    assert states(service, "ParcelsDeadLetters", 0, 1) == ["OK", "ALARM"]
    # and is delivered once the code can read it
    assert "Parcels: 1 sent back" in service.make("redrive").stdout
    assert run(service, "redriven", poison).splitlines()[-1] == "received again"


def states(service: Service, alarm: str, *values: float) -> list[str]:
    """The alarm's states after each value, which the AWS service would report that the alarm watches."""
    return [run(service, "alarm", alarm, str(value)).strip() for value in values]


def test_a_message_that_nobody_takes_rings(service: Service) -> None:
    waited = float(run(service, "stopped"))
    assert states(service, "ParcelsMessageAge", 0, waited) == ["OK", "ALARM"]


def test_a_change_that_is_given_up_rings_and_can_be_sent_back(service: Service) -> None:
    stream = "OrdersStreamPublishOrderEvents"
    said = run(service, "given_up", "publish_order_events", "events:PutEvents", stream)
    assert f"{stream}: 1 sent back" in said
    (waited,) = re.findall(r"^waited (\d+) ms$", said, re.MULTILINE)
    assert states(service, f"{stream}IteratorAge", 0, float(waited)) == ["OK", "ALARM"]


def test_a_run_that_is_given_up_can_be_sent_back(service: Service) -> None:
    said = run(service, "given_up", "report", "dynamodb:PutItem", "ReportSchedule")
    assert "ReportSchedule: 1 sent back" in said


def test_the_lines_of_the_log_are_as_recorded(service: Service) -> None:
    lines = [json.loads(line) for line in run(service, "logged").splitlines()]
    assert seen_as_recorded(service, lines) >= {"batch handled", "run failed"}


def test_what_a_function_may_not_do_it_cannot(service: Service) -> None:
    """Without its grant a function fails, and nothing is lost: with it, all is made up for."""
    assert run(service, "denied", "publish_order_events", "events:PutEvents").splitlines()[-1] == "no parcel, then one"


def test_a_breaking_change_of_an_event_is_refused(service: Service) -> None:
    git(service.path, "init", "--quiet")
    git(service.path, "add", "docs/events.json", "docs/openapi.json")
    git(service.path, "commit", "--quiet", "--message", "Release")
    git(service.path, "tag", "--annotate", "v1.0.0", "--message", "v1.0.0")
    check = ("env", f"PATH={service.path}/.venv/bin:/usr/bin:/bin", ".venv/bin/python", "-m", "infra.app", "openapi")
    with service.edited(("service/models/events.py", "    item_count: int\n", "    count: int\n")):
        stale = service.run(*check, "check", check=False)
        assert "error: docs/events.json is stale; run `make openapi` and commit it." in stale.stdout
        service.run(*check, "write")
        broken = service.run(*check, "check", check=False)
        assert "error: the events break those who react to those of v1.0.0:" in broken.stdout
        assert "  OrderPlaced.v1.item_count: " in broken.stdout
        (service.path / "docs" / "openapi-accepted-breaks.txt").write_text(
            "".join(f"{line.strip()}\n" for line in broken.stdout.splitlines() if line.startswith("  "))
        )
        service.run(*check, "check")
        (service.path / "docs" / "openapi-accepted-breaks.txt").unlink()
    service.run(*check, "write")
