"""The service's DynamoDB tables. Yours to edit: a table that is listed here exists."""

from blueprint.declare import Index, Table

ORDERS = Table(
    name="Orders",
    partition_key="id",
    time_to_live="expires_at",
    indexes=(Index(name="by_customer", partition_key="name", sort_key="created_at"),),
)
IDEMPOTENCY = Table(name="Idempotency", partition_key="id", time_to_live="expiration", holds_data=False)

TABLES = (ORDERS, IDEMPOTENCY)
