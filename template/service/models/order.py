"""An order, as the domain knows it."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

CustomerName = Annotated[str, Field(min_length=1, max_length=20, description="Who orders.", examples=["Ada"])]
ItemCount = Annotated[int, Field(gt=0, le=2**31 - 1, description="How many items.", examples=[3])]


def _with_microseconds(time: datetime) -> str:
    """Of one width, so that the order of the texts is the order of the times."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


Timestamp = Annotated[datetime, PlainSerializer(_with_microseconds, when_used="json")]


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
    created_at: Annotated[
        Timestamp,
        Field(description="When the order was placed, in UTC.", json_schema_extra={"format": "date-time"}),
    ]
    shipping: Annotated[Shipping, Field(description="How the order is sent.")] = Shipping.STANDARD
    gift: Annotated[bool, Field(description="Whether a gift comes with the order.")] = False
