"""`make bench`: prints how fast the functions start and answer, as Markdown.

python -m tests.samples [--rounds N] [--json FILE] [functions] [levers] [layer]      all parts by default
"""

import argparse
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from blueprint.bench import functions, layer, report
from blueprint.bench.functions import Answers, Request, Subject
from blueprint.declare import Declarations
from blueprint.packaging.levers import LAYER, START
from blueprint.testing import sandbox

PARTS = ("functions", "levers", "layer")


def main(declarations: Declarations, request: Request, answers: Answers) -> None:
    """Measures the parts that the program's arguments name, with a request to each function and DynamoDB's answers."""
    parser = argparse.ArgumentParser(prog="python -m tests.samples", description=__doc__.partition(":")[2])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}; all by default")
    parser.add_argument("--rounds", type=int, default=7, help="starts of each function")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there, too")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; choose from {', '.join(PARTS)}")
    if not sandbox.has_valgrind():
        print("No valgrind here, so no instructions are counted: install it for numbers that repeat.", file=sys.stderr)
    results: dict[str, Any] = {"machine": report.machine(sandbox.function(declarations).path[1])}
    subjects = functions.subjects(declarations, request)
    print(f"Measured on {results['machine']}\n")
    for part in arguments.parts or PARTS:
        match part:
            case "functions":
                results[part] = _functions(subjects, answers, arguments.rounds)
            case "levers":
                results[part] = _levers(declarations, subjects[1], answers, arguments.rounds)
            case "layer":
                results[part] = _layer(declarations)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2))


def _functions(subjects: list[Subject], answers: Answers, rounds: int) -> dict[str, Any]:
    measured = functions.measure(subjects, answers, rounds=rounds)
    print(report.functions(measured))
    return {name: asdict(m) for name, m in measured.items()}


def _levers(declarations: Declarations, subject: Subject, answers: Answers, rounds: int) -> dict[str, Any]:
    """The first function, without each of what makes it faster, and without all of it."""
    without = [
        *(replace(subject, name=f"`{name}`", variables={name: ""}) for name in START),
        *(
            replace(
                subject,
                name=f"`{lever.__name__}`",
                sandbox=sandbox.function(declarations, tuple(each for each in LAYER if each != lever)),
            )
            for lever in LAYER
        ),
        replace(
            subject,
            name="any of them",
            sandbox=sandbox.function(declarations, ()),
            variables=dict.fromkeys(START, ""),
        ),
    ]
    measured = functions.measure([subject, *without], answers, rounds=rounds)
    print(report.levers(measured))
    return {name: asdict(m) for name, m in measured.items()}


def _layer(declarations: Declarations) -> dict[str, Any]:
    measured = layer.sizes(declarations)
    print(report.sizes(measured))
    return {name: asdict(size) for name, size in measured.items()}
