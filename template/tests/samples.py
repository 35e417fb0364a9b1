"""A request to each function, and what AWS answers meanwhile: what `make bench` measures with. Yours to edit."""

import uuid
from typing import Any

from blueprint.bench import command
from blueprint.testing.events import event
from infra.app import DECLARATIONS

_ID = "8c9f4a52-5a3f-4b62-9d3e-0a7d4a5c1b11"

_ORDER = {
    "id": {"S": _ID},
    "name": {"S": "Ada"},
    "item_count": {"N": "3"},
    "created_at": {"S": "2026-01-01T00:00:00+00:00"},
    "shipping": {"S": "standard"},
    "gift": {"BOOL": False},
    "request_hash": {"S": "0" * 64},
}

ANSWERS: dict[str, dict[str, Any]] = {
    "GetItem": {"Item": _ORDER},
    "Query": {"Items": [_ORDER] * 20, "Count": 20, "ScannedCount": 20},
    "Scan": {"Items": [_ORDER] * 20, "Count": 20, "ScannedCount": 20},
}
"""DynamoDB's answer by operation; nothing is in the answer of one that isn't here."""


def request(handler: str) -> dict[str, Any] | None:
    """API Gateway's event for a request that the handler serves, another one each time; None without a sample."""
    match handler:
        case "create_order":
            body = {"customer_name": "Ada", "order_item_count": 3}
            return event("POST", "/api/orders", headers={"Idempotency-Key": str(uuid.uuid4())}, body=body)
        case "get_order":
            return _of_order("GET")
        case "list_orders":
            return event("GET", "/api/orders")
        case "delete_order":
            return _of_order("DELETE")
    return None


def _of_order(method: str) -> dict[str, Any]:
    return event(method, f"/api/orders/{_ID}", resource="/api/orders/{order_id}", path_parameters={"order_id": _ID})


if __name__ == "__main__":
    command.main(DECLARATIONS, request, ANSWERS)
