"""DynamoDB tables made from their descriptions in infra/tables.py, without CloudFormation."""

from typing import TYPE_CHECKING, Any

from blueprint.declare.table import Key, Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import KeySchemaElementTypeDef


def create(client: "DynamoDBClient", table: Table, name: str) -> None:
    """Creates the table with its indexes under this name."""
    attributes = {
        attribute: kind
        for key in (table, *table.indexes)
        for attribute, kind in (
            (key.partition_key, key.partition_key_type),
            *([(key.sort_key, key.sort_key_type)] if key.sort_key else []),
        )
    }
    indexes: dict[str, Any] = {}
    if table.indexes:
        indexes["GlobalSecondaryIndexes"] = [
            {"IndexName": index.name, "KeySchema": _schema(index), "Projection": {"ProjectionType": "ALL"}}
            for index in table.indexes
        ]
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in attributes.items()],
        KeySchema=_schema(table),
        **indexes,
    )


def _schema(key: Key) -> "list[KeySchemaElementTypeDef]":
    sort = [key.sort_key] if key.sort_key else []
    return [
        {"AttributeName": key.partition_key, "KeyType": "HASH"},
        *({"AttributeName": attribute, "KeyType": "RANGE"} for attribute in sort),  # type: ignore[list-item]
    ]
