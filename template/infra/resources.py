"""The service's own resources: topics, buckets, what starts a function in another way. Yours to edit."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blueprint.constructs.stack import ServiceStack


def add_resources(stack: "ServiceStack") -> None:
    """Called when the tables and the functions are in the stack."""
