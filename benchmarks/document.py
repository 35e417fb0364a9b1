"""docs/performance.md: each part of the measurements has a section there, between two comments."""

import re
from collections.abc import Mapping
from typing import Any

from benchmarks import plots
from benchmarks.memory import CALLS, ROUND_TRIP_MS, by_memory
from benchmarks.rendered import BLUEPRINT

FILE = BLUEPRINT / "docs" / "performance.md"
_ASSETS = FILE.parent / "assets"
_FLOOR = "boto3 alone"


def write_delivery(results: Mapping[str, Any]) -> None:
    """The steps from a render to an order, and where and under which load they were measured; prints them, too.

    Ratios are those of CPU time to the first deployment's, which another load changes little.
    """
    steps, (before, after) = results["steps"], results["load"]
    whole = steps["make local: the local cloud, and the service on it"]["cpu"]
    rows: list[tuple[str, ...]] = [
        (name, f"{one['s']:.1f}", f"{one['cpu']:.1f}", f"{one['cpu'] / whole:.2f}") for name, one in steps.items()
    ]
    text = (
        f"On {results['machine']}. Processes that could run, a minute's average: {before:.1f} before, {after:.1f} "
        f"after; a machine that does nothing else has about 1.\n\n"
        f"{_table(('step', 's', 'CPU s', 'CPU ÷ first make local'), rows)}\n\n"
        "The CPU seconds are those of the commands, without the local cloud's own; under `make watch`, which is at "
        "work all the time, they are those of asking for the answer."
    )
    print(text)
    write("delivery", text)


def write_functions(machine: str, measured: Mapping[str, Any], table: str) -> None:
    write("functions", f"Measured on {machine}\n\n{table}")
    plots.start(measured, _ASSETS / "performance-start.svg")
    first = next(one["values"] for name, one in measured.items() if name != _FLOOR)
    assumed = f"{ROUND_TRIP_MS:.0f} ms assumed for each of its {CALLS} calls of DynamoDB (`benchmarks/memory.py`)"
    write(
        "memory",
        f"Computed from the CPU times of the first function, with {assumed}.\n\n{by_memory(first)}\n\n"
        f"The function needs {first['peak_mb']:.0f} MB, so that memory is bought for its processors alone.",
    )


def write_next(measured: tuple[str, object, str] | None) -> None:
    if measured:
        machine, _, table = measured
        write("next", f"Measured on {machine}\n\n{table}")


def write_runtime(counts: Mapping[str, int]) -> None:
    rows = [
        ("Python", counts["interpreter"]),
        ("Lambda's runtime client, with Python", counts["client"]),
        ("the function's start in it", counts["function"] - counts["client"]),
    ]
    write("runtime", _table(("what", "M instructions"), [(name, f"{count / 1e6:.0f}") for name, count in rows]))


def write_growth(table: plots.Series, callers: plots.Series) -> None:
    plots.growth(table, callers, _ASSETS / "performance-growth.svg")
    sizes = list(next(iter(table.values())))
    rows = [
        (name, *(f"{points[size]['ms']:.1f} ({points[size]['units']:.1f})" for size in sizes))
        for name, points in table.items()
    ]
    heads = (f"{int(size):,}" for size in sizes)
    write("growth", _table(("ms (capacity units), by orders in the table", *heads), rows))


def write(section: str, text: str) -> None:
    """Replaces what stands between the section's two comments."""
    begin, end = f"<!-- {section} -->", f"<!-- end of {section} -->"
    page = FILE.read_text()
    found = re.search(f"{begin}.*?{end}", page, re.DOTALL)
    if found is None:
        raise ValueError(f"{FILE} has no {begin} with an {end} behind it.")
    FILE.write_text(page.replace(found[0], f"{begin}\n\n{text.strip()}\n\n{end}"))


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---", *["---:"] * (len(head) - 1)), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
