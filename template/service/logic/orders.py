"""What the service does with orders."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from aws_lambda_powertools.metrics import MetricUnit

from blueprint.runtime.observability import logger, metrics, tracer
from service.dal import orders
from service.dal.orders import OrderNotFoundError
from service.models.input import CreateOrderRequest
from service.models.metrics import BusinessMetric
from service.models.order import Order, Shipping
from service.models.output import OrderPage

if TYPE_CHECKING:
    from service.models.configuration import ServiceConfiguration


@tracer.capture_method(capture_response=False)
def create_order(
    request: CreateOrderRequest, *, order_id: UUID, request_hash: str, configuration: "ServiceConfiguration"
) -> Order:
    """Places the order that the client asks for, exactly once.

    The id belongs to the client's key, so whoever repeats the request, after whatever crash, finds the order that was
    placed already. Raises KeyReusedError when that order was made from a request with another hash, and
    OrderDeletedError when it has been deleted since.
    """
    express = configuration.is_enabled("express_shipping")
    order = Order(
        id=order_id,
        name=request.customer_name,
        item_count=request.order_item_count,
        created_at=datetime.now(UTC),
        shipping=Shipping.EXPRESS if express else Shipping.STANDARD,
        gift=configuration.is_enabled("gift", item_count=request.order_item_count),
    )
    stored = orders.put(order, request_hash=request_hash)
    if stored == order:
        metrics.add_metric(name=BusinessMetric.ORDERS_CREATED, unit=MetricUnit.Count, value=1)
        metrics.add_metric(name=BusinessMetric.ITEMS_ORDERED, unit=MetricUnit.Count, value=order.item_count)
    logger.info("order placed", order_id=str(stored.id), new=stored == order)
    return stored


@tracer.capture_method(capture_response=False)
def get_order(order_id: str) -> Order:
    """The order; raises NotFoundError when there is none."""
    return orders.get(_parsed(order_id))


@tracer.capture_method(capture_response=False)
def list_orders(*, limit: int, next_token: str | None, customer_name: str | None) -> OrderPage:
    """A page of all orders, or of a customer's, newest first; raises InvalidCursorError."""
    if customer_name is None:
        return orders.page(limit=limit, next_token=next_token)
    return orders.page_of_customer(customer_name, limit=limit, next_token=next_token)


@tracer.capture_method(capture_response=False)
def delete_order(order_id: str) -> UUID:
    """Deletes the order, unless that was done already, and returns its id; raises NotFoundError when there is none."""
    parsed = _parsed(order_id)
    if orders.delete(parsed):
        metrics.add_metric(name=BusinessMetric.ORDERS_DELETED, unit=MetricUnit.Count, value=1)
    logger.info("order deleted", order_id=order_id)
    return parsed


def _parsed(order_id: str) -> UUID:
    """The id; raises NotFoundError for what no order can have, such as an id in another spelling."""
    try:
        parsed = UUID(order_id)
    except ValueError:
        raise OrderNotFoundError from None
    if str(parsed) != order_id:
        raise OrderNotFoundError
    return parsed
