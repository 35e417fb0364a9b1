"""The runbook explains each alarm that an environment can have, and its queries find what the logs hold."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blueprint import settings as service_settings
from blueprint.constructs.api import ACCESS_LOG
from blueprint.settings import LOCAL, ROOT
from blueprint.tests.synthesis import template

SETTINGS = service_settings.load()
PAGES = [ROOT / "blueprint" / "docs" / "runbook.md", *(ROOT / "docs").glob("runbook*.md")]
WORDS = set(re.findall(r"\w+", "fields filter stats sort by as desc asc in and or not count max min avg sum pct bin"))


def sections(*, of_the_team: bool = False) -> set[str]:
    """The headings, in the runbook and the team's docs/runbook*.md, that are an alarm's name, or … and its end."""
    pages = PAGES[1:] if of_the_team else PAGES
    return {name for page in pages for name in re.findall(r"^## `(\S+)`$", page.read_text(), re.MULTILINE)}


def alarms() -> dict[str, str]:
    """The descriptions of the alarms of all environments that reach somebody, by their names without their stack's."""
    return {
        alarm["Properties"]["AlarmName"].removeprefix(f"{SETTINGS.stack_name(environment)}-"): alarm["Properties"][
            "AlarmDescription"
        ]
        for name, environment in SETTINGS.environments.items()
        if name != LOCAL
        for alarm in template(name).find_resources("AWS::CloudWatch::Alarm").values()
        if "AlarmActions" in alarm["Properties"]
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


def names(value: Any, prefix: str = "") -> Iterator[str]:
    """The fields that Logs Insights finds in a JSON line; an item of a list has its number as name.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
    """
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if pairs is None:
        yield prefix[:-1]
        return
    for name, each in pairs:
        yield from names(each, f"{prefix}{name}.")


def logged() -> dict[str, set[str]]:
    """The fields of each kind of log, the functions' by lines that were recorded on the local cloud.

    That writes Lambda's own lines as text. Here they are as AWS has them, one of an invocation and one of a start that
    failed: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
    """
    lines = Path(__file__).with_name("log_lines.jsonl").read_text().splitlines()
    functions = {name for line in lines for name in names(json.loads(line))}
    return {"functions": functions, "AccessLog": set(ACCESS_LOG)}


@pytest.mark.parametrize(
    ("log", "query"),
    [found for page in PAGES for found in re.findall(r"```insights\n *# (\w+)\n(.*?)```", page.read_text(), re.DOTALL)],
)
def test_a_query_asks_for_fields_that_its_log_has(log: str, query: str) -> None:
    without_texts = re.sub(r'"[^"]*"', "", query)
    own = set(re.findall(r"\bas (\w+)", without_texts))
    asked = set(re.findall(r"@?[A-Za-z_][\w.]*", re.sub(r"(?<![\w.])\d+\w*", "", without_texts)))
    assert asked - WORDS - own - {"@timestamp", "@log"} <= logged()[log]


def test_each_query_says_over_which_log_it_is() -> None:
    for page in PAGES:
        text = page.read_text()
        assert text.count("```insights") == len(re.findall(r"```insights\n *# (?:functions|AccessLog)\n", text))
