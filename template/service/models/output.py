"""What clients get."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from service.models.order import Order


class OrderPage(BaseModel):
    """The answer of GET /api/orders."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    orders: list[Order]
    next_token: Annotated[
        str | None, Field(description="Where the next page starts; null on the last page.", examples=[None])
    ] = None
