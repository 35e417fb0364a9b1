"""`make logs`: what ENVIRONMENT's functions log, in colour: the errors first, then each line as it comes, until Ctrl-C.

FUNCTION=create_order chooses a function, SINCE=10m says how far back to begin, FOLLOW=no ends with the newest line.
It takes the rights cloudformation:DescribeStacks, cloudformation:ListStackResources and logs:FilterLogEvents.
"""

import json
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import boto3

from blueprint.local_cloud import server
from blueprint.operations.target import OperationError, Target, run
from blueprint.settings import Settings

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}
_OVERLAP = timedelta(seconds=20)  # so much later than the lines after it CloudWatch may show one
_ERRORS = ("ERROR", "CRITICAL", "FATAL")
_COLORS = {"WARNING": "33", "WARN": "33", "function": "36", "faint": "2"} | dict.fromkeys(_ERRORS, "31")
# What Powertools or Lambda writes into each line, and what `Line` has of its own.
_NO_FIELD = re.compile(
    "causes|cold_start|correlation_id|exception(_name)?|failures|function_(arn|memory_size|name|request_id)|level|"
    "location|message|requestId|service|stackTrace|stack_trace|timestamp|xray_trace_id"
)


@dataclass(frozen=True)
class Line:
    """A line of a function's log: its level may be empty, `trace` is an exception's."""

    time: datetime
    function: str
    message: str
    level: str = ""
    request: str = ""
    fields: str = ""
    trace: str = ""

    @classmethod
    def of(cls, function: str, event: Mapping[str, Any]) -> "Line | None":
        """The line in an event of CloudWatch Logs; None for a metric, and for what Lambda notes of every request."""
        moment, text = datetime.fromtimestamp(event["timestamp"] / 1000, UTC), event["message"].rstrip()
        with suppress(AttributeError, KeyError, TypeError, ValueError):  # it isn't JSON, or none that is known here
            return cls._structured(moment, function, json.loads(text))
        if re.match(r"(START|END|REPORT|INIT_START|RESTORE_START|EXTENSION|XRAY)\b", text):
            return None
        is_error = text.startswith("[ERROR]") or "Task timed out" in text
        return cls(moment, function, text, level="ERROR" if is_error else "")

    @classmethod
    def _structured(cls, moment: datetime, function: str, found: Mapping[str, Any]) -> "Line | None":
        if "_aws" in found:
            return None
        if str(found.get("type")).startswith("platform."):
            record = found["record"]
            if record.get("status", "success") == "success":
                return None
            message = f"Lambda: {found['type'].partition('.')[2]} {record['status']} {record.get('errorType', '')}"
            return cls(moment, function, message.strip(), level="ERROR", request=record.get("requestId", ""))
        if "timestamp" in found:  # its own: several lines may have come in one piece
            moment = datetime.fromisoformat(found["timestamp"]).astimezone(UTC)
        ids = (found.get(name) for name in ("correlation_id", "function_request_id", "requestId"))
        return cls(
            moment,
            function,
            str(found.get("message", "")),
            level=str(found.get("level", "")),
            request=str(next(filter(None, ids), "")),
            fields=" ".join(f"{key}={value}" for key, value in found.items() if not _NO_FIELD.fullmatch(key)),
            trace="\n".join(_trace(found)),
        )

    @property
    def is_error(self) -> bool:
        return self.level in _ERRORS

    def show(self, width: int) -> str:
        """The line for a terminal; with a function's name of that width."""
        head = f"{self.time.astimezone():%H:%M:%S} {_colored(self.level, f'{self.level:<5}')} {self.request[:8]:<8}"
        # The whole id, as problem documents have it, where it is looked for.
        fields = f"{self.fields} request={self.request}".strip() if self.is_error and self.request else self.fields
        rest = " ".join(filter(None, [self.message, _colored("faint", fields)]))
        trace = "".join(f"\n    {_colored(self.level, each)}" for each in self.trace.splitlines())
        return f"{head} {_colored('function', f'{self.function:<{width}}')}  {rest}{trace}"


def _colored(what: str, text: str) -> str:
    plain = what not in _COLORS or not text or not sys.stdout.isatty() or "NO_COLOR" in os.environ
    return text if plain else f"\x1b[{_COLORS[what]}m{text}\x1b[0m"


