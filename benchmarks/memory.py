"""What a function's memory means for its latency and its costs, computed from what was measured."""

from collections.abc import Mapping

MIB_PER_PROCESSOR = 1769
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""
USD_PER_GB_SECOND = 0.0000133334
"""arm64 in us-east-1, https://aws.amazon.com/lambda/pricing/"""
ROUND_TRIP_MS = 4.0
"""Assumed for a call of DynamoDB, which takes none of the function's own processor."""
CALLS = 3
SIZES = (128, 256, 512, 768, 1024, 1769)


def by_memory(values: Mapping[str, float]) -> str:
    """A row for each memory size: how long a function with these CPU times takes there, and what its requests cost.

    With a share of a processor a function computes that much slower; what it waits for takes as long as ever.
    """
    lines = [
        "| MiB | processors | a start, ms | its first request, ms | a following one, ms | a million of those, USD |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for size in SIZES:
        share = min(1.0, size / MIB_PER_PROCESSOR)
        wait = CALLS * ROUND_TRIP_MS
        warm = values["warm_cpu_ms"] / share + wait
        first = values["first_cpu_ms"] / share + wait
        # Billed by the millisecond, and what is begun counts.
        usd = 1e6 * (int(warm) + 1) / 1000 * size / 1024 * USD_PER_GB_SECOND
        start = values["ready_cpu_ms"] / share
        lines.append(f"| {size} | {share:.2f} | {start:.0f} | {first:.0f} | {warm:.0f} | {usd:.2f} |")
    return "\n".join(lines)
