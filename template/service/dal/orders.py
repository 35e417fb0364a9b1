"""Orders in DynamoDB.

A deleted order leaves a tombstone: an item with its id and the second at which DynamoDB removes it, and nothing else.
So the same request doesn't place it again, and a deletion whose answer was lost can be repeated.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from blueprint.runtime import aws, cursor
from blueprint.runtime.environment_variables import EnvironmentVariables
from blueprint.runtime.errors import GoneError, InvalidCursorError, KeyReusedError, NotFoundError
from service.models.order import Order
from service.models.output import OrderPage

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef


class OrderNotFoundError(NotFoundError):
    """There is no order with this id."""

    def __init__(self) -> None:
        super().__init__("There is no order with this id.")


class OrderDeletedError(GoneError):
    """The order with this id has been deleted."""

    def __init__(self) -> None:
        super().__init__("The order that this Idempotency-Key has placed was deleted; take a new key for a new order.")


Item = dict[str, "AttributeValueTypeDef"]


class _TableSettings(EnvironmentVariables):
    orders_table_name: str


_TABLE = _TableSettings.from_environment().orders_table_name
_REQUEST_HASH = "request_hash"
_EXPIRES_AT = "expires_at"
_TOMBSTONE_SECONDS = 24 * 60 * 60
"""At least as long as an answer is stored: an order's own key can't outlive its tombstone."""
_dynamodb = aws.dynamodb()
_serializer, _deserializer = TypeSerializer(), TypeDeserializer()


def put(order: Order, *, request_hash: str) -> Order:
    """Stores the order, unless one with its id is there, and returns the one that is there now.

    So a repeated put, also one whose answer was lost, is harmless. Raises KeyReusedError when the order that is
    """
    item = {name: _serializer.serialize(value) for name, value in order.model_dump(mode="json").items()}
    try:
        _dynamodb.put_item(
            TableName=_TABLE,
            Item={**item, _REQUEST_HASH: {"S": request_hash}},
            ConditionExpression="attribute_not_exists(id)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        if not _is_failed_condition(error):
            raise
        stored: Item = error.response["Item"]  # type: ignore[typeddict-item]
        if _EXPIRES_AT in stored:
            raise OrderDeletedError from None
        if stored[_REQUEST_HASH] != {"S": request_hash}:
            raise KeyReusedError from None
        return _order(stored)
    return order


def get(order_id: UUID) -> Order:
    """The order; raises NotFoundError when there is none."""
    response = _dynamodb.get_item(TableName=_TABLE, Key=_key(str(order_id)), ConsistentRead=True)
    if "Item" not in response or _EXPIRES_AT in response["Item"]:
        raise OrderNotFoundError
    return _order(response["Item"])


def delete(order_id: UUID) -> bool:
    """Replaces the order by a tombstone; False when that was done already, by whomever.

    Raises NotFoundError when there is neither.
    """
    expires_at = str(int(time()) + _TOMBSTONE_SECONDS)
    try:
        _dynamodb.put_item(
            TableName=_TABLE,
            Item={**_key(str(order_id)), _EXPIRES_AT: {"N": expires_at}},
            ConditionExpression=f"attribute_exists(id) AND attribute_not_exists({_EXPIRES_AT})",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        if not _is_failed_condition(error):
            raise
        if "Item" not in error.response:
            raise OrderNotFoundError from None
        return False
    return True


def page(*, limit: int, next_token: str | None) -> OrderPage:
    """At most `limit` orders of all customers, in no particular order; fewer where tombstones lie between them."""
    arguments: dict[str, Any] = {}
    if next_token is not None:
        arguments["ExclusiveStartKey"] = _key(cursor.decode(next_token, attributes={"id"})["id"])
    with _invalid_cursors_named():
        response = _dynamodb.scan(
            TableName=_TABLE, Limit=limit, FilterExpression=f"attribute_not_exists({_EXPIRES_AT})", **arguments
        )
    return _page(response["Items"], response.get("LastEvaluatedKey"), attributes=("id",))


def page_of_customer(name: str, *, limit: int, next_token: str | None) -> OrderPage:
    """At most `limit` orders of the customer, newest first."""
    attributes = ("id", "created_at")
    arguments: dict[str, Any] = {}
    if next_token is not None:
        position = cursor.decode(next_token, attributes=set(attributes))
        arguments["ExclusiveStartKey"] = {
            "name": {"S": name},
            **{attribute: {"S": value} for attribute, value in position.items()},
        }
    with _invalid_cursors_named():
        response = _dynamodb.query(
            TableName=_TABLE,
            IndexName="by_customer",
            KeyConditionExpression="#name = :name",
            ExpressionAttributeNames={"#name": "name"},
            ExpressionAttributeValues={":name": {"S": name}},
            ScanIndexForward=False,
            Limit=limit,
            **arguments,
        )
    return _page(response["Items"], response.get("LastEvaluatedKey"), attributes=attributes)


@contextmanager
def _invalid_cursors_named() -> Iterator[None]:
    """DynamoDB itself refuses a start key that somebody has made up, such as one with an empty string."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationException":
            raise InvalidCursorError from None
        raise


def _page(items: list[Item], last_key: Item | None, *, attributes: tuple[str, ...]) -> OrderPage:
    next_token = None
    if last_key:
        next_token = cursor.encode({name: last_key[name]["S"] for name in attributes})
    return OrderPage(orders=[_order(item) for item in items], next_token=next_token)


def _key(order_id: str) -> Item:
    return {"id": {"S": order_id}}


def _order(item: Item) -> Order:
    return Order.model_validate({name: _deserializer.deserialize(value) for name, value in item.items()})


def _is_failed_condition(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
