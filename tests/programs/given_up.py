"""HANDLER ACTION LETTERS: has the function fail for good, as its role lacks the action, and its dead letters sent back.

Prints for how many milliseconds a change waited, and what `make redrive` says.
"""

import json
import subprocess
import sys
import time
import uuid

import boto3
import requests
from blueprint.testing.client import authorization
from blueprint.testing.environment import outputs, reach
from blueprint.testing.localhost import resolve_localhost

handler, action, letters = sys.argv[1:]
resolve_localhost()
reach()
found, iam, client = outputs(), boto3.client("iam"), boto3.client("lambda")
name = "".join(word.capitalize() for word in handler.split("_"))
function = client.get_function_configuration(FunctionName=found[f"{name}FunctionName"])
role = function["Role"].split("/")[-1]
names = iam.list_role_policies(RoleName=role)["PolicyNames"]
originals = {each: iam.get_role_policy(RoleName=role, PolicyName=each)["PolicyDocument"] for each in names}
queue = found[f"{letters}DeadLettersUrl"]


def allow(kept):
    for each, document in originals.items():
        statements = [statement for statement in document["Statement"] if kept(statement)]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy(RoleName=role, PolicyName=each, PolicyDocument=policy)


def waiting():
    names = ["ApproximateNumberOfMessages"]
    return int(boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"][names[0]])


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.2)
    return condition()


def place_order():
    order = requests.post(
        found["ApiUrl"] + "api/orders",
        json={"customer_name": "Ada", "order_item_count": 3},
        headers={"Idempotency-Key": uuid.uuid4().hex},
        auth=authorization(),
        timeout=30,
    ).json()
    pack = client.get_function_configuration(FunctionName=found["PackParcelFunctionName"])
    table, key = pack["Environment"]["Variables"]["PARCELS_TABLE_NAME"], {"order_id": {"S": order["id"]}}
    return lambda: "Item" in boto3.client("dynamodb").get_item(TableName=table, Key=key)


def start_run():
    run = str(uuid.uuid4())
    payload = json.dumps({"id": run, "time": "2026-11-24T03:00:00Z"})
    # The local cloud has retries and destinations of functions, and not of aliases.
    (of_alias,) = client.list_function_event_invoke_configs(FunctionName=function["FunctionName"])[
        "FunctionEventInvokeConfigs"
    ]
    client.put_function_event_invoke_config(
        FunctionName=function["FunctionName"],
        MaximumRetryAttempts=0,
        DestinationConfig=of_alias["DestinationConfig"],
    )
    client.invoke(FunctionName=function["FunctionName"], InvocationType="Event", Payload=payload)
    group = function["LoggingConfig"]["LogGroup"]
    pages = boto3.client("logs").get_paginator("filter_log_events")
    return lambda: any(
        run in event["message"] and "run ended" in event["message"]
        for page in pages.paginate(logGroupName=group)
        for event in page["events"]
    )


mappings = client.list_event_source_mappings(FunctionName=function["FunctionName"])["EventSourceMappings"]
for mapping in mappings:
    client.update_event_source_mapping(UUID=mapping["UUID"], MaximumRecordAgeInSeconds=3)
assert waiting() == 0
began = time.monotonic()
try:
    allow(lambda statement: action not in str(statement["Action"]))
    done = start_run() if letters.endswith("Schedule") else place_order()
    assert until(waiting), "There is no dead letter."
finally:
    allow(lambda _: True)
    for mapping in mappings:
        age = mapping["MaximumRecordAgeInSeconds"]
        client.update_event_source_mapping(UUID=mapping["UUID"], MaximumRecordAgeInSeconds=age)
print(f"waited {1000 * (time.monotonic() - began):.0f} ms")
assert not until(done, 3), "It was done without a redrive."
redrive = [sys.executable, "-m", "blueprint.operations.redrive", "send"]
print(subprocess.run(redrive, check=True, stdout=subprocess.PIPE, text=True).stdout)
assert until(done), "The redrive has done nothing."
assert waiting() == 0
