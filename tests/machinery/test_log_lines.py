"""What `make logs` makes of the lines that are in CloudWatch Logs on AWS; of the local cloud's, test_local_cloud.py."""

import json
from typing import Any

import pytest
from blueprint.operations.logs import Line

MOMENT = 1_795_566_461_075
REQUEST = "6d68ca91-49c9-448d-89b8-7ca3e6dc66aa"


def line(message: dict[str, Any] | str) -> Line | None:
    text = message if isinstance(message, str) else json.dumps(message)
    return Line.of("get_order", {"timestamp": MOMENT, "message": f"{text}\n"})


def platform(kind: str, **record: Any) -> dict[str, Any]:
    return {"time": "2026-11-25T00:00:00.000Z", "type": f"platform.{kind}", "record": {"requestId": REQUEST, **record}}


@pytest.mark.parametrize(
    "message",
    [
        platform("start", version="4"),
        platform("report", status="success", metrics={"durationMs": 8.1}),
        {"_aws": {"Timestamp": MOMENT}, "service": "orders", "OrdersCreated": [1.0]},
        f"START RequestId: {REQUEST} Version: 4",
        f"REPORT RequestId: {REQUEST}\tDuration: 8.10 ms",
    ],
)
def test_what_lambda_notes_of_every_request_and_metrics_are_not_shown(message: dict[str, Any] | str) -> None:
    assert line(message) is None


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (platform("report", status="timeout", errorType="Sandbox.Timedout"), "Lambda: report timeout Sandbox.Timedout"),
        (
            platform("initReport", status="error", errorType="Runtime.ExitError"),
            "Lambda: initReport error Runtime.ExitError",
        ),
        (
            f"2026-11-25T00:00:00.000Z {REQUEST} Task timed out after 15.00 seconds",
            "Task timed out after 15.00 seconds",
        ),
        ("[ERROR] Runtime.ImportModuleError: Unable to import module", "Unable to import module"),
        (
            {"level": "ERROR", "message": "no such item", "requestId": REQUEST, "errorType": "KeyError"},
            "errorType=KeyError",
        ),
    ],
)
def test_what_ended_a_request_is_an_error(message: dict[str, Any] | str, shown: str) -> None:
    found = line(message)
    assert found
    assert found.is_error
    assert shown in found.show(9)


def test_the_stack_of_an_unhandled_exception_and_of_failed_records_stands_below_the_line() -> None:
    unhandled = line({"level": "ERROR", "message": "no", "stackTrace": ['  File "/var/task/service/x.py", line 3\n']})
    assert unhandled
    assert unhandled.show(9).endswith('no\n      File "/var/task/service/x.py", line 3')
    stack = ["/opt/python/aws_lambda_powertools/utilities/batch/base.py:1 process", "/var/task/service/dal/x.py:3 put"]
    causes = [{"type": "ClientError", "stack": stack, "operation": "PutItem", "code": "AccessDeniedException"}]
    batch = line({"level": "ERROR", "message": "batch handled", "failures": [{"record": "1", "causes": causes}]})
    assert batch
    assert batch.trace == "1 ClientError PutItem AccessDeniedException\n  service/dal/x.py:3 put"


@pytest.mark.parametrize(
    "message",
    [
        "plain text",
        "12",
        {"message": "own form", "timestamp": 12},
        {"message": "own form", "failures": 3},
        {"message": "own form", "causes": ["RuntimeError"]},
        {"type": "platform.other", "record": 3, "message": "own form"},
    ],
)
def test_a_line_of_any_other_form_is_shown_as_it_is(message: dict[str, Any] | str) -> None:
    found = line(message)
    assert found
    assert not found.is_error
    assert found.message == (message if isinstance(message, str) else json.dumps(message))


def test_lines_are_sorted_by_their_own_time_whatever_their_zone() -> None:
    times = ["2026-11-25 00:27:41,046+0000", "2026-11-25T02:27:41.045+02:00", "2026-11-25T00:27:41.047Z"]
    found = [line({"message": time, "timestamp": time}) for time in times]
    in_order = sorted(filter(None, found), key=lambda each: each.time)
    assert [each.message for each in in_order] == [times[1], times[0], times[2]]
