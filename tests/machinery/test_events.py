"""How functions handle messages, changes and runs: each once, the failing ones alone, with one line in the log."""

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from blueprint import offline
from blueprint.testing.events import LambdaContext, from_event_bus, queue_event, stream_event
from infra.tables import IDEMPOTENCY, TABLES
from moto import mock_aws
from moto.core import patch_client  # type: ignore[attr-defined]

os.environ.update({**offline.variables(TABLES), "POWERTOOLS_SERVICE_NAME": "orders"})

from blueprint.runtime import aws, events, publishing
from blueprint.runtime.observability import logger, metrics
from blueprint.testing import tables
from blueprint.testing.faults import Killed, hooked, response
from pydantic import BaseModel

CUSTOMER = "Ada Lovelace"


class Placed(BaseModel):
    id: str
    name: str = CUSTOMER


class Packer:
    """A handler, which fails on the ids in `broken`."""

    def __init__(self) -> None:
        self.packed: list[str] = []
        self.broken: dict[str, BaseException] = {}

    def pack(self, order: Placed) -> None:
        if order.id in self.broken:
            raise self.broken[order.id]
        self.packed.append(order.id)


class _Stdout:
    """Today's stdout: the logger would keep the one that there was when it was made."""

    def write(self, text: str) -> None:
        sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


@pytest.fixture(autouse=True)
def _aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    monkeypatch.setattr(logger.registered_handler, "stream", _Stdout())
    with mock_aws():
        # Another test may have made the client's session before moto was there.
        patch_client(aws.dynamodb())
        tables.create(aws.dynamodb(), IDEMPOTENCY, os.environ[IDEMPOTENCY.environment_variable])
        yield


@pytest.fixture
def packer() -> Packer:
    return Packer()


def handler(packer: Packer) -> events.EventHandler:
    return events.create_queue_handler(packer.pack, message=Placed, key=lambda order: order.id)


