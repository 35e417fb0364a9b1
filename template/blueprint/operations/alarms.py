"""`make alarms`: the state of ENVIRONMENT's alarms, those that are on first.

It takes the rights cloudformation:ListStackResources and cloudwatch:DescribeAlarms.
"""

from collections.abc import Iterator
from typing import Any

import boto3

from blueprint.operations.target import Target, run
from blueprint.settings import Settings

_ORDER = ("ALARM", "INSUFFICIENT_DATA", "OK")
_PAGE = 100  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html


def show(settings: Settings) -> Iterator[str]:
    """An alarm per line: its state, since when, its name; for one that is on also why, and what to do."""
    target = Target.chosen(settings)
    names = [
        name for kind in ("Alarm", "CompositeAlarm") for name in target.resources(f"AWS::CloudWatch::{kind}").values()
    ]
    found: list[Any] = []
    for start in range(0, len(names), _PAGE):
        answer = boto3.client("cloudwatch").describe_alarms(
            AlarmNames=names[start : start + _PAGE], AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=_PAGE
        )
        found += [*answer["MetricAlarms"], *answer["CompositeAlarms"]]
    for alarm in sorted(found, key=lambda alarm: (_ORDER.index(alarm["StateValue"]), alarm["AlarmName"])):
        state, since = alarm["StateValue"], alarm["StateUpdatedTimestamp"].astimezone()
        yield f"{state:<17}  since {since:%Y-%m-%d %H:%M:%S}  {alarm['AlarmName']}"
        if state == "ALARM":
            yield from (f"    {alarm[key]}" for key in ("StateReason", "AlarmDescription") if alarm.get(key))
    on = sum(alarm["StateValue"] == "ALARM" for alarm in found)
    yield f"{len(found)} alarms in {target.stack_name}, {on or 'none'} of them on"


if __name__ == "__main__":
    run(show)
