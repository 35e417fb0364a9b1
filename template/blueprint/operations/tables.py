"""Reading two DynamoDB tables beside each other: by pages, in parallel, in constant memory."""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3

from blueprint.operations.target import OperationError, Target

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import ScanOutputTypeDef

Item = dict[str, Any]
"""An item, or a key, as DynamoDB's API has it: attribute names and typed values."""

_SEGMENTS = 8
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
    return [
        part["AttributeName"] for part in boto3.client("dynamodb").describe_table(TableName=table)["Table"]["KeySchema"]
    ]


def exists(table: str) -> bool:
    """Whether there is such a table, finished or not."""
    client = boto3.client("dynamodb")
    try:
        client.describe_table(TableName=table)
    except client.exceptions.ResourceNotFoundException:
        return False
    return True


def pages(table: str, *, at_most: int | None = None) -> Iterator[list[Item]]:
    """The table's items, page by page; all, or about `at_most`, which are spread evenly over the keys."""
    client, read = boto3.client("dynamodb"), 0
    starts: dict[int, Item | None] = dict.fromkeys(range(_SEGMENTS))

    def page(segment: int) -> "ScanOutputTypeDef":
        start = starts[segment]
        more: dict[str, Any] = {"ExclusiveStartKey": start} if start else {}
        return client.scan(TableName=table, Segment=segment, TotalSegments=_SEGMENTS, ConsistentRead=True, **more)

    with ThreadPoolExecutor(_SEGMENTS) as pool:
        while starts and (at_most is None or read < at_most):
            for segment, response in zip([*starts], pool.map(page, [*starts]), strict=True):
                if response["Items"]:
                    read += len(response["Items"])
                    yield response["Items"]
                if "LastEvaluatedKey" in response:
                    starts[segment] = response["LastEvaluatedKey"]
                else:
                    del starts[segment]


def counterparts(table: str, items: Collection[Item], key: Sequence[str]) -> dict[str, Item]:
    """The items of the table with the same keys, by `identity`."""
    keys = [{name: item[name] for name in key} for item in items]
    batches = [keys[start : start + _BATCH] for start in range(0, len(keys), _BATCH)]
    with ThreadPoolExecutor(_SEGMENTS) as pool:
        return {identity(item, key): item for found in pool.map(partial(_batch, table), batches) for item in found}


def identity(item: Item, key: Sequence[str]) -> str:
    """The item's key as a text that tells it from all others of its table."""
    return repr([item[name] for name in key])


def _batch(table: str, keys: list[Item]) -> list[Item]:
    client, found = boto3.client("dynamodb"), []
    rest: Any = {table: {"Keys": keys, "ConsistentRead": True}}
    while rest:
        response = client.batch_get_item(RequestItems=rest)
        found += response["Responses"].get(table, [])
        rest = response["UnprocessedKeys"]
    return found
