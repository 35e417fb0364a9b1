"""DynamoDB tables."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from blueprint.constructs.findings import acknowledge
from blueprint.declare.table import Key, KeyType, Table, TableIndex
from blueprint.settings import Environment

_TYPES = {
    "S": dynamodb.AttributeType.STRING,
    "N": dynamodb.AttributeType.NUMBER,
    "B": dynamodb.AttributeType.BINARY,
}


class Database(Construct):
    """The tables of the stack; those that are `streamed` tell of each change."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        tables: Sequence[Table],
        streamed: Collection[Table],
        environment: Environment,
    ):
        super().__init__(scope, construct_id)
        self._tables = {table: self._create(table, environment, streamed=table in streamed) for table in tables}

    def _create(self, table: Table, environment: Environment, *, streamed: bool) -> dynamodb.Table:
        retain = environment.retain_data and table.holds_data
        resource = dynamodb.Table(
            self,
            table.name,
            **_attributes(table),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute=table.time_to_live,
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES if streamed else None,
            deletion_protection=retain,
            removal_policy=cdk.RemovalPolicy.RETAIN if retain else cdk.RemovalPolicy.DESTROY,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=retain, recovery_period_in_days=35 if retain else None
            ),
        )
        for index in table.indexes:
            resource.add_global_secondary_index(index_name=index.name, **_attributes(index))
        if not retain:
            acknowledge(
                resource, "DDB3", "Only data that must outlive its stack is backed up; this table's can be made again."
            )
        return resource

    @property
    def tables(self) -> Mapping[Table, dynamodb.Table]:
        """The tables and their resources."""
        return self._tables

    def name(self, table: Table) -> str:
        """The table's real name; raises ValueError when the stack has no such table."""
        return self._resource(table).table_name

    def statement(self, target: Table | TableIndex, actions: Sequence[str]) -> iam.PolicyStatement:
        """Allows the actions, named as in DynamoDB's API, on the table or on the index alone."""
        table = target.table if isinstance(target, TableIndex) else target
        arn = self._resource(table).table_arn
        if isinstance(target, TableIndex):
            arn = f"{arn}/index/{target.index.name}"
        return iam.PolicyStatement(actions=[f"dynamodb:{action}" for action in actions], resources=[arn])

    def _resource(self, table: Table) -> dynamodb.Table:
        try:
            return self._tables[table]
        except KeyError:
            raise ValueError(f"Table {table.name} is not listed in infra/tables.py, TABLES.") from None


def _attributes(key: Key) -> dict[str, Any]:
    """The key as CDK takes it."""
    attributes = {"partition_key": _attribute(key.partition_key, key.partition_key_type)}
    if key.sort_key:
        attributes["sort_key"] = _attribute(key.sort_key, key.sort_key_type)
    return attributes


def _attribute(name: str, key_type: KeyType) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=_TYPES[key_type])
