"""What a template's alarms do over synthetic series of requests: the table of blueprint/docs/operating.md.

python scripts/alarm_simulation.py TEMPLATE.json

It evaluates the alarms as CloudWatch does: each minute, over windows that slide. What CloudWatch adds, a minute or two
until a metric has arrived, isn't in it.
"""

import json
import math
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import Any

ALARMS = ("ApiErrors", "FastBurn", "SlowBurn")
RATES = (0.01, 0.1, 1.0, 10.0, 100.0)
"""Requests a second."""
MONTH, HOUR = 30 * 24 * 60, 60
HEALTHY = 0.0001
FAULTS = (0.02, 0.2)
_LONGEST = 6 * HOUR
_RUNS, _MONTHS = 11, 4
_MANY = 60
"""From here on, one distribution is as good as the other."""


@dataclass(frozen=True)
class Alarm:
    """An alarm on 5XX, as its template has it."""

    period: int
    """In minutes."""
    breaching: int
    periods: int
    threshold: float
    value: Callable[[int, int], float]
    """Of the errors and the requests in a period."""

    def states(self, requests: Sequence[int], errors: Sequence[int]) -> list[bool]:
        """Whether it is on at the end of each minute."""
        sums = [[0, *accumulate(series)] for series in (errors, requests)]
        above = []
        for end in range(1, len(requests) + 1):
            failed, all_ = (total[end] - total[max(0, end - self.period)] for total in sums)
            above.append(all_ > 0 and self.value(failed, all_) > self.threshold)
        recent = range(0, self.periods * self.period, self.period)
        return [
            sum(above[end - back] for back in recent if end >= back) >= self.breaching for end in range(len(requests))
        ]


def alarms(template: Mapping[str, Any]) -> dict[str, Alarm]:
    """The `ALARMS` of a CloudFormation template."""
    found = {}
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            properties = resource["Properties"]
            name = str(properties["AlarmName"]).rpartition("-")[2]
            if name in ALARMS:
                found[name] = _alarm(properties)
    return found


def _alarm(properties: Mapping[str, Any]) -> Alarm:
    if "Metrics" in properties:
        (math_,) = [metric for metric in properties["Metrics"] if "Expression" in metric]
        stats = {metric["Id"]: metric["MetricStat"] for metric in properties["Metrics"] if "MetricStat" in metric}
        (period,) = {stat["Period"] for stat in stats.values()}
        kinds = {name: stat["Metric"]["MetricName"] for name, stat in stats.items()}
        is_known = {stat["Stat"] for stat in stats.values()} == {"Sum"} and sorted(kinds.values()) == [
            "5XXError",
            "Count",
        ]
        code = compile(math_["Expression"], "<expression>", "eval")

        def value(errors: int, requests: int) -> float:
            counts = {name: errors if kind == "5XXError" else requests for name, kind in kinds.items()}
            functions = {"IF": lambda test, yes, no: yes if test else no, "FILL": lambda series, _: series}
            return float(eval(code, {"__builtins__": {}}, {**counts, **functions}))  # noqa: S307
    else:
        is_known = (properties["MetricName"], properties["Statistic"]) == ("5XXError", "Average")
        period = properties["Period"]

        def value(errors: int, requests: int) -> float:
            return errors / requests

    rule = (properties["ComparisonOperator"], properties["TreatMissingData"])
    if not is_known or rule != ("GreaterThanThreshold", "notBreaching"):
        raise ValueError(f"The simulation doesn't know how CloudWatch evaluates {properties}.")
    periods = properties["EvaluationPeriods"]
    return Alarm(period // 60, properties.get("DatapointsToAlarm", periods), periods, properties["Threshold"], value)


def series(rate: float, failing: Sequence[float], dice: random.Random) -> tuple[list[int], list[int]]:
    """The requests and the errors of each minute, at so many requests a second, of which such parts fail."""
    requests = [_poisson(rate * 60, dice) for _ in failing]
    errors = [_binomial(count, part, dice) for count, part in zip(requests, failing, strict=True)]
    return requests, errors


def false_alarms(alarm: Alarm, rate: float, months: int = _MONTHS) -> float:
    """How often a month it goes off while the service is healthy."""
    dice = random.Random(f"healthy {rate}")  # noqa: S311
    total = 0
    for _ in range(months):
        states = alarm.states(*series(rate, [HEALTHY] * MONTH, dice))
        total += sum(now and not before for before, now in zip([False, *states], states, strict=False))
    return total / months


def minutes_to_detect(alarm: Alarm, rate: float, fault: float) -> float | None:
    """Minutes from the beginning of a fault until it goes off, in half of the cases; None for never in six hours."""
    found = []
    for run in range(_RUNS):
        dice = random.Random(f"fault {rate} {fault} {run}")  # noqa: S311
        states = alarm.states(*series(rate, [HEALTHY] * _LONGEST + [fault] * _LONGEST, dice))
        found.append(states.index(True, _LONGEST) - _LONGEST + 1 if any(states[_LONGEST:]) else math.inf)
    middle = median(found)
    return None if math.isinf(middle) else middle


def table(found: Mapping[str, Alarm]) -> str:
    """The table in Markdown."""
    heads = [f"{fault:.0%} fail: {name}" for fault in FAULTS for name in ALARMS]
    lines = [
        f"| requests a second | false alarms a month at {1 - HEALTHY:.2%} | {' | '.join(heads)} |",
        "| ---" * (2 + len(heads)) + " |",
    ]
    for rate in RATES:
        wrong = sum(false_alarms(found[name], rate) for name in ALARMS)
        cells = [minutes_to_detect(found[name], rate, fault) for fault in FAULTS for name in ALARMS]
        texts = ["never" if cell is None else f"{cell:.0f} min" for cell in cells]
        lines.append(f"| {rate:g} | {wrong:g} | {' | '.join(texts)} |")
    return "\n".join(lines)


def _poisson(mean: float, dice: random.Random) -> int:
    if mean > _MANY:
        return max(0, round(dice.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, dice.random()
    while product > limit:
        count, product = count + 1, product * dice.random()
    return count


def _binomial(count: int, part: float, dice: random.Random) -> int:
    mean = count * part
    if count <= _MANY:
        return sum(dice.random() < part for _ in range(count))
    if mean <= _MANY:
        return min(count, _poisson(mean, dice))
    return min(count, max(0, round(dice.gauss(mean, math.sqrt(mean * (1 - part))))))


if __name__ == "__main__":
    print(table(alarms(json.loads(Path(sys.argv[1]).read_text()))))
