"""Whatever a client sends has its documented answer, and is never the service's failure."""

import uuid
from http import HTTPStatus
from urllib.parse import unquote

import pytest

from blueprint.testing.problems import problem_of
from tests.orders.edges import EDGES, NO_ORDER_IDS, Edge
from tests.orders.functions import Orders


@pytest.mark.parametrize("edge", EDGES.values(), ids=EDGES)
def test_a_body_at_the_edge(orders: Orders, edge: Edge) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": edge.content_type}
    answer = orders.post(edge.body, headers=headers)
    assert answer.status == edge.status
    if edge.status is not HTTPStatus.CREATED:
        problem_of(answer, edge.status)
    else:
        assert orders.get(answer.json()["id"]).json() == answer.json()


@pytest.mark.parametrize("order_id", NO_ORDER_IDS.values(), ids=NO_ORDER_IDS)
def test_an_id_that_no_order_has(orders: Orders, order_id: str) -> None:
    problem_of(orders.get(unquote(order_id)), HTTPStatus.NOT_FOUND)
    problem_of(orders.delete(unquote(order_id)), HTTPStatus.NOT_FOUND)


def test_an_id_is_lower_case(orders: Orders) -> None:
    order_id = orders.create().json()["id"]
    assert orders.get(order_id).status == HTTPStatus.OK
    problem_of(orders.get(order_id.upper()), HTTPStatus.NOT_FOUND)


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "x", "", "1e3", "9" * 5000])
def test_a_limit_that_is_none(orders: Orders, limit: str) -> None:
    problem = problem_of(orders.list(limit=limit), HTTPStatus.UNPROCESSABLE_ENTITY)
    assert [error["location"] for error in problem["errors"]] == ["query.limit"]


@pytest.mark.parametrize("name", ["", "x" * 21])
def test_a_name_that_no_customer_has(orders: Orders, name: str) -> None:
    problem = problem_of(orders.list(customer_name=name), HTTPStatus.UNPROCESSABLE_ENTITY)
    assert [error["location"] for error in problem["errors"]] == ["query.customer_name"]


def test_what_the_api_does_not_know_in_a_query_is_ignored(orders: Orders) -> None:
    assert orders.list(unknown="x").status == HTTPStatus.OK
