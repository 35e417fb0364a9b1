"""An alarm goes off and reaches whoever listens to the topic."""

import json
from collections.abc import Iterator

import boto3
import pytest

from service.core.configuration import FALLBACK_METRIC
from tests.support.environment import environment, settings

STACK = settings().stack_name(environment())


@pytest.fixture
def inbox(_environment: None) -> Iterator[str]:
    """The URL of a queue that gets what the alarms' topic is sent."""
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    alarm = boto3.client("cloudwatch").describe_alarms(AlarmNames=[f"{STACK}-ConfigurationFallback"])["MetricAlarms"][0]
    (topic,) = alarm["AlarmActions"]
    url = sqs.create_queue(QueueName=f"{STACK}-test-inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)
    yield url
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=url)


def test_a_fallback_of_the_configuration_reaches_the_topic(inbox: str) -> None:
    # When the functions report what they emit by Powertools, here put directly: the local cloud reads no EMF
    boto3.client("cloudwatch").put_metric_data(
        Namespace=STACK,
        MetricData=[
            {
                "MetricName": FALLBACK_METRIC,
                "Dimensions": [{"Name": "service", "Value": settings().service.name}],
                "Value": 1,
                "Unit": "Count",
            }
        ],
    )
    # Then the alarm's message is in the inbox
    messages = boto3.client("sqs").receive_message(QueueUrl=inbox, WaitTimeSeconds=10).get("Messages", [])
    assert len(messages) == 1
    message = json.loads(json.loads(messages[0]["Body"])["Message"])
    assert message["AlarmName"] == f"{STACK}-ConfigurationFallback"
    assert message["NewStateValue"] == "ALARM"
    boto3.client("cloudwatch").set_alarm_state(
        AlarmName=message["AlarmName"], StateValue="OK", StateReason="The test is over."
    )
