"""GET /api/orders"""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from blueprint.runtime.api import create_app, create_lambda_handler
from blueprint.runtime.integers import INTEGER
from blueprint.runtime.problems import responses
from service.logic import orders
from service.models.output import OrderPage

app = create_app()


@app.get(
    "/api/orders",
    summary="List orders",
    operation_id="list_orders",
    tags=["Orders"],
    responses={
        HTTPStatus.OK.value: {
            "description": "A page of orders.",
            "links": {
                "next": {"operationId": "list_orders", "parameters": {"next_token": "$response.body#/next_token"}}
            },
        },
        **responses(HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY),
    },
)
def list_orders(
    limit: Annotated[int, Field(ge=1, le=100), INTEGER, Query(description="How many orders a page has at most.")] = 20,
    next_token: Annotated[str | None, Query(description="The previous page's next_token.")] = None,
    customer_name: Annotated[
        str | None, Query(min_length=1, max_length=20, description="List this customer's orders, newest first.")
    ] = None,
) -> OrderPage:
    """A page of all orders, in no particular order, or of one customer's, newest first."""
    return orders.list_orders(limit=limit, next_token=next_token, customer_name=customer_name)


lambda_handler = create_lambda_handler(app)
