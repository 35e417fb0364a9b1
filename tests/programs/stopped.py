"""Places an order while nobody takes messages from the queue of parcels; prints for how many seconds its one waits."""

import time
import uuid

import boto3
import requests
from blueprint.testing.client import authorization
from blueprint.testing.environment import outputs, reach
from blueprint.testing.localhost import resolve_localhost

resolve_localhost()
reach()
found, client = outputs(), boto3.client("lambda")
names = ["ApproximateNumberOfMessages"]
(mapping,) = client.list_event_source_mappings(FunctionName=found["PackParcelFunctionName"])["EventSourceMappings"]


def waiting():
    answer = boto3.client("sqs").get_queue_attributes(QueueUrl=found["ParcelsQueueUrl"], AttributeNames=names)
    return answer["Attributes"][names[0]] != "0"


def until(condition):
    deadline = time.monotonic() + 30
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert condition()


until(lambda: not waiting())
try:
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    requests.post(
        found["ApiUrl"] + "api/orders",
        json={"customer_name": "Ada", "order_item_count": 3},
        headers={"Idempotency-Key": uuid.uuid4().hex},
        auth=authorization(),
        timeout=30,
    ).raise_for_status()
    until(waiting)
    began = time.monotonic()
    time.sleep(2)
    assert waiting()
    print(time.monotonic() - began)
finally:
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
until(lambda: not waiting())
