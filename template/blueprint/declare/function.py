"""What an entry of infra/functions.py declares."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from blueprint.declare.table import Table, TableIndex
from blueprint.declare.triggers import Http, Trigger

READS = frozenset({"BatchGetItem", "ConditionCheckItem", "DescribeTable", "GetItem", "Query", "Scan"})
WRITES = frozenset({"BatchWriteItem", "DeleteItem", "PutItem", "UpdateItem"})

Grants = Mapping[Table | TableIndex, Sequence[str]]
Kind = TypeVar("Kind", bound=Trigger)


class Function:
    """A function, what starts it, and exactly what it may do.

    `name` is that of its module in service/handlers/. The triggers are all of one kind: several routes may share a
    function. `reads` and `writes` map a table, or an index of it, to the DynamoDB API actions that the function may
    call there. `configuration` lets it read feature flags and settings from AppConfig, `publishes` lets it put events
    on the service's event bus. `timeout` is in seconds, `memory` in MiB: CPU comes with it, so more is often
    faster for the same money. Raises ValueError for what can't work.
    """

    def __init__(
        self,
        name: str,
        *triggers: Trigger,
        reads: Grants | None = None,
        writes: Grants | None = None,
        configuration: bool = False,
        publishes: bool = False,
        timeout: int = 15,
        memory: int = 1024,
    ):
        self.name, self.triggers = name, triggers
        self.reads, self.writes = reads or {}, writes or {}
        self.configuration, self.publishes = configuration, publishes
        self.timeout, self.memory = timeout, memory
        for mistake in self._mistakes():
            raise ValueError(f"{name}: {mistake}")

    def _mistakes(self) -> Iterator[str]:
        if not self.name.isidentifier() or self.name != self.name.lower():
            yield "the name must be that of a module in service/handlers/, such as pack_parcel."
        kinds = sorted({type(trigger).__name__ for trigger in self.triggers})
        if len(kinds) > 1:
            yield f"a function has triggers of one kind, not {' and '.join(kinds)}; declare a function for each kind."
        # API Gateway waits for 29 seconds, so that a slow request ends with the function's own log line.
        longest = 28 if kinds == [Http.__name__] else 900
        if not 0 < self.timeout <= longest:
            yield f"the timeout is {self.timeout}, but must be 1 to {longest} seconds."
        for kind, grants, known in (("reads", self.reads, READS), ("writes", self.writes, WRITES)):
            if unknown := {action for actions in grants.values() for action in actions} - known:
                yield f"{kind} can't hold {', '.join(sorted(unknown))}, only {', '.join(sorted(known))}."

    @property
    def module(self) -> str:
        return f"service.handlers.{self.name}"

    @property
    def routes(self) -> list[Http]:
        return self.started_by(Http)

    def started_by(self, kind: type[Kind]) -> list[Kind]:
        """The triggers of that kind."""
        return [trigger for trigger in self.triggers if isinstance(trigger, kind)]

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
