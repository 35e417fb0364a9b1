"""The results as Markdown."""

import os
import platform
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path

from blueprint.bench.functions import FLOOR, Measurement
from blueprint.bench.layer import Size

_MEASURED = ("boto3", "botocore", "aws-lambda-powertools", "pydantic", "aws-xray-sdk")


def machine(layer: Path) -> str:
    """The processor and the versions, those of the packages in a layer among them, in a sentence."""
    information = Path("/proc/cpuinfo")
    text = information.read_text() if information.exists() else ""
    names = re.findall(r"^model name\s*: (.+)$", text, re.MULTILINE)
    versions = {each.name.replace("_", "-"): each.version for each in distributions(path=[str(layer)])}
    return (
        f"{names[0] if names else platform.processor() or platform.machine()}, {os.cpu_count()} CPUs, "
        f"{platform.system()}, CPython {platform.python_version()}; "
        f"{', '.join(f'{name} {versions[name]}' for name in _MEASURED)}."
    )


def functions(measurements: Mapping[str, Measurement]) -> str:
    """A row for each function; what a ready handler takes also as a multiple of the floor's."""
    floor = measurements[FLOOR]
    columns: dict[str, Callable[[Measurement], str]] = {
        "ready, M instructions": lambda m: _millions(m, "ready"),
        "x floor": lambda m: _number(_ratio(m, floor), 2),
        "primed": lambda m: _millions(m, "primed"),
        "first request": lambda m: _millions(m, "first"),
        "following": lambda m: _millions(m, "warm"),
        "ms to ready (CPU)": lambda m: _with_cpu(m, "ready"),
        "x floor (CPU)": lambda m: _number(m.values["ready_cpu_ms"] / floor.values["ready_cpu_ms"], 2),
        "first request, ms (CPU)": lambda m: _with_cpu(m, "first"),
        "following, ms (CPU)": lambda m: _with_cpu(m, "warm"),
        "memory at most, MB": lambda m: _number(m.values.get("peak_mb")),
        "AWS calls: start + first, following": (
            lambda m: f"{_count(m, 'start')} + {_count(m, 'first')}, {_count(m, 'warm')}"
        ),
    }
    rows = ((name, *(column(m) for column in columns.values())) for name, m in measurements.items())
    return _table(("function", *columns), rows)


def levers(measurements: Mapping[str, Measurement]) -> str:
    """The function, which comes first; then a row for each lever: how much more it takes without it."""
    (name, measured), *without = measurements.items()
    kinds = ("ready", "primed", "first", "warm")
    values = ("ready_cpu_ms", "first_cpu_ms", "peak_mb")

    def more(other: Measurement) -> Iterable[str]:
        for kind in kinds:
            has = kind in other.instructions and kind in measured.instructions
            yield f"{(other.instructions[kind] - measured.instructions[kind]) / 1e6:+.1f}" if has else "-"
        for value in values:
            has = value in other.values and value in measured.values
            yield f"{other.values[value] - measured.values[value]:+.1f}" if has else "-"

    return _table(
        (
            *(name, "ready, M instructions", "primed", "first request", "following"),
            *("CPU ms to ready", "CPU ms of the first request", "MB at most"),
        ),
        (
            (
                "with all",
                *(_millions(measured, kind) for kind in kinds),
                *(_number(measured.values.get(value)) for value in values),
            ),
            *((f"without {lever}", *more(other)) for lever, other in without),
        ),
    )


def sizes(measured: Mapping[str, Size]) -> str:
    return _table(
        ("upload", "unzipped, MB", "zipped, MB"),
        ((name, _number(size.unzipped / 1e6), _number(size.zipped / 1e6)) for name, size in measured.items()),
    )


def _millions(measurement: Measurement, kind: str) -> str:
    count = measurement.instructions.get(kind)
    return _number(count and count / 1e6)


def _ratio(measurement: Measurement, floor: Measurement) -> float | None:
    if "ready" not in measurement.instructions or "ready" not in floor.instructions:
        return None
    return measurement.instructions["ready"] / floor.instructions["ready"]


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
