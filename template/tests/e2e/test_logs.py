"""What the deployed functions log."""

import time
import uuid
from http import HTTPStatus

import boto3

from blueprint.testing.environment import outputs
from tests.orders.api import OrdersApi

NAME = "Zebedee Quux"
SPELLINGS = (NAME, "Zebedee", "Quux", NAME.replace(" ", "%20"), NAME.replace(" ", "+"))
PATIENCE_SECONDS = 60


def log_groups() -> list[str]:
    """The log groups of all functions."""
    client = boto3.client("lambda")
    functions = [name for output, name in outputs().items() if output.endswith("FunctionName")]
    return [client.get_function_configuration(FunctionName=name)["LoggingConfig"]["LogGroup"] for name in functions]


def logged_since(milliseconds: int) -> str:
    client = boto3.client("logs")
    return "\n".join(
        event["message"]
        for group in log_groups()
        for page in client.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=milliseconds)
        for event in page["events"]
    )


def test_no_log_holds_a_customers_name(api: OrdersApi) -> None:
    # Given requests with a customer's name, good ones and bad ones
    start = int(time.time() * 1000)
    key = str(uuid.uuid4())
    order = api.create(NAME, key=key).json()
    assert order["name"] == NAME
    api.create(NAME, key=key)
    api.create(NAME, 4, key=key)
    api.list(customer_name=NAME)
    api.list(customer_name=NAME, next_token="x")  # noqa: S106
    api.list(customer_name=f"{NAME} and many more")
    api.get(NAME)
    for body in (f'{{"customer_name": "{NAME}"', f'{{"customer_name": "{NAME} {NAME}", "order_item_count": "{NAME}"}}'):
        headers = {"Idempotency-Key": f'"{NAME}"', "Content-Type": "application/json"}
        refused = api.request("POST", "/api/orders", data=body, headers=headers)
        assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    last = api.delete(order["id"])
    assert last.status_code == HTTPStatus.NO_CONTENT
    # When all of them are in the logs
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (logs := logged_since(start)).count("order deleted") < 1 and time.monotonic() < deadline:
        time.sleep(1)
    # Then the order is there, and the name isn't
    assert order["id"] in logs
    assert "order deleted" in logs
    for spelling in SPELLINGS:
        assert spelling not in logs
