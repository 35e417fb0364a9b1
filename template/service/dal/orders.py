"""Orders in DynamoDB."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from blueprint.runtime import aws, cursor
from blueprint.runtime.environment_variables import EnvironmentVariables
from blueprint.runtime.errors import InvalidCursorError, KeyReusedError, NotFoundError
from service.models.order import Order
from service.models.output import OrderPage

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef


class OrderNotFoundError(NotFoundError):
    """There is no order with this id."""

    def __init__(self) -> None:
        super().__init__("There is no order with this id.")


Item = dict[str, "AttributeValueTypeDef"]


class _TableSettings(EnvironmentVariables):
    orders_table_name: str


_TABLE = _TableSettings.from_environment().orders_table_name
_REQUEST_HASH = "request_hash"
_dynamodb = aws.dynamodb()
_serializer, _deserializer = TypeSerializer(), TypeDeserializer()


def put(order: Order, *, request_hash: str) -> Order:
    """Stores the order, unless one with its id is there, and returns the one that is there now.

    So a repeated put, also one whose answer was lost, is harmless. Raises KeyReusedError when the order that is
    there was made from another request.
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
        if stored[_REQUEST_HASH] != {"S": request_hash}:
            raise KeyReusedError from None
        return _order(stored)
    return order


def get(order_id: UUID) -> Order:
    """The order; raises NotFoundError when there is none."""
    response = _dynamodb.get_item(TableName=_TABLE, Key=_key(str(order_id)), ConsistentRead=True)
    if "Item" not in response:
        raise OrderNotFoundError
    return _order(response["Item"])


def delete(order_id: UUID) -> None:
    """Deletes the order; raises NotFoundError when there is none."""
    try:
        _dynamodb.delete_item(TableName=_TABLE, Key=_key(str(order_id)), ConditionExpression="attribute_exists(id)")
    except ClientError as error:
        if _is_failed_condition(error):
            raise OrderNotFoundError from None
        raise


def page(*, limit: int, next_token: str | None) -> OrderPage:
    """At most `limit` orders of all customers, in no particular order."""
    arguments: dict[str, Any] = {}
    if next_token is not None:
        position = cursor.decode(next_token, query="all", attributes={"id"})
        arguments["ExclusiveStartKey"] = _key(position["id"])
    with _invalid_cursors_named():
        response = _dynamodb.scan(TableName=_TABLE, Limit=limit, **arguments)
    return _page(response["Items"], response.get("LastEvaluatedKey"), attributes=("id",), query="all")


def page_of_customer(name: str, *, limit: int, next_token: str | None) -> OrderPage:
    """At most `limit` orders of the customer, newest first."""
    attributes, query = ("id", "created_at"), f"customer {name}"
    arguments: dict[str, Any] = {}
    if next_token is not None:
        position = cursor.decode(next_token, query=query, attributes=set(attributes))
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
    return _page(response["Items"], response.get("LastEvaluatedKey"), attributes=attributes, query=query)


@contextmanager
def _invalid_cursors_named() -> Iterator[None]:
    """DynamoDB itself refuses a start key that somebody has made up, such as one with an empty string."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationException":
            raise InvalidCursorError from None
        raise


def _page(items: list[Item], last_key: Item | None, *, attributes: tuple[str, ...], query: str) -> OrderPage:
    next_token = None
    if last_key:
        next_token = cursor.encode({name: last_key[name]["S"] for name in attributes}, query=query)
    return OrderPage(orders=[_order(item) for item in items], next_token=next_token)


def _key(order_id: str) -> Item:
    return {"id": {"S": order_id}}


def _order(item: Item) -> Order:
    return Order.model_validate({name: _deserializer.deserialize(value) for name, value in item.items()})


def _is_failed_condition(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
