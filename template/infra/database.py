"""DynamoDB tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.findings import acknowledge
from infra.settings import Environment

KeyType = Literal["S", "N", "B"]
_TYPES = {
    "S": dynamodb.AttributeType.STRING,
    "N": dynamodb.AttributeType.NUMBER,
    "B": dynamodb.AttributeType.BINARY,
}


@dataclass(frozen=True, kw_only=True)
class Key:
    """The primary key of a table or an index: attribute names and their types."""

    partition_key: str
    partition_key_type: KeyType = "S"
    sort_key: str | None = None
    sort_key_type: KeyType = "S"

    @property
    def attributes(self) -> dict[str, Any]:
        """The key as CDK takes it."""
        attributes = {"partition_key": _attribute(self.partition_key, self.partition_key_type)}
        if self.sort_key:
            attributes["sort_key"] = _attribute(self.sort_key, self.sort_key_type)
        return attributes


@dataclass(frozen=True, kw_only=True)
class Index(Key):
    """A global secondary index, with all attributes of the table's items."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Table(Key):
    """A DynamoDB table, billed by request.

    `name` is its name in the stack, in PascalCase: functions find the table's real name in the environment
    variable that `environment_variable` gives. `time_to_live` is the attribute that holds the second since
    the epoch after which DynamoDB deletes an item.
    """

    name: str
    indexes: tuple[Index, ...] = ()
    time_to_live: str | None = None
    holds_data: bool = True
    """False for what can be lost with the stack in every environment, such as idempotency records."""

    @property
    def environment_variable(self) -> str:
        """`OrderItems` is found in `ORDER_ITEMS_TABLE_NAME`."""
        words = "".join(f"_{letter}" if letter.isupper() else letter for letter in self.name).strip("_")
        return f"{words.upper()}_TABLE_NAME"

    def index(self, name: str) -> "TableIndex":
        """The index of that name, to be granted in a route; raises ValueError when the table has none."""
        for index in self.indexes:
            if index.name == name:
                return TableIndex(self, index)
        raise ValueError(f"Table {self.name} has no index {name!r}.")


@dataclass(frozen=True)
class TableIndex:
    """An index and the table that it belongs to."""

    table: Table
    index: Index


class Database(Construct):
    """The tables of the stack."""

    def __init__(self, scope: Construct, construct_id: str, *, tables: Sequence[Table], environment: Environment):
        super().__init__(scope, construct_id)
        self._tables = {table: self._create(table, environment) for table in tables}

    def _create(self, table: Table, environment: Environment) -> dynamodb.Table:
        retain = environment.retain_data and table.holds_data
        resource = dynamodb.Table(
            self,
            table.name,
            **table.attributes,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute=table.time_to_live,
            deletion_protection=retain,
            removal_policy=cdk.RemovalPolicy.RETAIN if retain else cdk.RemovalPolicy.DESTROY,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=retain, recovery_period_in_days=35 if retain else None
            ),
        )
        for index in table.indexes:
            resource.add_global_secondary_index(index_name=index.name, **index.attributes)
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


def _attribute(name: str, key_type: KeyType) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=_TYPES[key_type])
