"""The API's route table. Yours to edit: an endpoint is a handler in service/handlers/ and a line here."""

from blueprint.declare import Route
from infra.tables import IDEMPOTENCY, ORDERS

ROUTES = (
    Route(
        "POST",
        "/api/orders",
        handler="create_order",
        reads={IDEMPOTENCY: ["GetItem"]},
        writes={ORDERS: ["PutItem"], IDEMPOTENCY: ["PutItem", "UpdateItem", "DeleteItem"]},
        configuration=True,
    ),
    Route(
        "GET",
        "/api/orders",
        handler="list_orders",
        reads={ORDERS: ["Scan"], ORDERS.index("by_customer"): ["Query"]},
    ),
    Route("GET", "/api/orders/{order_id}", handler="get_order", reads={ORDERS: ["GetItem"]}),
    Route("DELETE", "/api/orders/{order_id}", handler="delete_order", writes={ORDERS: ["DeleteItem"]}),
)
