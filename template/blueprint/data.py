"""`make data`: what is in ENVIRONMENT's tables, and sample data for it.

TABLE=Orders shows up to LIMIT (20) of its items, one JSON per line. SEED=20 first sends the API's first POST that many
times, as any client does, with the examples in docs/openapi.json. It takes the rights cloudformation:DescribeStacks and
ListStackResources, dynamodb:DescribeTable and Scan, and for SEED execute-api:Invoke.
"""

import base64
import json
import os
from collections.abc import Iterator
from typing import Any

import boto3
from boto3.dynamodb.types import Binary, TypeDeserializer

from blueprint.openapi.command import DOCUMENT
from blueprint.openapi.example import example
from blueprint.operations import tables
from blueprint.operations.target import OperationError, Target, run
from blueprint.settings import Settings
from blueprint.testing.client import Api, authorization
from blueprint.testing.localhost import resolve_localhost


def _number(name: str, default: str) -> int:
    text = os.environ.get(name) or default
    if not text.isdecimal():
        raise OperationError(f"{name} is {text!r}, but must be a whole number.")
    return int(text)


def _seed(count: int) -> Iterator[str]:
    api, document = Api(authorization()), json.loads(DOCUMENT.read_text())
    for _ in range(count):
        call = example(document)
        if call is None or call.method != "POST":
            raise OperationError("The API has no POST whose required fields all have examples.")
        answer = api.request(call.method, call.path, headers=call.headers, json=call.body)
        if not answer.ok:
            raise OperationError(f"{call.method} {call.path} was answered with {answer.status_code}: {answer.text}")
        yield f"{call.method} {call.path} {json.dumps(call.body)} -> {answer.status_code}"


def _items(name: str) -> Iterator[str]:
    deserialize = TypeDeserializer().deserialize
    for item in boto3.client("dynamodb").scan(TableName=name, Limit=_number("LIMIT", "20"))["Items"]:
        yield json.dumps({key: deserialize(value) for key, value in item.items()}, default=_plain)


def _plain(value: Any) -> Any:
    """JSON has no decimals, sets and bytes."""
    if isinstance(value, Binary):
        return base64.b64encode(value.value).decode()  # type: ignore[attr-defined]
    return list(value) if isinstance(value, set) else float(value) if value % 1 else int(value)


def show(settings: Settings) -> Iterator[str]:
    """Raises OperationError when there is no such table, or the API refuses a sample."""
    target = Target.chosen(settings)
    if count := _number("SEED", "0"):
        yield from _seed(count)
    table, client = os.environ.get("TABLE"), boto3.client("dynamodb")
    adopted = target.environment.adopted_table
    if table:
        own = tables.of_stack(target, table)
        yield from _items(adopted(table) or own)
        return
    for name, own in tables.names(target).items():
        real = adopted(name) or own
        # DynamoDB counts every six hours; the local cloud at once.
        yield f"{name:<20}{client.describe_table(TableName=real)['Table']['ItemCount']:>10} items  {real}"


if __name__ == "__main__":
    resolve_localhost()
    run(show)
