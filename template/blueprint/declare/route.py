"""What a line of the route table declares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from blueprint.declare.table import Table, TableIndex

READS = frozenset({"BatchGetItem", "ConditionCheckItem", "DescribeTable", "GetItem", "Query", "Scan"})
WRITES = frozenset({"BatchWriteItem", "DeleteItem", "PutItem", "UpdateItem"})
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})

HANDLERS = "service.handlers"
"""The package with a module for each function."""

Grants = Mapping[Table | TableIndex, Sequence[str]]


@dataclass(frozen=True)
class Route:
    """An endpoint and the function that serves it, with exactly what the function may do.

    `handler` names a module of service/handlers/, one for each route. `reads` and `writes` map a table, or an
    index of it, to the DynamoDB API actions that the function may call there. `configuration` lets it read
    feature flags and settings from AppConfig. Raises ValueError for a route that can't work.
    """

    method: str
    path: str
    handler: str
    reads: Grants = field(default_factory=dict)
    writes: Grants = field(default_factory=dict)
    configuration: bool = False

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(
                f"{self.handler}: {self.method!r} is no method; choose one of {', '.join(sorted(METHODS))}."
            )
        if not self.path.startswith("/") or self.path.endswith("/"):
            raise ValueError(f"{self.handler}: the path {self.path!r} must start with a slash and not end with one.")
        for kind, grants, known in (("reads", self.reads, READS), ("writes", self.writes, WRITES)):
            unknown = {action for actions in grants.values() for action in actions} - known
            if unknown:
                raise ValueError(
                    f"{self.handler}: {kind} can't hold {', '.join(sorted(unknown))}, only {', '.join(sorted(known))}."
                )

    @property
    def module(self) -> str:
        return f"{HANDLERS}.{self.handler}"

    @property
    def grants(self) -> list[tuple[Table | TableIndex, Sequence[str]]]:
        return [*self.reads.items(), *self.writes.items()]

    @property
    def tables(self) -> list[Table]:
        """The tables that the function reaches, each once."""
        return list(dict.fromkeys(_table(target) for target, _ in self.grants))

    def actions_on(self, table: Table) -> set[str]:
        """The DynamoDB API actions that the function may call on the table or on an index of it."""
        return {action for target, actions in self.grants if _table(target) == table for action in actions}


def _table(target: Table | TableIndex) -> Table:
    return target.table if isinstance(target, TableIndex) else target
