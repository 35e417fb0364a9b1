"""No acknowledged order is lost or doubled."""

import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

import requests

from tests.load.settings import SECONDS
from tests.orders.api import OrdersApi

CLIENTS = 4


def test_every_acknowledged_order_is_found_once(api: OrdersApi, customer: str) -> None:
    """Clients send orders, some of them twice, for LOAD_SECONDS, and send what fails again."""
    end = time.monotonic() + SECONDS
    statuses: Counter[int] = Counter()

    def client(_: int) -> list[str]:
        acknowledged = []
        while time.monotonic() < end:
            key = str(uuid.uuid4())
            attempts = range(2 if key < "4" else 1)
            acknowledged += [_placed(api, customer, key, statuses) for _ in attempts]
        return acknowledged

    with ThreadPoolExecutor(CLIENTS) as pool:
        acknowledged = [order_id for ids in pool.map(client, range(CLIENTS)) for order_id in ids]
    found = _all_of(api, customer)
    print(f"{len(acknowledged)} answers for {len(found)} orders in {SECONDS:.0f} s: {dict(statuses)}")
    assert len(found) > SECONDS
    assert sorted(found) == sorted(set(acknowledged))


def _placed(api: OrdersApi, customer: str, key: str, statuses: Counter[int]) -> str:
    """The id of the order that is placed at last."""
    while True:
        try:
            response = api.create(customer, key=key)
        except requests.RequestException:
            continue
        statuses[response.status_code] += 1
        if response.status_code == HTTPStatus.CREATED:
            order_id: str = response.json()["id"]
            return order_id
        time.sleep(float(response.headers.get("Retry-After", 1)))


def _all_of(api: OrdersApi, customer: str) -> list[str]:
    ids: list[str] = []
    query = {"customer_name": customer, "limit": 100}
    while True:
        page = api.list(**query).json()
        ids += [order["id"] for order in page["orders"]]
        if page["next_token"] is None:
            return ids
        query["next_token"] = page["next_token"]
