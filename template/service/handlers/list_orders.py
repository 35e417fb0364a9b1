"""GET /api/orders"""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from service.core import cursor
from service.core.api import create_app, create_lambda_handler
from service.logic import orders
from service.models.order import CustomerName
from service.models.output import OrderPage

app = create_app()


@app.get("/api/orders", summary="List orders", tags=["Orders"])
def list_orders(
    limit: Annotated[int, Query(ge=1, le=100, description="How many orders a page has at most.")] = 20,
    next_token: Annotated[
        str | None, Query(max_length=cursor.MAX_LENGTH, description="The previous page's next_token.")
    ] = None,
    customer_name: Annotated[CustomerName | None, Query(description="List this customer's orders, newest first.")] = None,
) -> OrderPage:
    """A page of all orders, in no particular order, or of one customer's, newest first."""
    return orders.list_orders(limit=limit, next_token=next_token, customer_name=customer_name)


lambda_handler = create_lambda_handler(app)