def log(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"level"' in line]


def order(number: int) -> dict[str, Any]:
    return {"id": f"order-{number}"}


def context(**values: Any) -> Any:
    """What Lambda hands to a handler beside the event."""
    return LambdaContext(**values)


def test_one_message_of_ten_fails_alone(packer: Packer, capsys: pytest.CaptureFixture[str]) -> None:
    packer.broken["order-3"] = ValueError(f"{CUSTOMER} is not here")
    batch = queue_event(*map(order, range(10)))
    answer = handler(packer)(batch, context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": batch["Records"][3]["messageId"]}]}
    assert packer.packed == [f"order-{number}" for number in range(10) if number != 3]
    # one line, which says which and why, but nothing of the data
    output = capsys.readouterr().out
    (line,) = [json.loads(each) for each in output.splitlines() if '"level"' in each]
    assert (line["message"], line["records"], line["failed"]) == ("batch handled", 10, 1)
    (failure,) = line["failures"]
    assert failure["record"] == batch["Records"][3]["messageId"]
    assert failure["causes"][0]["type"] == "ValueError"
    assert CUSTOMER not in json.dumps(line)
    # and what the canary watches of this version: Lambda counts no error
    (metric,) = [json.loads(each) for each in output.splitlines() if "ServerErrors" in each]
    assert (metric["ServerErrors"], metric["function"], metric["version"]) == ([1.0], "function", "1")
    assert {*metric["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0]} == {"function", "version", "service"}


def test_a_batch_that_fails_as_a_whole_is_an_error_of_the_function(
    packer: Packer, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that the canary sees code that handles nothing any more."""
    packer.broken = {f"order-{number}": ValueError(CUSTOMER) for number in range(2)}
    with pytest.raises(Exception, match="All records failed") as raised:
        handler(packer)(queue_event(order(0), order(1)), context())
    assert CUSTOMER not in str(raised.value)
    (line,) = log(capsys)
    assert (line["level"], line["failed"]) == ("ERROR", 2)


def test_a_message_that_comes_again_is_not_handled_again(packer: Packer) -> None:
    for _ in range(2):
        batch = queue_event(order(1), order(1), from_event_bus("OrderPlaced", json.dumps(order(1))))
        assert handler(packer)(batch, context()) == {"batchItemFailures": []}
    assert packer.packed == ["order-1"]


def test_a_message_that_failed_is_handled_when_it_comes_again(packer: Packer) -> None:
    packer.broken["order-1"] = ValueError()
    batch = queue_event(order(0), order(1))
    assert len(handler(packer)(batch, context())["batchItemFailures"]) == 1
    packer.broken.clear()
    assert handler(packer)(batch, context()) == {"batchItemFailures": []}
    assert packer.packed == ["order-0", "order-1"]


def test_a_killed_message_is_handled_once_its_invocation_would_have_ended(packer: Packer) -> None:
    packer.broken["order-1"] = Killed()
    with pytest.raises(Killed):
        handler(packer)(queue_event(order(1)), context(remaining_milliseconds=0))
    packer.broken.clear()
    assert handler(packer)(queue_event(order(1)), context()) == {"batchItemFailures": []}
    assert packer.packed == ["order-1"]


def test_two_handlers_do_not_take_each_others_messages_for_their_own(packer: Packer) -> None:
    others: list[str] = []

    def bill(message: Placed) -> None:
        others.append(message.id)

    handler(packer)(queue_event(order(1)), context())
    events.create_queue_handler(bill, message=Placed, key=lambda each: each.id)(queue_event(order(1)), context())
    assert packer.packed == others == ["order-1"]


@pytest.mark.parametrize("body", ["not JSON", "{}", "[]", "null", '{"id": 1}', '{"detail-type": "OrderPlaced"}'])
def test_what_is_not_such_a_message_fails_alone(packer: Packer, body: str) -> None:
    batch = queue_event(body, order(1))
    answer = handler(packer)(batch, context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": batch["Records"][0]["messageId"]}]}
    assert packer.packed == ["order-1"]


def test_changes_come_with_their_images_and_their_ids() -> None:
    seen: list[events.Change] = []
    batch = stream_event((None, {"id": "1", "count": 3}), ({"id": "1"}, None))
    assert events.create_stream_handler(seen.append)(batch, context()) == {"batchItemFailures": []}
    assert [(change.old, change.new) for change in seen] == [(None, {"id": "1", "count": 3}), ({"id": "1"}, None)]
    assert [change.id for change in seen] == [record["eventID"] for record in batch["Records"]]


def test_a_change_that_fails_is_named_by_its_sequence_number() -> None:
    def fail(change: events.Change) -> None:
        if change.new == {"id": "2"}:
            raise ValueError

    batch = stream_event((None, {"id": "1"}), (None, {"id": "2"}))
    failed = {"itemIdentifier": batch["Records"][1]["dynamodb"]["SequenceNumber"]}
    assert events.create_stream_handler(fail)(batch, context()) == {"batchItemFailures": [failed]}


def test_a_run_is_made_once_and_tried_again_when_it_failed(capsys: pytest.CaptureFixture[str]) -> None:
    runs: list[str] = []

    def report(run: events.Run) -> None:
        runs.append(run.time)
        if len(runs) == 1:
            raise ValueError(CUSTOMER)

    due, started = {"id": "run-1", "time": "2026-01-01T03:00:00Z"}, events.create_schedule_handler(report)
    with pytest.raises(RuntimeError, match="ValueError"):
        started(due, context())
    for _ in range(2):
        started(due, context())
    assert runs == [due["time"]] * 2
    lines = log(capsys)
    assert [line["message"] for line in lines] == ["run failed", "run ended", "run ended"]
    assert CUSTOMER not in json.dumps(lines)


def test_nothing_of_one_batch_is_in_the_log_of_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    def note(change: events.Change) -> None:
        if change.new == {"id": "1"}:
            logger.append_keys(note="first")

    started = events.create_stream_handler(note)
    started(stream_event((None, {"id": "1"})), context())
    started(stream_event((None, {"id": "2"})), context())
    first, second = log(capsys)
    assert (first.get("note"), second.get("note")) == ("first", None)
    assert not metrics.metric_set


class OrderPlaced(publishing.Event):
    count: int


class OrderPlaced2(publishing.Event, name="OrderPlaced", version=2):
    counts: list[int]


def test_an_event_is_published_with_its_name_and_version() -> None:
    bus, sent = publishing.Bus(), []

    def answer(request: Any) -> Any:
        sent.extend(json.loads(request.body)["Entries"])
        return response(200, b'{"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}')

    with hooked(bus._client, "PutEvents", answer):
        bus.publish(OrderPlaced(id="a", count=1))
        bus.publish(OrderPlaced2(id="b", counts=[1]))
    assert [(entry["EventBusName"], entry["Source"]) for entry in sent] == [("events", logger.service)] * 2
    assert [(entry["DetailType"], json.loads(entry["Detail"])) for entry in sent] == [
        ("OrderPlaced", {"id": "a", "count": 1}),
        ("OrderPlaced.v2", {"id": "b", "counts": [1]}),
    ]


def test_an_event_that_the_bus_refuses_is_not_published() -> None:
    bus = publishing.Bus()
    refused = b'{"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]}'
    with (
        hooked(bus._client, "PutEvents", lambda _: response(200, refused)),
        pytest.raises(publishing.NotPublishedError, match="ThrottlingException"),
    ):
        bus.publish(OrderPlaced(id="a", count=1))
