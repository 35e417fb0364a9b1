"""Many callers at once."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

import requests

from blueprint.testing.problems import problem_of
from tests.load.settings import CALLERS
from tests.orders.api import OrdersApi


def at_once(api: OrdersApi, customer: str, keys: list[str]) -> list[requests.Response]:
    """The answers to an order a key, all sent at the same time."""
    with ThreadPoolExecutor(len(keys)) as pool:
        return list(pool.map(lambda key: api.create(customer, key=key), keys))


def test_one_key_is_one_order(api: OrdersApi, customer: str) -> None:
    key = str(uuid.uuid4())
    answers = at_once(api, customer, [key] * CALLERS)
    created = [answer for answer in answers if answer.status_code == HTTPStatus.CREATED]
    for answer in answers:
        if answer not in created:
            problem_of(answer, HTTPStatus.CONFLICT)
            assert int(answer.headers["Retry-After"]) > 0
    assert len({answer.content for answer in created}) == 1
    assert api.list(customer_name=customer).json()["orders"] == [created[0].json()]
    assert api.create(customer, key=key).content == created[0].content


def test_different_keys_are_different_orders(api: OrdersApi, customer: str) -> None:
    answers = at_once(api, customer, [str(uuid.uuid4()) for _ in range(CALLERS)])
    assert {answer.status_code for answer in answers} == {HTTPStatus.CREATED}
    listed = api.list(customer_name=customer, limit=100).json()["orders"]
    assert sorted(order["id"] for order in listed) == sorted(answer.json()["id"] for answer in answers)
    assert len({order["id"] for order in listed}) == CALLERS
