"""GET /api/orders/{order_id}"""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path

from blueprint.runtime.api import create_app, create_lambda_handler
from blueprint.runtime.problems import responses
from service.logic import orders
from service.models.order import Order

app = create_app()


@app.get(
    "/api/orders/<order_id>",
    summary="Get an order",
    operation_id="get_order",
    tags=["Orders"],
    responses={HTTPStatus.OK.value: {"description": "The order."}, **responses(HTTPStatus.NOT_FOUND)},
)
def get_order(order_id: Annotated[str, Path(description="The order's id.")]) -> Order:
    """The order with this id."""
    return orders.get_order(order_id)


lambda_handler = create_lambda_handler(app)
