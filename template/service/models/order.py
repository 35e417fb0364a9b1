"""An order, as the domain knows it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

CustomerName = Annotated[str, Field(min_length=1, max_length=20, description="Who orders.", examples=["Ada"])]
ItemCount = Annotated[int, Field(gt=0, le=2**31 - 1, description="How many items.", examples=[3])]


class Shipping(StrEnum):
    """How an order is sent."""

    STANDARD = "standard"
    EXPRESS = "express"


class Order(BaseModel):
    """An order, as it is stored and answered."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: Annotated[UUID, Field(description="The order's id.")]
    name: CustomerName
    item_count: ItemCount
    created_at: Annotated[datetime, Field(description="When the order was placed, in UTC.")]
    shipping: Annotated[Shipping, Field(description="How the order is sent.")] = Shipping.STANDARD
    gift: Annotated[bool, Field(description="Whether a gift comes with the order.")] = False
