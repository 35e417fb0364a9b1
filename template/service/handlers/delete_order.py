"""DELETE /api/orders/{order_id}"""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from blueprint.runtime.api import create_app, create_lambda_handler
from blueprint.runtime.problems import responses
from blueprint.runtime.stored_answers import forget
from service.logic import orders

app = create_app()


@app.delete(
    "/api/orders/<order_id>",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Delete an order",
    operation_id="delete_order",
    tags=["Orders"],
    responses={
        HTTPStatus.NO_CONTENT.value: {"description": "The order is deleted."},
        **responses(HTTPStatus.NOT_FOUND),
    },
)
def delete_order(order_id: Annotated[str, Path(description="The order's id.")]) -> Response[None]:
    """Deletes the order with this id; doing so again within a day has the same answer."""
    deleted = orders.delete_order(order_id)
    # The answer to the order's POST holds the customer's name.
    forget(deleted)
    return Response(status_code=HTTPStatus.NO_CONTENT)


lambda_handler = create_lambda_handler(app)
