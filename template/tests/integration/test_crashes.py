"""Exactly one order per key, although the function's process dies in the middle of a request.

It is the real process on the local cloud that dies, in a version of the create function that the tests package and
publish; service/ has no switch for it.
"""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import pytest
import requests

from blueprint.testing.problems import problem_of
from tests.integration.versions import versions
from tests.orders.api import OrdersApi

KILLER = Path(__file__).with_name("killer.py").read_bytes()
TIMEOUT_SECONDS = 3
KILLS = {
    "before the record is written": "before PutItem IDEMPOTENCY_TABLE_NAME exit",
    "after the record is written": "after PutItem IDEMPOTENCY_TABLE_NAME exit",
    "before the order is written": "before PutItem ORDERS_TABLE_NAME exit",
    "after the order is written": "after PutItem ORDERS_TABLE_NAME exit",
    "after the order is written, by the timeout": "after PutItem ORDERS_TABLE_NAME hang",
    "after the record is completed": "after UpdateItem IDEMPOTENCY_TABLE_NAME exit",
}
WRITTEN = {what for what in KILLS if what.startswith("after the order") or what.endswith("completed")}


@contextmanager
def killer_behind_the_alias() -> Iterator[None]:
    """The alias that API Gateway calls points at a version with the killer in it."""
    with versions() as code:
        code.switch_to(code.publish({"killer.py": KILLER}, handler="killer.lambda_handler", timeout=TIMEOUT_SECONDS))
        yield


def key_that_kills(point: str) -> str:
    return ".".join(["kill", *point.split(), uuid.uuid4().hex])


@pytest.fixture(scope="module")
def keys(api: OrdersApi) -> dict[str, str]:
    """The keys of requests that were killed; each ordered one item for a customer of the key's last 20 characters."""
    keys = {what: key_that_kills(point) for what, point in KILLS.items()}
    with killer_behind_the_alias():
        for key in keys.values():
            assert api.create(key[-20:], 1, key=key).status_code == HTTPStatus.BAD_GATEWAY
    return keys


def after_conflicts(api: OrdersApi, key: str, item_count: int) -> requests.Response:
    """The answer to the request, sent again for as long as the killed one counts as in progress."""
    deadline = time.monotonic() + 2 * TIMEOUT_SECONDS
    while True:
        response = api.create(key[-20:], item_count, key=key)
        if response.status_code != HTTPStatus.CONFLICT or time.monotonic() > deadline:
            return response
        problem_of(response, HTTPStatus.CONFLICT)
        time.sleep(float(response.headers["Retry-After"]) / 4)


@pytest.mark.parametrize("what", KILLS)
def test_a_killed_request_sent_again_places_one_order(api: OrdersApi, keys: dict[str, str], what: str) -> None:
    # Given a request that was killed
    key = keys[what]
    before = api.list(customer_name=key[-20:]).json()["orders"]
    assert len(before) == (what in WRITTEN)
    # When it is sent again
    answer = after_conflicts(api, key, 1)
    # Then it has placed one order, the one that was there already, and stays with it
    assert answer.status_code == HTTPStatus.CREATED
    assert api.list(customer_name=key[-20:]).json()["orders"] == [answer.json()]
    assert before in ([], [answer.json()])
    assert api.create(key[-20:], 1, key=key).json() == answer.json()


def test_another_body_with_a_killed_requests_key_is_refused(api: OrdersApi) -> None:
    # Given a request that was killed after its order was written, so that its record stays in progress
    key = key_that_kills(KILLS["after the order is written"])
    with killer_behind_the_alias():
        assert api.create(key[-20:], 1, key=key).status_code == HTTPStatus.BAD_GATEWAY
    # When its key comes back with another body, before and after the record expires, then that is refused
    problem_of(after_conflicts(api, key, 2), HTTPStatus.UNPROCESSABLE_ENTITY)
    time.sleep(TIMEOUT_SECONDS + 1)
    problem_of(after_conflicts(api, key, 2), HTTPStatus.UNPROCESSABLE_ENTITY)
    # And the order is as it was
    assert [order["item_count"] for order in api.list(customer_name=key[-20:]).json()["orders"]] == [1]
    assert after_conflicts(api, key, 1).status_code == HTTPStatus.CREATED
