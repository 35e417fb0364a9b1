"""The results as Markdown."""

from collections.abc import Iterable, Mapping, Sequence

from blueprint.bench.functions import FLOOR, Measurement
from blueprint.bench.layer import Size


def functions(measurements: Mapping[str, Measurement]) -> str:
    """A row for each function; instructions and CPU time to a ready handler also as a multiple of the floor's."""
    floor = measurements[FLOOR]
    return _table(
        (
            *(
                "function",
                "instructions to ready, M",
                "x floor",
                "ms to ready (CPU)",
                "x floor",
                "first request, ms (CPU)",
            ),
            *("following, ms (CPU)", "memory at most, MB", "AWS calls: start + first, following"),
        ),
        (
            (
                name,
                _number(m.instructions and m.instructions / 1e6),
                _number(m.instructions and floor.instructions and m.instructions / floor.instructions, 2),
                _with_cpu(m, "ready"),
                _number(m.values["ready_cpu_ms"] / floor.values["ready_cpu_ms"], 2),
                _with_cpu(m, "first"),
                _with_cpu(m, "warm"),
                _number(m.values.get("peak_mb")),
                f"{_count(m, 'start')} + {_count(m, 'first')}, {_count(m, 'warm')}",
            )
            for name, m in measurements.items()
        ),
    )


def levers(measurements: Mapping[str, Measurement]) -> str:
    """A row for each lever: how much more the function, which comes first, takes without it."""
    (name, measured), *without = measurements.items()

    def more(other: Measurement, value: str) -> str:
        if value not in other.values or value not in measured.values:
            return "-"
        return f"{other.values[value] - measured.values[value]:+.1f}"

    return _table(
        (f"{name} without", "instructions to ready, M", "CPU ms to ready", "CPU ms of the first request", "MB at most"),
        (
            (
                f"`{lever}`",
                f"{(m.instructions - measured.instructions) / 1e6:+.1f}"
                if m.instructions and measured.instructions
                else "-",
                *(more(m, value) for value in ("ready_cpu_ms", "first_cpu_ms", "peak_mb")),
            )
            for lever, m in without
        ),
    )


def sizes(measured: Mapping[str, Size]) -> str:
    return _table(
        ("upload", "unzipped, MB", "zipped, MB"),
        ((name, _number(size.unzipped / 1e6), _number(size.zipped / 1e6)) for name, size in measured.items()),
    )


def _with_cpu(measurement: Measurement, kind: str) -> str:
    values = measurement.values
    if f"{kind}_ms" not in values:
        return "-"
    return f"{values[f'{kind}_ms']:.1f} ({values[f'{kind}_cpu_ms']:.1f})"


def _count(measurement: Measurement, kind: str) -> int:
    return sum(measurement.calls[kind].values())


def _number(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
