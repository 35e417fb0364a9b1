"""How often a canary is rolled back, by the thresholds of its alarms: of a good version, and of a bad one."""

import re
from functools import cache

import pytest
from blueprint.constructs.delivery import THRESHOLD, TOLERATED
from blueprint.settings import ROOT

MINUTES = 5
CANARY = 0.1
GOOD, BAD = 0.0001, 0.1
"""The shares of failed requests of a version that is fine, and of one that fails every tenth."""


@cache
def rolled_back(per_second: float, failing: float) -> float:
    """The probability that an alarm goes off in a canary of five minutes, looked at once a minute.

    It sums over the numbers of errors that were too few to ring at every look so far.
    """
    per_minute = round(per_second * 60 * CANARY)
    quiet = {0: 1.0}
    for minute in range(1, MINUTES + 1):
        most = THRESHOLD + TOLERATED * per_minute * minute
        new: dict[int, float] = {}
        for errors, probability in quiet.items():
            odds = (1 - failing) ** per_minute
            for more in range(per_minute + 1):
                if errors + more > most:
                    break
                new[errors + more] = new.get(errors + more, 0.0) + probability * odds
                odds *= (per_minute - more) / (more + 1) * failing / (1 - failing)
        quiet = new
    return 1 - sum(quiet.values())


@pytest.mark.parametrize("per_second", [1, 10, 100])
def test_a_good_version_stays_and_a_bad_one_goes(per_second: int) -> None:
    assert rolled_back(per_second, GOOD) < 0.01
    assert rolled_back(per_second, BAD) >= 0.95


def test_the_guides_odds_are_these() -> None:
    guide = (ROOT / "blueprint" / "docs" / "deploying.md").read_text()
    rows = re.findall(r"^\| (\d+) \| (\d+) \| ([\d.]+) % \| ([\d.]+) % \|$", guide, re.MULTILINE)
    assert [int(per_second) for per_second, *_ in rows] == [1, 10, 100]
    for per_second, requests, false, caught in rows:
        assert int(requests) == int(per_second) * 60 * MINUTES * CANARY
        assert f"{100 * rolled_back(int(per_second), GOOD):.2f}" == false
        assert f"{100 * rolled_back(int(per_second), BAD):.1f}" == caught
