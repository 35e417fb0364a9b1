"""The names of the business metrics that the code emits and the dashboard shows."""

from enum import StrEnum


class BusinessMetric(StrEnum):
    """Counts, without dimensions other than the service."""

    ORDERS_CREATED = "OrdersCreated"
    ITEMS_ORDERED = "ItemsOrdered"
    ORDERS_DELETED = "OrdersDeleted"
