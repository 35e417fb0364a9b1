"""FUNCTION POINT: places an order while the function's process dies at that point, then counts its parcels."""

import io
import json
import os
import sys
import time
import uuid
import zipfile

import boto3
import requests
from blueprint.testing.client import Api, authorization
from blueprint.testing.environment import outputs, reach
from blueprint.testing.localhost import resolve_localhost

KILLER = """
import importlib, json, os
from blueprint.runtime import aws
when, operation, *table = os.environ["KILL_AT"].split()
module = importlib.import_module(os.environ["KILLED"])
client = module.bus._client if operation == "PutEvents" else aws.dynamodb()

def is_it(params):
    return not table or json.loads(params["body"])["TableName"] == os.environ[table[0]]

seen = []

def before(params, **_):
    seen.append(is_it(params))
    if when == "before" and seen[-1]:
        os._exit(1)

def after(**_):
    if when == "after" and seen[-1]:
        os._exit(1)

name = client.meta.service_model.service_id.hyphenize()
client.meta.events.register(f"before-call.{name}.{operation}", before)
client.meta.events.register(f"after-call.{name}.{operation}", after)
lambda_handler = module.lambda_handler
"""

handler, point = sys.argv[1:]
resolve_localhost()
reach()
client, found = boto3.client("lambda"), outputs()
function = found["".join(word.capitalize() for word in handler.split("_")) + "FunctionName"]
before = client.get_function(FunctionName=function)
configuration, alias = before["Configuration"], client.get_alias(FunctionName=function, Name="live")
original = requests.get(before["Code"]["Location"], timeout=30).content
package = io.BytesIO(original)
with zipfile.ZipFile(package, "a") as archive:
    archive.writestr("killer.py", KILLER)
variables = configuration["Environment"]["Variables"]
kill = {**variables, "KILL_AT": point, "KILLED": f"service.handlers.{handler}"}
sqs = boto3.client("sqs")
# A message that nobody has deleted comes again sooner than with the time that fits the real function.
sqs.set_queue_attributes(QueueUrl=found["ParcelsQueueUrl"], Attributes={"VisibilityTimeout": "5"})
parcels = client.get_function_configuration(FunctionName=found["PackParcelFunctionName"])["Environment"]["Variables"]
table = parcels["PARCELS_TABLE_NAME"]


def parcel(order_id):
    return boto3.client("dynamodb").get_item(TableName=table, Key={"order_id": {"S": order_id}}).get("Item")


def published(order_id, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if parcel(order_id):
            return True
        time.sleep(0.2)
    return False


try:
    client.update_function_configuration(
        FunctionName=function, Handler="killer.lambda_handler", Timeout=2, Environment={"Variables": kill}
    )
    client.update_function_code(FunctionName=function, ZipFile=package.getvalue())
    version = client.publish_version(FunctionName=function)["Version"]
    client.update_alias(FunctionName=function, Name="live", FunctionVersion=version)
    order = {"customer_name": "Ada", "order_item_count": 3}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    answer = Api(authorization()).request("POST", "/api/orders", json=order, headers=key)
    answer.raise_for_status()
    order_id = answer.json()["id"]
    time.sleep(4)
    died = parcel(order_id) is not None
    print("while it dies, there is", "a parcel" if died else "none")
    # The point was reached: nothing is written before it, all is after it.
    assert died == ((point.startswith("after") and "IDEMPOTENCY" not in point) or "UpdateItem" in point), point
finally:
    client.update_alias(FunctionName=function, Name="live", FunctionVersion=alias["FunctionVersion"])
    client.update_function_configuration(
        FunctionName=function,
        Handler=configuration["Handler"],
        Timeout=configuration["Timeout"],
        Environment={"Variables": variables},
    )
    client.update_function_code(FunctionName=function, ZipFile=original)
assert published(order_id, 60), "There is no parcel."
time.sleep(1)
assert json.dumps(parcel(order_id)["item_count"]) == '{"N": "3"}'
assert os.environ["AWS_ENDPOINT_URL"]
print("one parcel")
