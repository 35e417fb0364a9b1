"""What clients send."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from service.models.order import CustomerName, ItemCount


class CreateOrderRequest(BaseModel):
    """The body of POST /api/orders."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    customer_name: CustomerName
    order_item_count: Annotated[ItemCount, Field(strict=True)]
