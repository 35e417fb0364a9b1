"""DynamoDB tables."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from blueprint.constructs.findings import acknowledge
from blueprint.declare.table import Key, KeyType, Table, TableIndex
from blueprint.settings import Environment, SettingsError

_TYPES = {
    "S": dynamodb.AttributeType.STRING,
    "N": dynamodb.AttributeType.NUMBER,
    "B": dynamodb.AttributeType.BINARY,
}


class Database(Construct):
    """The tables of the stack, and those that serve in place of one: restored ones that service.toml adopts.

    Those that are `streamed` tell of each change.
    """

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
        self._adopted = {
            table: dynamodb.Table.from_table_attributes(
                self,
                f"{table.name}Adopted",
                table_name=name,
                table_stream_arn=environment.adopted_tables[table.name] if table in streamed else None,
            )
            for table in tables
            if (name := environment.adopted_table(table.name))
        }
        if unknown := set(environment.adopted_tables) - {table.name for table in tables}:
            raise SettingsError(
                f"service.toml adopts a table for {', '.join(sorted(unknown))}, which infra/tables.py doesn't declare."
            )

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
    def tables(self) -> Mapping[Table, dynamodb.ITable]:
        """The tables and what serves as them."""
        return {**self._tables, **self._adopted}

    def name(self, table: Table) -> str:
        """The table's real name; raises ValueError when the stack has no such table."""
        return self.tables.get(table, self._resource(table)).table_name

    def statement(self, target: Table | TableIndex, actions: Sequence[str]) -> iam.PolicyStatement:
        """Allows the actions, named as in DynamoDB's API, on the table or on the index alone.

        Where another table is adopted, on both: versions of before still serve, or are rolled back to.
        """
        table, index = (target.table, target.index) if isinstance(target, TableIndex) else (target, None)
        resources = [self._resource(table), *([self._adopted[table]] if table in self._adopted else [])]
        arns = [f"{found.table_arn}/index/{index.name}" if index else found.table_arn for found in resources]
        return iam.PolicyStatement(actions=[f"dynamodb:{action}" for action in actions], resources=arns)

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
