"""`make bench`: measures a fresh render and writes docs/performance.md with its plots.

    python -m benchmarks [delivery] [functions] [next] [runtime] [levers] [layer] [growth]      all parts by default

A part writes its own section of the page and leaves the others as they are. All but delivery measure the render that is
in build/bench.
"""

import argparse
import sys
from collections.abc import Callable

from benchmarks import delivery, document, growth, service
from benchmarks.rendered import SERVICE, BenchError, run

PARTS: dict[str, Callable[[], None]] = {
    "delivery": lambda: document.write_delivery(delivery.measure()),
    "functions": lambda: document.write_functions(*service.measure()),
    "next": lambda: document.write_next(service.measure_next()),
    "runtime": lambda: document.write_runtime(service.measure_runtime_client()),
    "levers": lambda: document.write("levers", service.measure_packaging("levers")),
    "layer": lambda: document.write("layer", service.measure_packaging("layer")),
    "growth": lambda: document.write_growth(growth.measure_table(), growth.measure_callers()),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}; all by default")
    chosen = parser.parse_args().parts or list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; choose from {', '.join(PARTS)}")
    if not SERVICE.exists() and "delivery" not in chosen:
        service.render()
    for part, measure in PARTS.items():
        if part in chosen:
            print(f"== {part}", flush=True)
            measure()
    print(f"Written: {document.FILE}")


if __name__ == "__main__":
    try:
        main()
    except BenchError as error:
        sys.exit(f"error: {error}")
    finally:
        if SERVICE.exists():
            run("make", "local-stop")
