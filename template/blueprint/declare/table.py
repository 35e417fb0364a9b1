"""What infra/tables.py declares of a table."""

from dataclasses import dataclass
from typing import Literal

KeyType = Literal["S", "N", "B"]


@dataclass(frozen=True, kw_only=True)
class Key:
    """The primary key of a table or an index: attribute names and their types."""

    partition_key: str
    partition_key_type: KeyType = "S"
    sort_key: str | None = None
    sort_key_type: KeyType = "S"


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
