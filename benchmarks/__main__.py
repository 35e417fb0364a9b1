"""`make bench`: measures a fresh render and writes docs/performance.md with its plots.

    python -m benchmarks [delivery] [functions] [levers] [layer] [growth]      all parts by default

What a part has measured last is kept in build/bench.json, so that parts can be measured one at a time. All but
delivery, which makes the render anew, need the render that is there.
"""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import delivery, document, growth
from benchmarks.rendered import SERVICE, BenchError, python, run

KEPT = SERVICE.with_suffix(".json")


def _of_the_service(part: str) -> dict[str, Any]:
    """What the service's own `make bench` measures, and how it shows it."""
    numbers = SERVICE / "build" / "bench.json"
    printed = python("-m", "tests.samples", part, "--json", str(numbers))
    measured = json.loads(numbers.read_text())
    table = printed[printed.index("|") :].strip()
    return {"machine": measured["machine"], "measured": measured[part], "table": table}


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "delivery": delivery.measure,
    "functions": lambda: _of_the_service("functions"),
    "levers": lambda: _of_the_service("levers"),
    "layer": lambda: _of_the_service("layer"),
    "growth": lambda: {"table": growth.measure_table(), "callers": growth.measure_callers()},
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}; all by default")
    chosen = parser.parse_args().parts or list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; choose from {', '.join(PARTS)}")
    results = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    if not SERVICE.exists() and "delivery" not in chosen:
        chosen.insert(0, "delivery")
    for part, measure in PARTS.items():
        if part in chosen:
            print(f"== {part}", flush=True)
            results[part] = measure()
            KEPT.write_text(json.dumps(results, indent=2))
            if part == "delivery":
                print(document.delivery(results[part]))
    if missing := [part for part in PARTS if part not in results]:
        print(f"Still to be measured, before docs/performance.md is written: {', '.join(missing)}.")
        return
    document.write(results)
    print(f"Written: {document.FILE}")


if __name__ == "__main__":
    try:
        main()
    except BenchError as error:
        sys.exit(f"error: {error}")
    finally:
        if SERVICE.exists():
            run("make", "local-stop")
