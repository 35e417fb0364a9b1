"""POST /api/orders"""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from blueprint.runtime.api import create_app, create_lambda_handler
from blueprint.runtime.configuration import DynamicConfiguration
from blueprint.runtime.idempotency import REPLAYED, Idempotency, IdempotencyKey
from blueprint.runtime.problems import responses
from service.logic import orders
from service.models.configuration import ServiceConfiguration
from service.models.input import CreateOrderRequest
from service.models.order import Order

app = create_app()
idempotency = Idempotency(app)
configuration = DynamicConfiguration(ServiceConfiguration)


@app.post(
    "/api/orders",
    status_code=HTTPStatus.CREATED,
    summary="Place an order",
    operation_id="create_order",
    tags=["Orders"],
    responses={
        HTTPStatus.CREATED.value: {
            "description": "The order, placed by this request or by an earlier one with the same Idempotency-Key.",
            "headers": {
                "Location": {"description": "The path of the order.", "schema": {"type": "string"}},
                REPLAYED: {"description": "true when this is a stored answer.", "schema": {"type": "string"}},
            },
            "links": {
                "get": {"operationId": "get_order", "parameters": {"order_id": "$response.body#/id"}},
                "delete": {"operationId": "delete_order", "parameters": {"order_id": "$response.body#/id"}},
                "list": {"operationId": "list_orders", "parameters": {"customer_name": "$response.body#/name"}},
            },
        },
        **responses(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.CONFLICT,
            HTTPStatus.GONE,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
        ),
    },
    middlewares=[idempotency],
)
def create_order(
    request: Annotated[CreateOrderRequest, Body()],
    idempotency_key: IdempotencyKey,  # noqa: ARG001 - the middleware reads it
) -> Response[Order]:
    """Places an order, exactly one for each Idempotency-Key: send the same request again when in doubt."""
    order = orders.create_order(
        request,
        order_id=idempotency.request.id,
        request_hash=idempotency.request.hash,
        configuration=configuration.get(),
    )
    path = app.current_event.request_context.path.rstrip("/")
    return Response(
        status_code=HTTPStatus.CREATED,
        content_type="application/json",
        headers={"Location": f"{path}/{order.id}"},
        body=order,
    )


lambda_handler = create_lambda_handler(app)
