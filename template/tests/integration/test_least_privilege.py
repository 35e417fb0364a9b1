"""The functions' roles are what lets them work: when a permission is taken away, the call that needs it fails."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest

from blueprint.testing.environment import outputs
from blueprint.testing.events import event


@contextmanager
def without(action: str, function: str) -> Iterator[None]:
    """Takes the action out of the policies of the function's role, and puts it back at the end."""
    iam = boto3.client("iam")
    role = boto3.client("lambda").get_function_configuration(FunctionName=function)["Role"].split("/")[-1]
    originals: dict[str, Any] = {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }

    def put(name: str, statements: list[dict[str, Any]]) -> None:
        document = {"Version": "2012-10-17", "Statement": statements}
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))

    try:
        for name, document in originals.items():
            put(name, [statement for statement in document["Statement"] if action not in str(statement["Action"])])
        yield
    finally:
        for name, document in originals.items():
            put(name, document["Statement"])


def status(function: str, request: dict[str, Any]) -> int:
    """What the deployed function answers to the request."""
    payload = boto3.client("lambda").invoke(FunctionName=function, Payload=json.dumps(request))["Payload"]
    answer: dict[str, int] = json.loads(payload.read())
    return answer["statusCode"]


@pytest.mark.parametrize(
    ("output", "action", "method"),
    [
        ("GetOrderFunctionName", "dynamodb:GetItem", "GET"),
        ("DeleteOrderFunctionName", "dynamodb:PutItem", "DELETE"),
    ],
)
def test_a_function_can_do_what_its_role_allows_and_nothing_else(output: str, action: str, method: str) -> None:
    order_id = str(uuid.uuid4())
    request = event(
        method,
        f"/api/orders/{order_id}",
        resource="/api/orders/{order_id}",
        path_parameters={"order_id": order_id},
    )
    function = outputs()[output]
    assert status(function, request) == 404
    with without(action, function):
        assert status(function, request) == 500
    assert status(function, request) == 404
