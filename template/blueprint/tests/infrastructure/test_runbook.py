"""The runbook explains each alarm that an environment has, and none that there isn't."""

import re

from blueprint import settings as service_settings
from blueprint.settings import LOCAL, ROOT
from blueprint.tests.synthesis import template

SETTINGS = service_settings.load()


def sections(*, of_the_team: bool = False) -> set[str]:
    """The headings, in the runbook and the team's docs/runbook*.md, that are an alarm's name, or … and its end."""
    pages = [] if of_the_team else [ROOT / "blueprint" / "docs" / "runbook.md"]
    pages += (ROOT / "docs").glob("runbook*.md")
    return {name for page in pages for name in re.findall(r"^## `(\S+)`$", page.read_text(), re.MULTILINE)}


def alarms() -> dict[str, str]:
    """The descriptions of the alarms of all environments by their names, without their stack's."""
    return {
        alarm["Properties"]["AlarmName"].removeprefix(f"{SETTINGS.stack_name(environment)}-"): alarm["Properties"][
            "AlarmDescription"
        ]
        for name, environment in SETTINGS.environments.items()
        if name != LOCAL
        for alarm in template(name).find_resources("AWS::CloudWatch::Alarm").values()
    }


def section_of(alarm: str) -> str | None:
    """The section that explains the alarm: its own, else the one with the longest end of its name."""
    matching = [name for name in sections() if name == alarm or (name[0] == "…" and alarm.endswith(name[1:]))]
    return max(matching, key=lambda name: (name == alarm, len(name)), default=None)


def test_each_alarm_has_a_section() -> None:
    assert {alarm for alarm in alarms() if section_of(alarm) is None} == set()


def test_each_section_of_the_team_explains_an_alarm() -> None:
    assert sections(of_the_team=True) <= {section_of(alarm) for alarm in alarms()}


def test_each_alarm_says_where_its_section_is() -> None:
    assert all(description.endswith("What to do: blueprint/docs/runbook.md.") for description in alarms().values())
