"""Browsers: who of other origins may call the API, and read what it answers (CORS)."""

import uuid
from http import HTTPStatus

import pytest
import requests

from blueprint.testing.environment import environment
from blueprint.testing.problems import problem_of
from tests.orders.api import OrdersApi

ORIGINS = environment().allowed_origins
ELSEWHERE = "https://elsewhere.example"
pytestmark = pytest.mark.skipif(not ORIGINS, reason="service.toml allows this environment no front ends")


def headers(origin: str, **others: str) -> dict[str, str]:
    return {"Origin": origin, "Idempotency-Key": str(uuid.uuid4()), **others}


def test_a_browser_is_told_what_a_front_end_may_send(api: OrdersApi) -> None:  # noqa: ARG001
    preflight = OrdersApi(None).request(
        "OPTIONS",
        "/api/orders",
        headers={
            "Origin": ORIGINS[0],
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
        },
    )
    assert preflight.status_code == HTTPStatus.NO_CONTENT
    assert preflight.headers["Access-Control-Allow-Origin"] == ORIGINS[0]
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    allowed = preflight.headers["Access-Control-Allow-Headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "idempotency-key"))


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_front_end_reads_answers_and_errors(api: OrdersApi, origin: str, customer: str) -> None:
    body = {"customer_name": customer, "order_item_count": 1}
    created = api.request("POST", "/api/orders", json=body, headers=headers(origin))
    refused = api.request("POST", "/api/orders", json={}, headers=headers(origin))
    missing = api.request("GET", "/api/orders/x", headers=headers(origin))
    problem_of(refused, HTTPStatus.UNPROCESSABLE_ENTITY)
    problem_of(missing, HTTPStatus.NOT_FOUND)
    for answer in (created, refused, missing):
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert answer.headers["Vary"] == "Origin"
        assert "Idempotency-Replayed" in answer.headers["Access-Control-Expose-Headers"]


def test_a_front_end_reads_the_gateways_errors(api: OrdersApi) -> None:
    refusals: list[requests.Response] = [
        api.request("GET", "/nothing/here", headers=headers(ORIGINS[0])),
        api.request("PUT", "/api/orders", headers=headers(ORIGINS[0])),
    ]
    for refused in refusals:
        assert refused.headers["Access-Control-Allow-Origin"] in {ORIGINS[0], "*"}


def test_other_origins_read_nothing(api: OrdersApi) -> None:
    for origin in (ELSEWHERE, f"{ORIGINS[0]}.elsewhere.example", "null"):
        answer = api.request("GET", "/api/orders", headers=headers(origin))
        assert answer.status_code == HTTPStatus.OK
        assert "Access-Control-Allow-Origin" not in answer.headers
