"""What starts a function. Values out of their range are refused at synthesis, by the CDK."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blueprint.declare.table import Table

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Http:
    """An endpoint of the API. The path's parameters are in braces, as in /api/orders/{order_id}."""

    method: str
    path: str

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"{self.method!r} is not an HTTP method; choose one of {', '.join(sorted(METHODS))}.")
        if not self.path.startswith("/") or self.path.endswith("/"):
            raise ValueError(f"The path {self.path!r} must start with a slash and not end with one.")


@dataclass(frozen=True)
class Queue:
    """An SQS queue of this name, in PascalCase.

    A message that fails `max_receives` times goes to the dead-letter queue, where it stays for 14 days. `events` is an
    EventBridge pattern, such as {"detail-type": ["OrderPlaced"]}: what matches it on the service's own event bus, or on
    the `bus` of that name, comes into the queue; {environment} in a bus's name stands for the environment's. `window`
    is how many seconds to wait for a fuller batch, `concurrency` how many batches are handled at once at most.
    """

    name: str
    events: Mapping[str, Any] | None = None
    bus: str = ""
    max_receives: int = 5
    batch_size: int = 10
    window: int = 0
    concurrency: int | None = None

    def __post_init__(self) -> None:
        if not self.name.isalnum() or not self.name[0].isupper():
            raise ValueError(f"The queue's name is {self.name!r}, but must be in PascalCase, such as Parcels.")
        if not self.events and (self.bus or self.events is not None):
            raise ValueError(f'{self.name}: say which events come in, such as {{"detail-type": ["OrderPlaced"]}}.')


@dataclass(frozen=True)
class Stream:
    """Each change of a table's items; those of one item come in their order.

    A batch that fails is halved and tried again, up to `retries` times and until it is `max_age` seconds old; changes
    after it wait meanwhile. Then a pointer to it goes to the dead-letter queue. DynamoDB keeps changes for a day.
    """

    table: Table
    retries: int = 10
    max_age: int = 6 * 60 * 60
    batch_size: int = 100
    window: int = 0


@dataclass(frozen=True)
class Schedule:
    """A time, as EventBridge Scheduler writes it: rate(5 minutes), cron(0 3 * * ? *) or at(2027-01-01T00:00:00).

    `timezone` is an IANA name. A run that fails is tried `retries` more times while it is less than `max_age` seconds
    late; then it goes to the dead-letter queue.
    """

    expression: str
    timezone: str = "UTC"
    retries: int = 2
    max_age: int = 60 * 60

    def __post_init__(self) -> None:
        if not self.expression.startswith(("rate(", "cron(", "at(")) or not self.expression.endswith(")"):
            raise ValueError(f"{self.expression!r} is not a schedule; write rate(5 minutes) or cron(0 3 * * ? *), say.")


Trigger = Http | Queue | Stream | Schedule
