"""The service's own resources: queues, topics, buckets, schedules. Yours to edit."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blueprint.constructs.stack import ServiceStack


def add_resources(stack: "ServiceStack") -> None:
    """Called last, when everything else is in the stack."""
