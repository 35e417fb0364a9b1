"""Runs in a service: how its answers change while the table grows. Prints JSON.

    python growth_probe.py ENDPOINT SIZE ...

The handlers run in this process against the DynamoDB at the address, which keeps its items in order, as DynamoDB does
and the local cloud doesn't: there, a page's time grows with the table.
"""

import json
import os
import sys
import uuid
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

from blueprint import offline
from infra.tables import ORDERS, TABLES

ENDPOINT, SIZES = sys.argv[1], [int(size) for size in sys.argv[2:]]
os.environ.update(
    {**offline.variables(TABLES), "AWS_ENDPOINT_URL_DYNAMODB": ENDPOINT, "POWERTOOLS_LOG_LEVEL": "CRITICAL"}
)

from blueprint.runtime import aws  # noqa: E402
from tests.orders.functions import Orders  # noqa: E402
from blueprint.testing import tables  # noqa: E402
from blueprint.testing.appconfig import AppConfig  # noqa: E402
from blueprint.testing.events import Answer, load  # noqa: E402

REQUESTS = 40
CUSTOMERS_ORDERS = 50
"""A customer has as many orders, whatever the table's size is."""


class Capacity:
    """Sums the capacity units that the client's calls consume."""

    def __init__(self, client: Any):
        self.units = 0.0
        client.meta.events.register("provide-client-params.dynamodb.*", self._ask)
        client.meta.events.register("after-call.dynamodb.*", self._add)

    def _ask(self, params: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**params, "ReturnConsumedCapacity": "TOTAL"}

    def _add(self, parsed: dict[str, Any], **_: Any) -> None:
        self.units += parsed.get("ConsumedCapacity", {}).get("CapacityUnits", 0)


def fill(start: int, end: int) -> None:
    """Puts the orders from start to end into the table, as many of one customer as of another."""
    for first in range(start, end, 25):
        puts = [
            {
                "PutRequest": {
                    "Item": {
                        "id": {"S": str(uuid.uuid4())},
                        "name": {"S": f"customer-{number // CUSTOMERS_ORDERS}"},
                        "item_count": {"N": "3"},
                        "created_at": {"S": f"2026-01-01T00:00:00.{number:06}Z"},
                        "shipping": {"S": "standard"},
                        "gift": {"BOOL": False},
                        "request_hash": {"S": "0" * 64},
                    }
                }
            }
            for number in range(first, min(first + 25, end))
        ]
        left: dict[str, Any] = {ORDERS.name: puts}
        while left:
            left = plain.batch_write_item(RequestItems=left)["UnprocessedItems"]


def measure(request: Callable[[], Answer]) -> dict[str, float]:
    """The median milliseconds of a request, and the capacity units that one consumes."""
    took, capacity.units = [], 0.0
    for _ in range(REQUESTS):
        start = perf_counter()
        answer = request()
        took.append(perf_counter() - start)
        assert answer.status < 300, answer.body
    return {"ms": median(took) * 1000, "units": capacity.units / REQUESTS}


def next_page(orders: Orders) -> dict[str, str]:
    """The query of the page that follows the first one."""
    first = orders.list(limit="20").json()
    return {"limit": "20", "next_token": first["next_token"]}


if __name__ == "__main__":
    import boto3

    plain = boto3.client("dynamodb", endpoint_url=ENDPOINT)
    for table in TABLES:
        tables.create(plain, table, table.name)
        plain.get_waiter("table_exists").wait(TableName=table.name, WaiterConfig={"Delay": 1})
    functions = Orders({name: load(f"service.handlers.{name}") for name in ("create_order", "list_orders")})
    capacity = Capacity(aws.dynamodb())
    with AppConfig().answering(aws.appconfigdata()):
        result: dict[str, dict[str, dict[str, float]]] = {}
        there = 0
        for size in SIZES:
            fill(there, size)
            there = size
            following = next_page(functions)
            for name, request in (
                ("a page of all orders", lambda: functions.list(limit="20")),
                ("the next page", lambda: functions.list(**following)),  # noqa: B023
                ("a page of a customer's", lambda: functions.list(limit="20", customer_name="customer-0")),
                ("a new order", functions.create),
            ):
                result.setdefault(name, {})[str(size)] = measure(request)
            there += REQUESTS
            print(size, file=sys.stderr, flush=True)
    print("\n" + json.dumps(result))
