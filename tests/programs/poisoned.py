"""POISON: sends ten messages to the queue of parcels, each twice, one of them nobody can read; counts the parcels."""

import json
import sys
import time
import uuid

import boto3
from blueprint.testing.environment import outputs, reach

reach()
found, sqs = outputs(), boto3.client("sqs")
queue = found["ParcelsQueueUrl"]
sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
# What other tests have left there.
sqs.purge_queue(QueueUrl=found["ParcelsDeadLettersUrl"])
orders = [str(uuid.uuid4()) for _ in range(9)]
bodies = [
    json.dumps({"detail-type": "OrderPlaced", "detail": {"id": order, "order_id": order, "item_count": 1}})
    for order in orders
]
for body in [*bodies, *bodies]:
    sqs.send_message(QueueUrl=queue, MessageBody=body)
sqs.send_message(QueueUrl=queue, MessageBody=sys.argv[1])
variables = boto3.client("lambda").get_function_configuration(FunctionName=found["PackParcelFunctionName"])
table = variables["Environment"]["Variables"]["PARCELS_TABLE_NAME"]
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    items = boto3.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
    packed = [item["order_id"]["S"] for item in items if item["order_id"]["S"] in orders]
    attributes = sqs.get_queue_attributes(
        QueueUrl=found["ParcelsDeadLettersUrl"], AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"]
    if len(packed) == 9 and attributes["ApproximateNumberOfMessages"] == "1":
        print("nine parcels")
        break
    time.sleep(0.5)
else:
    sys.exit(f"{len(packed)} parcels, {attributes}")
