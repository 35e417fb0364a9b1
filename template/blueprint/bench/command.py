"""`make bench`: prints how fast the functions start and answer, and the layer's size.

python -m tests.samples [--rounds N] [--json FILE]
"""

import argparse
import json
import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import distributions
from pathlib import Path

from blueprint import settings as service_settings
from blueprint.bench import functions, layer
from blueprint.bench.functions import FLOOR, Answers, Measurement, Request
from blueprint.declare import Declarations
from blueprint.packaging.build import Build
from blueprint.testing import sandbox

_PACKAGES = ("boto3", "botocore", "aws-lambda-powertools", "pydantic", "aws-xray-sdk")
_HEAD = (
    *("function", "ready, M instructions", "x floor", "primed", "first request", "following"),
    *("ms to ready (CPU)", "x floor (CPU)", "first request, ms (CPU)", "following, ms (CPU)"),
    *("memory at most, MB", "AWS calls: start + first, following"),
)


def main(declarations: Declarations, request: Request, answers: Answers) -> None:
    """Measures as the program's arguments say, with a request to each function and DynamoDB's answers."""
    parser = argparse.ArgumentParser(prog="python -m tests.samples", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="starts of each function")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the functions' numbers there, too")
    arguments = parser.parse_args()
    if not sandbox.has_valgrind():
        print("No valgrind here, so no instructions are counted: install it for numbers that repeat.", file=sys.stderr)
    where = machine(declarations)
    print(f"Measured on {where}\n")
    measured = functions.measure(functions.subjects(declarations, request), answers, rounds=arguments.rounds)
    print(table(_HEAD, ((name, *_row(each, measured[FLOOR])) for name, each in measured.items())))
    service = service_settings.load().service
    size = layer.size(Build(service, aws_services=declarations.aws_services, for_this_machine=False).layer())
    print(f"The layer has {size.unzipped / 1e6:.1f} MB, zipped {size.zipped / 1e6:.1f} MB.")
    if arguments.json:
        numbers = {"machine": where, "functions": {name: asdict(each) for name, each in measured.items()}}
        arguments.json.write_text(json.dumps(numbers, indent=2))


def machine(declarations: Declarations) -> str:
    """The processor and the versions, those of the layer's packages among them, in a sentence."""
    information = Path("/proc/cpuinfo")
    text = information.read_text() if information.exists() else ""
    names = re.findall(r"^model name\s*: (.+)$", text, re.MULTILINE)
    packages = sandbox.function(declarations).path[1]
    versions = {each.name.replace("_", "-"): each.version for each in distributions(path=[str(packages)])}
    return (
        f"{names[0] if names else platform.processor() or platform.machine()}, {os.cpu_count()} CPUs, "
        f"{platform.system()}, CPython {platform.python_version()}; "
        f"{', '.join(f'{name} {versions[name]}' for name in _PACKAGES)}."
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def number(values: Mapping[str, float], name: str, *, unit: float = 1, digits: int = 1) -> str:
    """The value of that name in the unit; a dash where there is none."""
    return f"{values[name] / unit:.{digits}f}" if name in values else "-"


def _row(measured: Measurement, floor: Measurement) -> list[str]:
    """The cells of a function's row; what a ready handler takes also as a multiple of the floor's."""
    values, counts = measured.values, measured.instructions
    ready, primed, first, warm = (number(counts, name, unit=1e6) for name in ("ready", "primed", "first", "warm"))
    times = [
        f"{number(values, f'{name}_ms')} ({number(values, f'{name}_cpu_ms')})" if f"{name}_ms" in values else "-"
        for name in ("ready", "first", "warm")
    ]
    calls = {name: sum(by_operation.values()) for name, by_operation in measured.calls.items()}
    return [
        *(ready, number(counts, "ready", unit=floor.instructions.get("ready", 1), digits=2), primed, first, warm),
        *(times[0], number(values, "ready_cpu_ms", unit=floor.values["ready_cpu_ms"], digits=2), *times[1:]),
        *(number(values, "peak_mb"), "{start} + {first}, {warm}".format(**calls)),
    ]
