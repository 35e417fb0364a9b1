"""What the alarms of queues, streams and schedules look at; Monitoring makes the alarms and shows them."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from blueprint.settings import Alarms

MINUTE = cdk.Duration.minutes(1)


@dataclass(frozen=True)
class Watch:
    """An alarm to be: `threshold` names the field of `blueprint.settings.Alarms` above whose value it goes off."""

    name: str
    description: str
    metric: cloudwatch.Metric
    threshold: str

    def limit(self, alarms: Alarms) -> float:
        """The threshold's value."""
        value: float = getattr(alarms, self.threshold)
        return value


def of_queue(name: str, queue: sqs.IQueue) -> Watch:
    return Watch(
        f"{name}MessageAge",
        f"Messages wait in the queue {name} for longer than they should (seconds).",
        queue.metric_approximate_age_of_oldest_message(statistic="Maximum", period=MINUTE),
        "message_age_seconds",
    )


def of_dead_letters(name: str, queue: sqs.IQueue) -> Watch:
    return Watch(
        f"{name}DeadLetters",
        f"What {name} could not handle waits in its dead-letter queue.",
        queue.metric_approximate_number_of_messages_visible(statistic="Maximum", period=MINUTE),
        "dead_letters",
    )


def of_stream(name: str, alias: lambda_.Alias) -> Watch:
    return Watch(
        f"{name}IteratorAge",
        f"The changes of {name} are handled late (milliseconds).",
        alias.metric("IteratorAge", statistic="Maximum", period=MINUTE),
        "iterator_age_ms",
    )


def of_schedules(name: str, group: str) -> Watch:
    return Watch(
        f"{name}FailedSchedules",
        f"EventBridge Scheduler can't start what {name} is for.",
        cloudwatch.Metric(
            namespace="AWS/Scheduler",
            metric_name="TargetErrorCount",
            dimensions_map={"ScheduleGroup": group},
            statistic="Sum",
            period=MINUTE,
        ),
        "failed_schedules",
    )
