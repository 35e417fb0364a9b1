"""The functions of the orders API, in this process."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from blueprint.testing.events import Answer, LambdaContext, LambdaHandler, event, invoke


class Orders:
    """The orders API, whose functions run in this process."""

    def __init__(self, handlers: Mapping[str, LambdaHandler]):
        self._handlers = handlers

    def create(
        self,
        name: str = "Ada",
        item_count: int = 3,
        *,
        key: str | None = None,
        context: LambdaContext | None = None,
        **options: Any,
    ) -> Answer:
        return self.post(
            {"customer_name": name, "order_item_count": item_count},
            headers={"Idempotency-Key": key or str(uuid.uuid4())},
            context=context,
            **options,
        )

    def post(self, body: Any, *, context: LambdaContext | None = None, **options: Any) -> Answer:
        request = event("POST", options.pop("path", "/api/orders"), body=body, **options)
        return invoke(self._handlers["create_order"], request, context)

    def get(self, order_id: str) -> Answer:
        return invoke(self._handlers["get_order"], _of_order("GET", order_id))

    def by_path(self, method: str, path: str) -> Answer:
        """What GET or DELETE answers at a path as API Gateway hands it over, percent-encoded or not."""
        handler = {"GET": "get_order", "DELETE": "delete_order"}[method]
        return invoke(self._handlers[handler], event(method, path, resource="/api/orders/{order_id}"))

    def delete(self, order_id: str) -> Answer:
        return invoke(self._handlers["delete_order"], _of_order("DELETE", order_id))

    def list(self, **query: str) -> Answer:
        return invoke(self._handlers["list_orders"], event("GET", "/api/orders", query=query))


def replayed(answer: Answer) -> Answer:
    """The answer as it is given again."""
    return replace(answer, headers={**answer.headers, "Idempotency-Replayed": "true"})


def _of_order(method: str, order_id: str) -> dict[str, Any]:
    return event(
        method,
        f"/api/orders/{order_id}",
        resource="/api/orders/{order_id}",
        path_parameters={"order_id": order_id},
    )
