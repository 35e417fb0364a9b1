"""`make bench`: prints how fast the functions start and answer, as Markdown.

python -m tests.bench [--rounds N] [--json FILE] [functions] [levers] [layer]      all parts by default
"""

import argparse
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from infra.start import START
from tests.bench import functions, layer, machine, report
from tests.support import sandbox

PARTS = ("functions", "levers", "layer")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.partition(":")[2])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}; all by default")
    parser.add_argument("--rounds", type=int, default=7, help="starts of each function")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there, too")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; choose from {', '.join(PARTS)}")
    if not sandbox.has_valgrind():
        print("No valgrind here, so no instructions are counted: install it for numbers that repeat.", file=sys.stderr)
    results: dict[str, Any] = {"machine": machine.describe()}
    print(f"Measured on {results['machine']}\n")
    for part in arguments.parts or PARTS:
        results[part] = _MEASURE[part](arguments.rounds)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2))


def _functions(rounds: int) -> dict[str, Any]:
    measured = functions.measure(functions.subjects(), rounds=rounds)
    print(report.functions(measured))
    return {name: asdict(m) for name, m in measured.items()}


def _levers(rounds: int) -> dict[str, Any]:
    """The route table's first function, without each of what makes it start faster."""
    subject = functions.subjects()[1]
    without = [replace(subject, name=name, variables={name: ""}) for name in START]
    measured = functions.measure([subject, *without], rounds=rounds)
    print(report.levers(measured))
    return {name: asdict(m) for name, m in measured.items()}


def _layer(_: int) -> dict[str, Any]:
    measured = layer.sizes()
    print(report.sizes(measured))
    return {name: asdict(size) for name, size in measured.items()}


_MEASURE = {"functions": _functions, "levers": _levers, "layer": _layer}

if __name__ == "__main__":
    main()
