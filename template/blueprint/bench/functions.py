"""Measures the functions: their start, their first request and the following ones."""

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from blueprint.bench import probe
from blueprint.bench.stub import Stub, running
from blueprint.declare import Declarations
from blueprint.testing import sandbox
from blueprint.testing.sandbox import Sandbox

WARM_REQUESTS = 50
COUNTED_REQUESTS = 20
"""Following ones whose instructions are counted: valgrind takes its time."""
FLOOR = "boto3 alone"
"""`import boto3; boto3.client("dynamodb")`, with botocore as it is published."""


@dataclass(frozen=True)
class Subject:
    """What is measured: a module with a Lambda handler, the requests that it is sent, and variables of its own."""

    name: str
    module: str
    sandbox: Sandbox
    request: Callable[[], dict[str, Any] | None]
    variables: Mapping[str, str] = field(default_factory=dict)
    sampled: bool = False
    """Whether X-Ray samples the requests."""

    @property
    def probe(self) -> tuple[str, str, str]:
        """The program that measures it, with its arguments."""
        return str(probe.__file__), self.module, "1" if self.sampled else "0"

    def requests(self, count: int) -> list[dict[str, Any]]:
        """As many requests; none where there is no sample of one."""
        return [event for event in (self.request() for _ in range(count)) if event is not None]


@dataclass
class Measurement:
    """What was measured of a subject, by name: the medians of its rounds, of CPU times the least.

    What else the machine does can only add to a CPU time.
    """

    instructions: dict[str, int] = field(default_factory=dict)
    """By name: `ready`, without what a start fetches from AWS; `primed`, with it; `first` and `warm`, a request's.

    Empty where there is no valgrind; no requests where there is no sample of one.
    """
    values: dict[str, float] = field(default_factory=dict)
    calls: dict[str, dict[str, int]] = field(default_factory=dict)
    """AWS calls at the start, of the first request, and of a following one, by operation."""


Request = Callable[[str], dict[str, Any] | None]
"""API Gateway's event for a request that the handler of that name serves; None without a sample of one."""

Answers = Mapping[str, Mapping[str, Any]]
"""DynamoDB's answers by operation."""


def subjects(declarations: Declarations, request: Request) -> list[Subject]:
    """The floor, the functions, and the first of them again with requests that are traced."""
    functions = [
        Subject(function.name, function.module, sandbox.function(declarations), partial(request, function.name))
        for function in declarations.functions
    ]
    traced = replace(functions[0], name=f"{functions[0].name}, traced", sampled=True)
    return [Subject(FLOOR, "boto3", sandbox.floor(declarations), dict), *functions, traced]


def measure(chosen: list[Subject], answers: Answers, *, rounds: int) -> dict[str, Measurement]:
    """Measures the subjects, by name; every round starts each one in a new process, in turns forwards and backwards."""
    measurements = {subject.name: Measurement() for subject in chosen}
    with probes(answers) as stubbed:
        results: dict[str, list[dict[str, float | None]]] = {subject.name: [] for subject in chosen}
        for number in range(rounds):
            for subject in chosen if number % 2 == 0 else reversed(chosen):
                results[subject.name].append(stubbed.run(subject, 1 + WARM_REQUESTS))
        for subject in chosen:
            one = measurements[subject.name]
            one.calls = stubbed.calls(subject)
            if sandbox.has_valgrind():
                one.instructions = stubbed.instructions(subject)
            for name in results[subject.name][0]:
                values = [value for result in results[subject.name] if (value := result[name]) is not None]
                if values:
                    one.values[name] = min(values) if name.endswith("cpu_ms") else median(values)
    return measurements


class Probes:
    """Runs probes against a stub of AWS."""

    def __init__(self, stub: Stub, folder: Path):
        self._stub, self._folder = stub, folder

    def run(self, subject: Subject, requests: int) -> dict[str, float | None]:
        """What a new process takes for its start and for as many requests."""
        text = json.dumps(subject.requests(requests))
        printed = subject.sandbox.run(*subject.probe, text=text, **self._variables(subject))
        result = json.loads(printed.splitlines()[-1])
        took = {"ready": [result["ready"]], "first": result["requests"][:1], "warm": result["requests"][1:]}
        values: dict[str, float | None] = {"ready_mb": result["memory"][0], "peak_mb": result["memory"][1]}
        for name, times in took.items():
            if times:
                values[f"{name}_ms"] = 1000 * median(wall for wall, _ in times)
                values[f"{name}_cpu_ms"] = 1000 * median(cpu for _, cpu in times)
        return values

    def instructions(self, subject: Subject) -> dict[str, int]:
        """Those of `Measurement.instructions`."""
        counts = {"ready": subject.sandbox.instructions_to_ready(subject.module, **subject.variables)}
        totals = [
            subject.sandbox.instructions(
                *subject.probe, text=json.dumps(subject.requests(number)), **self._variables(subject)
            )
            for number in ((0, 1, 1 + COUNTED_REQUESTS) if subject.requests(1) else (0,))
        ]
        counts["primed"] = totals[0]
        if totals[1:]:
            counts["first"] = totals[1] - totals[0]
            counts["warm"] = (totals[2] - totals[1]) // COUNTED_REQUESTS
        return counts

    def calls(self, subject: Subject) -> dict[str, dict[str, int]]:
        """The AWS calls of a start, of its first request and of a following one, by operation."""
        calls: list[Counter[str]] = []
        for requests in range(3):
            self._stub.calls()
            self.run(subject, requests)
            calls.append(self._stub.calls())
        start, first, second = calls
        return {"start": dict(start), "first": dict(first - start), "warm": dict(second - first)}

    def observe(
        self, subject: Subject, *arguments: str, text: str = "", **variables: str
    ) -> tuple[dict[str, int], str]:
        """The AWS calls that a program makes where the subject runs, by operation, and what it prints."""
        self._stub.calls()
        printed = subject.sandbox.run(*arguments, text=text, **{**self._variables(subject), **variables})
        return dict(self._stub.calls()), printed

    def _variables(self, subject: Subject) -> dict[str, str]:
        roots = {**subject.sandbox.variables, **subject.variables}.get("AWS_CA_BUNDLE") or _all_roots(subject.sandbox)
        trusted = self._stub.trusted_with(Path(roots), self._folder)
        return {**subject.variables, "AWS_ENDPOINT_URL": self._stub.url, "AWS_CA_BUNDLE": str(trusted)}


@contextmanager
def probes(answers: Answers) -> Iterator[Probes]:
    """Probes with a stub of their own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running(answers, folder) as stub:
            yield Probes(stub, folder)


def _all_roots(chosen: Sandbox) -> str:
    """botocore's own certificates, which it takes when it isn't told of others."""
    return str(chosen.path[-1] / "botocore" / "cacert.pem")
