"""POISON: waits until the message has been received again, as often as it may, and is a dead letter again."""

import sys
import time

import boto3
from blueprint.testing.environment import outputs, reach

reach()
found, sqs = outputs(), boto3.client("sqs")
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    messages = sqs.receive_message(QueueUrl=found["ParcelsDeadLettersUrl"], WaitTimeSeconds=1, VisibilityTimeout=0)
    if [message for message in messages.get("Messages", []) if message["Body"] == sys.argv[1]]:
        print("received again")
        break
    time.sleep(0.5)
else:
    sys.exit("It didn't come back.")
