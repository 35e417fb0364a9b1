"""The deployed orders API."""

import uuid
from typing import Any

import requests

from blueprint.testing.client import Api


class OrdersApi(Api):
    """The deployed API's operations, as its clients call them."""

    def create(
        self, name: str = "Ada", item_count: int = 3, key: str | None = None, **options: Any
    ) -> requests.Response:
        return self.request(
            "POST",
            "/api/orders",
            json={"customer_name": name, "order_item_count": item_count},
            headers={"Idempotency-Key": key or str(uuid.uuid4())},
            **options,
        )

    def get(self, order_id: str) -> requests.Response:
        return self.request("GET", f"/api/orders/{order_id}")

    def delete(self, order_id: str) -> requests.Response:
        return self.request("DELETE", f"/api/orders/{order_id}")

    def list(self, **query: Any) -> requests.Response:
        return self.request("GET", "/api/orders", query=query)
