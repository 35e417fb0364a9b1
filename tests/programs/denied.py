"""FUNCTION ACTION: places an order while the function's role lacks the action, and gives the action back."""

import json
import sys
import time
import uuid

import boto3
from blueprint.testing.client import Api, authorization
from blueprint.testing.environment import outputs, reach
from blueprint.testing.localhost import resolve_localhost

handler, action = sys.argv[1:]
resolve_localhost()
reach()
found, iam, client = outputs(), boto3.client("iam"), boto3.client("lambda")
function = found["".join(word.capitalize() for word in handler.split("_")) + "FunctionName"]
role = client.get_function_configuration(FunctionName=function)["Role"].split("/")[-1]
names = iam.list_role_policies(RoleName=role)["PolicyNames"]
originals = {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}
variables = client.get_function_configuration(FunctionName=found["PackParcelFunctionName"])["Environment"]["Variables"]


def put(name, statements):
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)


def has_parcel(order_id, seconds):
    deadline = time.monotonic() + seconds
    key = {"order_id": {"S": order_id}}
    while time.monotonic() < deadline:
        if "Item" in boto3.client("dynamodb").get_item(TableName=variables["PARCELS_TABLE_NAME"], Key=key):
            return True
        time.sleep(0.2)
    return False


try:
    for name, document in originals.items():
        put(name, [each for each in document["Statement"] if action not in str(each["Action"])])
    order = {"customer_name": "Ada", "order_item_count": 3}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    answer = Api(authorization()).request("POST", "/api/orders", json=order, headers=key)
    answer.raise_for_status()
    order_id = answer.json()["id"]
    assert not has_parcel(order_id, 5), "The action was not needed."
finally:
    for name, document in originals.items():
        put(name, document["Statement"])
assert has_parcel(order_id, 30), "There is no parcel."
print("no parcel, then one")
