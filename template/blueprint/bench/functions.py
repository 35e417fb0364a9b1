"""Measures the functions: their start, their first request and the following ones."""

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
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
    """What is measured: a module with a Lambda handler, where it runs, and the requests that it is sent."""

    name: str
    module: str
    sandbox: Sandbox
    request: Callable[[], dict[str, Any] | None]
    sampled: bool = False
    """Whether X-Ray samples the requests."""

    @property
    def probe(self) -> tuple[str, str, str]:
        """The program that measures it, with its arguments."""
        return str(probe.__file__), self.module, "1" if self.sampled else "0"

    def requests(self, count: int) -> str:
        """As many requests, as the probe reads them; none where there is no sample of one."""
        return json.dumps([event for event in (self.request() for _ in range(count)) if event is not None])


@dataclass
class Measurement:
    """What was measured of a subject, by name: the medians of its rounds, of CPU times the least.

    What else the machine does can only add to a CPU time.
    """

    instructions: dict[str, int]
    """By name: `ready`, without what a start fetches from AWS; `primed`, with it; `first` and `warm`, a request's.

    Empty where there is no valgrind; no requests where there is no sample of one.
    """
    values: dict[str, float]
    """By `ready`, `first` and `warm`: milliseconds, and those of CPU time; MB, when it is ready and at most."""
    calls: dict[str, dict[str, int]]
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
    results: dict[str, list[dict[str, float]]] = {subject.name: [] for subject in chosen}
    measurements = {}
    with probes(answers) as stubbed:
        for number in range(rounds):
            for subject in chosen if number % 2 == 0 else reversed(chosen):
                results[subject.name].append(stubbed.run(subject, 1 + WARM_REQUESTS))
        for subject in chosen:
            found = results[subject.name]
            values = {name: [result[name] for result in found] for name in found[0]}
            measurements[subject.name] = Measurement(
                stubbed.instructions(subject) if sandbox.has_valgrind() else {},
                {name: min(each) if name.endswith("cpu_ms") else median(each) for name, each in values.items()},
                stubbed.calls(subject),
            )
    return measurements


class Probes:
    """Runs programs where a function runs, against a stub of AWS."""

    def __init__(self, stub: Stub, folder: Path):
        self._stub, self._folder = stub, folder

    def observe(
        self, subject: Subject, *arguments: str, text: str = "", **variables: str
    ) -> tuple[dict[str, int], str]:
        """The AWS calls that a program makes where the subject runs, by operation, and what it prints."""
        self._stub.calls.clear()
        printed = subject.sandbox.run(*arguments, text=text, **{**self._variables(subject), **variables})
        return dict(self._stub.calls), printed

    def run(self, subject: Subject, requests: int) -> dict[str, float]:
        """What a new process takes for its start and for as many requests."""
        _, printed = self.observe(subject, *subject.probe, text=subject.requests(requests))
        result = json.loads(printed.splitlines()[-1])
        took = {"ready": [result["ready"]], "first": result["requests"][:1], "warm": result["requests"][1:]}
        memory = zip(("ready_mb", "peak_mb"), result["memory"], strict=True)
        values = {name: megabytes for name, megabytes in memory if megabytes is not None}
        for name, times in took.items():
            if times:
                values[f"{name}_ms"] = 1000 * median(wall for wall, _ in times)
                values[f"{name}_cpu_ms"] = 1000 * median(cpu for _, cpu in times)
        return values

    def instructions(self, subject: Subject) -> dict[str, int]:
        """Those of `Measurement.instructions`."""
        start, *others = (
            subject.sandbox.instructions(*subject.probe, text=subject.requests(number), **self._variables(subject))
            for number in ((0,) if subject.request() is None else (0, 1, 1 + COUNTED_REQUESTS))
        )
        counts = {"ready": subject.sandbox.instructions_to_ready(subject.module), "primed": start}
        if others:
            counts |= {"first": others[0] - start, "warm": (others[1] - others[0]) // COUNTED_REQUESTS}
        return counts

    def calls(self, subject: Subject) -> dict[str, dict[str, int]]:
        """The AWS calls of a start, of its first request and of a following one, by operation."""
        start, first, second = (
            Counter(self.observe(subject, *subject.probe, text=subject.requests(number))[0]) for number in range(3)
        )
        return {"start": dict(start), "first": dict(first - start), "warm": dict(second - first)}

    def _variables(self, subject: Subject) -> dict[str, str]:
        # Without the variable botocore takes its own certificates.
        own = subject.sandbox.path[-1] / "botocore" / "cacert.pem"
        roots = Path(subject.sandbox.variables.get("AWS_CA_BUNDLE") or own)
        trusted = self._folder / roots.name
        trusted.write_bytes(roots.read_bytes() + self._stub.certificate)
        return {"AWS_ENDPOINT_URL": self._stub.url, "AWS_CA_BUNDLE": str(trusted)}


@contextmanager
def probes(answers: Answers) -> Iterator[Probes]:
    """Probes with a stub of their own."""
    with tempfile.TemporaryDirectory() as folder, running(answers) as stub:
        yield Probes(stub, Path(folder))