def _trace(found: Mapping[str, Any]) -> Iterator[str]:
    """The exceptions that a line tells of: as Powertools, Lambda or blueprint/runtime write them."""
    yield from str(found.get("exception", "")).splitlines()
    yield from (str(frame).rstrip() for frame in found.get("stackTrace", ()))
    for failure in (found, *(found.get("failures") or ())):
        for cause in failure.get("causes", ()):
            parts = [failure.get("record"), *(cause.get(key) for key in ("type", "operation", "code", "invalid"))]
            yield " ".join(str(part) for part in parts if part)
            # Of the packages on the way there are dozens.
            own = [match[1] for frame in cause["stack"] if (match := re.search(r"/(?:code|task)/(service/.*)", frame))]
            yield from (f"  {frame}" for frame in own or cause["stack"])


class _Function(NamedTuple):
    name: str
    real_name: str
    log_group: str


def _functions(target: Target) -> list[_Function]:
    """The stack's functions, or the one that FUNCTION names."""
    # CreateOrderFunctionName has CreateOrderLogs276F3614.
    groups = {
        f"{logical_id[:-12]}FunctionName": name for logical_id, name in target.resources("AWS::Logs::LogGroup").items()
    }
    found = sorted(
        _Function(output["Description"], output["OutputValue"], groups[output["OutputKey"]])
        for output in target.stack.get("Outputs", [])
        if output["OutputKey"] in groups
    )
    chosen = os.environ.get("FUNCTION")
    if chosen and chosen not in [function.name for function in found]:
        raise OperationError(f"FUNCTION is {chosen!r}; choose one of {', '.join(function.name for function in found)}.")
    return [function for function in found if chosen in (None, "", function.name)]


def _log(function: _Function, start: datetime) -> Iterator[list[Line]]:
    """What the function has logged since `start`, then, whenever it is asked for, what has come since."""
    seen = set[tuple[str, ...]]()
    pages = boto3.client("logs").get_paginator("filter_log_events")
    while True:
        begun, before, lines = datetime.now(UTC), seen, list[Line | None]()
        seen = set()
        for page in pages.paginate(logGroupName=function.log_group, startTime=int(start.timestamp() * 1000)):
            for event in page["events"]:
                # The local cloud's events have no id.
                key = (event.get("eventId", ""), event["logStreamName"], str(event["timestamp"]), event["message"])
                seen.add(key)
                if key not in before:
                    lines.append(Line.of(function.name, event))
        yield [line for line in lines if line]
        start = max(start, begun - _OVERLAP)


def _server_log(functions: Sequence[_Function], start: datetime) -> Iterator[list[Line]]:
    """The like of what the local cloud says itself, above all of functions that can't start: those have no log."""
    count = 0
    while True:
        parts = re.split(r"^([-\d]{10} [:\d]{8}) ([A-Z]+) ", server.LOG.read_text(errors="replace"), flags=re.MULTILINE)
        entries, lines = list(zip(parts[1::3], parts[2::3], parts[3::3], strict=True)), []
        for moment, level, text in entries[count:]:
            at, (message, _, trace) = datetime.fromisoformat(moment).astimezone(UTC), text.partition("\n")
            name = next((each.name for each in functions if each.real_name in text), "")
            if at >= start and (name or not os.environ.get("FUNCTION")):
                lines.append(Line(at, name or "local cloud", message, level=level, trace=trace))
        yield lines
        count = len(entries)


def show(settings: Settings) -> Iterator[str]:
    """The errors of the time that SINCE says, then all lines. Raises OperationError for what is not to be had."""
    since = re.fullmatch(r"(\d{1,4})([smh])", os.environ.get("SINCE") or "10m")
    if not since:
        raise OperationError(f"SINCE is {os.environ['SINCE']!r}; write 30s, 10m or 2h, say.")
    start = datetime.now(UTC) - timedelta(**{_UNITS[since[2]]: int(since[1])})
    target = Target.chosen(settings)
    functions, is_local = _functions(target), target.environment.is_local
    logs = [_log(function, start) for function in functions] + ([_server_log(functions, start)] if is_local else [])
    width = max((len(function.name) for function in functions), default=0)

    def new() -> list[Line]:
        return sorted((line for log in logs for line in next(log)), key=lambda line: line.time)

    lines = new()
    errors = [line for line in lines if line.is_error]
    yield f"Errors of {target.stack_name} since {start.astimezone():%H:%M:%S}: {len(errors) or 'none'}"
    yield from (line.show(width) for line in errors)
    yield f"\nAll lines since then: {len(lines) or 'none yet'}"
    with suppress(KeyboardInterrupt):
        while True:
            yield from (line.show(width) for line in lines)
            if os.environ.get("FOLLOW") == "no":
                return
            time.sleep(0.5 if is_local else 5)  # on AWS as often as `aws logs tail` asks
            lines = new()


if __name__ == "__main__":
    run(show)
