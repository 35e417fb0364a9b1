"""DELETE /api/orders/{order_id}"""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from service.core.api import create_app, create_lambda_handler
from service.logic import orders

app = create_app()


@app.delete("/api/orders/<order_id>", status_code=204, summary="Delete an order", tags=["Orders"])
def delete_order(order_id: Annotated[UUID, Path(description="The order's id.")]) -> Response[None]:
    """Deletes the order with this id."""
    orders.delete_order(order_id)
    return Response(status_code=204)


lambda_handler = create_lambda_handler(app)
