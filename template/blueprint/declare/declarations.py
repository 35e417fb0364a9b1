"""All that the team declares, in one object."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from blueprint.declare.function import Function
from blueprint.declare.limits import StartLimits
from blueprint.declare.table import Table
from blueprint.declare.triggers import Queue

if TYPE_CHECKING:
    from blueprint.constructs.stack import ServiceStack
    from blueprint.runtime.configuration import Configuration
    from blueprint.runtime.publishing import Event


@dataclass(frozen=True, kw_only=True, eq=False)
class Declarations:
    """What infra/app.py hands to the blueprint, which imports nothing of the team's."""

    functions: Sequence[Function]
    tables: Sequence[Table]
    configuration: "type[Configuration]"
    """The model of the dynamic configuration, with a default for every field."""
    metrics: type[StrEnum]
    """The names of the business metrics, for the dashboard."""
    aws_services: Collection[str]
    """The AWS services that the functions call, by botocore's names: the layer holds the data of no others."""
    events: "Sequence[type[Event]]" = ()
    """What the service publishes, for the schemas in docs/events.json."""
    resources: "Callable[[ServiceStack], None]" = lambda _: None
    """Adds the team's own resources, when the tables and the functions are in the stack."""
    limits: StartLimits = field(default_factory=StartLimits)
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that handlers read at import, beside the tables' names, each with a value for where
    there is no AWS: the unit tests, the OpenAPI document, `make bench`. In the cloud `resources` sets theirs."""

    def __post_init__(self) -> None:
        routes = [f"{route.method} {route.path}" for function in self.functions for route in function.routes]
        queues = [queue.name for function in self.functions for queue in function.started_by(Queue)]
        names = [function.name for function in self.functions]
        for what, found in (("endpoint", routes), ("function", names), ("queue", queues)):
            if twice := sorted({each for each in found if found.count(each) > 1}):
                raise ValueError(f"infra/functions.py has the {what} {', '.join(twice)} more than once.")
