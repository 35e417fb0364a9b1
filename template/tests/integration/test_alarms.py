"""An alarm goes off and reaches whoever listens to the topic."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest

from blueprint.testing.environment import environment, settings

if TYPE_CHECKING:
    from types_boto3_cloudwatch.type_defs import MetricAlarmTypeDef

STACK = settings().stack_name(environment())


@pytest.fixture
def alarm() -> Iterator["MetricAlarmTypeDef"]:
    """The alarm on the configuration's fallback, which has not gone off."""
    cloudwatch = boto3.client("cloudwatch")
    name = f"{STACK}-ConfigurationFallback"

    def calm() -> None:
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="A test begins or ends.")

    calm()
    yield cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    calm()


@pytest.fixture
def inbox(alarm: "MetricAlarmTypeDef") -> Iterator[str]:
    """The URL of a queue that gets what the alarm's topic is sent."""
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    (topic,) = alarm["AlarmActions"]
    url = sqs.create_queue(QueueName=f"{STACK}-test-inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)
    yield url
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=url)


def test_a_fallback_of_the_configuration_reaches_the_topic(alarm: "MetricAlarmTypeDef", inbox: str) -> None:
    # When the metric that the alarm watches goes up; the local cloud takes no metric from a function's log
    boto3.client("cloudwatch").put_metric_data(
        Namespace=alarm["Namespace"],
        MetricData=[{"MetricName": alarm["MetricName"], "Dimensions": alarm["Dimensions"], "Value": 1}],
    )
    # Then the alarm's message is in the inbox
    messages = boto3.client("sqs").receive_message(QueueUrl=inbox, WaitTimeSeconds=10).get("Messages", [])
    assert len(messages) == 1
    message = json.loads(json.loads(messages[0]["Body"])["Message"])
    assert message["AlarmName"] == alarm["AlarmName"]
    assert message["NewStateValue"] == "ALARM"
