"""docs/performance.md, from the results."""

from collections.abc import Mapping
from typing import Any

from benchmarks import plots
from benchmarks.memory import CALLS, ROUND_TRIP_MS, by_memory
from benchmarks.rendered import BLUEPRINT

_FLOOR = "boto3 alone"
FILE = BLUEPRINT / "docs" / "performance.md"
_ASSETS = FILE.parent / "assets"
_TEXT = """# Performance

Written by `make bench`. Measured on {machine}

What makes the functions start fast, with each measure's switch, gain and risk, and what was left alone with its reason,
is in a service's own page on [how fast it starts and answers](service/performance.md).

Times on a machine that does other things, too, vary; instructions hardly do. Nothing ran on AWS: add its network to
the requests, and divide CPU times by the share of a processor that a function's memory brings
([1769 MiB are one](https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html)).

## The functions

`boto3 alone` is the floor: `import boto3; boto3.client("dynamodb")`, with botocore as it is published, and one call.
AWS is a stub over TLS on the same machine.

{functions}

![Instructions and time to a ready handler](assets/performance-start.svg)

## What makes them start faster

What the function takes more without each of what `blueprint/packaging/levers.py` switches on:

{levers}

## What is uploaded

{layer}

## Memory

Computed from the CPU times of the first function, with {round_trip:.0f} ms assumed for each of its
{calls} calls of DynamoDB (`benchmarks/memory.py`). A start is one without the boost that Lambda is reported to give it,
so it is faster than that.

{memory}

The function needs {peak:.0f} MB, so that memory is bought for its processors alone. Up to 1024 MiB each step takes
milliseconds off every request and much off every start; the next one, to a whole processor, adds half to the price
for a few milliseconds. API Gateway takes 3.50 USD for the same million. So the default is 1024 MiB, `MEMORY_MIB` in
`blueprint/constructs/functions.py`.

## From a render to the first order

The packages that uv and npm have downloaded, and those that jsii has unpacked, are in their caches. Every save is
answered by a cold start, and the infrastructure's by a whole deployment with `cdk deploy`.

{delivery}

## Growth

The first two plots: the handlers against dynalite, which keeps items in order and counts capacity as DynamoDB does.
A page's time and its capacity are those of the page, whatever the table's size is. The other two: the deployed service
on the local cloud, where each caller has a process of its own and all share this machine's processors.

![Latency and capacity against the table's size and the number of callers](assets/performance-growth.svg)

{growth}
"""


def write(results: Mapping[str, Any]) -> None:
    """Writes the page and its plots."""
    functions = results["functions"]["measured"]
    plots.start(functions, _ASSETS / "performance-start.svg")
    first = next(one["values"] for name, one in functions.items() if name != _FLOOR)
    growth = results["growth"]
    plots.growth(growth["table"], growth["callers"], _ASSETS / "performance-growth.svg")
    FILE.write_text(
        _TEXT.format(
            machine=results["functions"]["machine"],
            **{part: results[part]["table"] for part in ("functions", "levers", "layer")},
            memory=by_memory(first),
            peak=first["peak_mb"],
            round_trip=ROUND_TRIP_MS,
            calls=CALLS,
            delivery=delivery(results["delivery"]),
            growth=_growth(growth["table"]),
        )
    )


def delivery(results: Mapping[str, Any]) -> str:
    """The steps from a render to an order, and where and under which load they were measured.

    Ratios are those of CPU time to the first deployment's, which another load changes little.
    """
    steps, (before, after) = results["steps"], results["load"]
    whole = steps["make local: the local cloud, and the service on it"]["cpu"]
    rows: list[tuple[str, ...]] = [
        (name, f"{one['s']:.1f}", f"{one['cpu']:.1f}", f"{one['cpu'] / whole:.2f}") for name, one in steps.items()
    ]
    return (
        f"On {results['machine']}. Processes that could run, a minute's average: {before:.1f} before, {after:.1f} "
        f"after; a machine that does nothing else has about 1.\n\n"
        f"{_table(('step', 's', 'CPU s', 'CPU ÷ first make local'), rows)}\n\n"
        "The CPU seconds are those of the commands, without the local cloud's own; under `make watch`, which is at "
        "work all the time, they are those of asking for the answer."
    )


def _growth(table: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    sizes = list(next(iter(table.values())))
    return _table(
        ("ms (capacity units), by orders in the table", *(f"{int(size):,}" for size in sizes)),
        [
            (name, *(f"{points[size]['ms']:.1f} ({points[size]['units']:.1f})" for size in sizes))
            for name, points in table.items()
        ],
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---", *["---:"] * (len(head) - 1)), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
