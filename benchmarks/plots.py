"""The plots, as SVG."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
# The same picture for the same numbers.
mpl.rcParams.update({"svg.hashsalt": "blueprint", "axes.grid": True, "grid.alpha": 0.3, "font.size": 9})

import matplotlib.pyplot as plt  # noqa: E402

Series = Mapping[str, Mapping[str, Mapping[str, float]]]


def start(functions: Mapping[str, Any], file: Path) -> None:
    """Instructions and CPU time to a ready handler, a pair of bars each."""
    figure, axes = plt.subplots(1, 2, figsize=(8, 2.6), sharey=True, layout="constrained")
    names = list(functions)[::-1]
    for axis, title, values in (
        (
            axes[0],
            "instructions to a ready handler, M",
            [functions[name]["instructions"].get("ready", 0) / 1e6 for name in names],
        ),
        (axes[1], "CPU ms to a ready handler", [functions[name]["values"]["ready_cpu_ms"] for name in names]),
    ):
        axis.bar_label(axis.barh(names, values), fmt="%.0f", padding=3)
        axis.set_title(title, fontsize=9)
        axis.margins(x=0.15)
    _save(figure, file)


def growth(table: Series, callers: Series, file: Path) -> None:
    """Latency and capacity by the table's size, latency and throughput by the number of callers."""
    figure, axes = plt.subplots(2, 2, figsize=(8, 5.6), layout="constrained")
    for axis, series, value, title in (
        (axes[0][0], table, "ms", "ms a request, by orders in the table"),
        (axes[0][1], table, "units", "capacity units a request, by orders in the table"),
        (axes[1][0], callers, "ms", "ms a request, by callers at once"),
        (axes[1][1], callers, "per_second", "requests a second, by callers at once"),
    ):
        for name, points in series.items():
            axis.plot([int(x) for x in points], [point[value] for point in points.values()], marker="o", label=name)
        axis.set_xscale("log", base=10 if series is table else 2)
        if series is callers:
            axis.set_xticks(ticks := [int(x) for x in next(iter(series.values()))], [str(tick) for tick in ticks])
        axis.set_ylim(bottom=0)
        axis.set_title(title, fontsize=9)
    axes[0][0].legend(fontsize=7)
    axes[1][0].legend(fontsize=7)
    _save(figure, file)


def _save(figure: Any, file: Path) -> None:
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)
    # matplotlib leaves spaces at the ends of lines.
    file.write_text("".join(f"{line.rstrip()}\n" for line in file.read_text().splitlines()))
