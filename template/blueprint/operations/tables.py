"""Reading two DynamoDB tables beside each other, page by page, in constant memory."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3

from blueprint.operations.target import OperationError, Target

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import PaginatorConfigTypeDef

Item = dict[str, Any]
"""An item, or a key, as DynamoDB's API has it: attribute names and typed values."""

_AT_ONCE = 8
_BATCH = 100  # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html


def names(target: Target) -> dict[str, str]:
    """The real names of the stack's own tables, by those that infra/tables.py gives them."""
    found = target.resources("AWS::DynamoDB::Table")
    return {logical_id[:-8].removeprefix("Database"): name for logical_id, name in found.items()}


def of_stack(target: Target, table: str) -> str:
    """The real name of the stack's own table. Raises OperationError when it has no such table."""
    known = names(target)
    if table not in known:
        raise OperationError(f"TABLE is {table!r}; choose one of {', '.join(known)}.")
    return known[table]


def key_of(table: str) -> list[str]:
    """The names of the attributes of the table's primary key."""
    found = boto3.client("dynamodb").describe_table(TableName=table)["Table"]
    return [part["AttributeName"] for part in found["KeySchema"]]


def exists(table: str) -> bool:
    client = boto3.client("dynamodb")
    try:
        client.describe_table(TableName=table)
    except client.exceptions.ResourceNotFoundException:
        return False
    return True


def beside(
    table: str, other: str, key: Sequence[str], *, at_most: int | None = None
) -> Iterator[list[tuple[Item, Item | None]]]:
    """Pages of the table's items, each with the other table's item of the same key.

    All of them, or the first `at_most`: DynamoDB reads a table in the order of its keys' hashes, so they are a sample.
    """
    scan = boto3.client("dynamodb").get_paginator("scan")
    limits: PaginatorConfigTypeDef = {"MaxItems": at_most} if at_most else {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for page in scan.paginate(TableName=table, ConsistentRead=True, PaginationConfig=limits):
            keys = [{name: item[name] for name in key} for item in page["Items"]]
            batches = [keys[start : start + _BATCH] for start in range(0, len(keys), _BATCH)]
            answers = pool.map(partial(_items, other), batches)
            found = {repr([item[name] for name in key]): item for answer in answers for item in answer}
            yield [(item, found.get(repr([item[name] for name in key]))) for item in page["Items"]]


def _items(table: str, keys: list[Item]) -> list[Item]:
    client, found = boto3.client("dynamodb"), []
    rest: Any = {table: {"Keys": keys, "ConsistentRead": True}}
    while rest:
        response = client.batch_get_item(RequestItems=rest)
        found += response["Responses"].get(table, [])
        rest = response["UnprocessedKeys"]
    return found
