"""GET /api/orders/{order_id}"""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Path

from service.core.api import create_app, create_lambda_handler
from service.logic import orders
from service.models.order import Order

app = create_app()


@app.get("/api/orders/<order_id>", summary="Get an order", tags=["Orders"])
def get_order(order_id: Annotated[UUID, Path(description="The order's id.")]) -> Order:
    """The order with this id."""
    return orders.get_order(order_id)


lambda_handler = create_lambda_handler(app)
