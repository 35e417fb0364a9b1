"""The service's functions. Yours to edit: a function is a module in service/handlers/ and its entry here."""

from blueprint.declare import Function, Http
from infra.tables import IDEMPOTENCY, ORDERS

FUNCTIONS = (
    Function(
        "create_order",
        Http("POST", "/api/orders"),
        reads={IDEMPOTENCY: ["GetItem"]},
        writes={ORDERS: ["PutItem"], IDEMPOTENCY: ["PutItem", "UpdateItem", "DeleteItem"]},
        configuration=True,
    ),
    Function(
        "list_orders",
        Http("GET", "/api/orders"),
        reads={ORDERS: ["Scan"], ORDERS.index("by_customer"): ["Query"]},
    ),
    Function("get_order", Http("GET", "/api/orders/{order_id}"), reads={ORDERS: ["GetItem"]}),
    Function(
        "delete_order",
        Http("DELETE", "/api/orders/{order_id}"),
        writes={ORDERS: ["PutItem"], IDEMPOTENCY: ["DeleteItem"]},
    ),
)
