"""The alarms over synthetic requests: who is woken by what, and the table of it in the documents."""

import json
import random

import alarm_simulation
import pytest
from alarm_simulation import MONTH, Alarm, alarms, false_alarms, series, table
from services import Service
from user_shell import BLUEPRINT

SYNTHESISE = "from blueprint.tests.synthesis import template_file; print(template_file('production').read_text())"


@pytest.fixture(scope="module")
def found(workshop: Service) -> dict[str, Alarm]:
    """The alarms of production's template."""
    printed = workshop.run(".venv/bin/python", "-c", SYNTHESISE).stdout
    return alarms(json.loads(printed[printed.index("{") : printed.rindex("}") + 1]))


def test_the_documents_have_the_table_as_it_is(found: dict[str, Alarm]) -> None:
    assert table(found) in (BLUEPRINT / "template/blueprint/docs/operating.md").read_text()


def test_one_error_in_a_quiet_night_wakes_nobody(found: dict[str, Alarm]) -> None:
    requests, _ = series(0.1, [0.0] * MONTH, random.Random(1))  # noqa: S311
    for minute in random.Random(2).sample(range(MONTH), 20):  # noqa: S311
        errors = [0] * MONTH
        errors[minute] = min(1, requests[minute])
        assert not any(any(alarm.states(requests, errors)) for alarm in found.values())


@pytest.mark.parametrize("rate", [0.1, 100.0])
def test_an_outage_is_seen_within_minutes_and_is_over_when_it_is_over(found: dict[str, Alarm], rate: float) -> None:
    healthy, down = [0.0] * 500, [1.0] * 60
    requests, errors = series(rate, healthy + down + healthy, random.Random(3))  # noqa: S311
    for name, latest, over in (("ApiErrors", 5, 5), ("FastBurn", 3, 60), ("SlowBurn", 6, 360)):
        states = found[name].states(requests, errors)
        assert not any(states[:500])
        assert any(states[500 : 500 + latest])
        assert not any(states[560 + over :])


def test_an_alarm_on_every_single_error_would_ring_all_the_time() -> None:
    """The simulation can fail: the former default, one error in a minute, is what it counts as unbearable."""
    each = Alarm(period=1, breaching=1, periods=1, threshold=0, value=lambda errors, _: float(errors))
    assert false_alarms(each, 1.0, months=1) > 100
    assert alarm_simulation.HEALTHY < 0.001
