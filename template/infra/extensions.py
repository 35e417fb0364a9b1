"""The service's own resources. Yours to edit: queues, topics, buckets, schedules."""

from infra.stack import ServiceStack


def extend(stack: ServiceStack) -> None:
    """Called last, when everything else is in the stack."""
