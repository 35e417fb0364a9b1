"""GET and DELETE: orders one by one and in pages."""

import base64
import json
from http import HTTPStatus

import pytest

from blueprint.runtime import aws, cursor
from blueprint.testing.faults import counted, failing
from blueprint.testing.problems import problem_of
from tests.orders.functions import Orders


def pages(orders: Orders, **query: str) -> list[list[dict[str, object]]]:
    """All pages of the list."""
    found = []
    page = orders.list(**query).json()
    found.append(page["orders"])
    while page["next_token"]:
        page = orders.list(**query, next_token=page["next_token"]).json()
        found.append(page["orders"])
    return found


def test_an_order_is_read_until_it_is_deleted(orders: Orders) -> None:
    order = orders.create().json()
    assert orders.get(order["id"]).json() == order
    deleted = orders.delete(order["id"])
    assert (deleted.status, deleted.body) == (HTTPStatus.NO_CONTENT, "")
    problem_of(orders.get(order["id"]), HTTPStatus.NOT_FOUND)
    problem_of(orders.delete(order["id"]), HTTPStatus.NOT_FOUND)


def test_a_delete_is_one_call(orders: Orders) -> None:
    order_id = orders.create().json()["id"]
    calls: list[str] = []
    with counted(aws.dynamodb(), calls):
        orders.delete(order_id)
    assert calls == ["DeleteItem"]


def test_all_orders_come_page_by_page(orders: Orders) -> None:
    created = [orders.create(f"customer {number}").json() for number in range(5)]
    found = pages(orders, limit="2")
    assert [len(page) for page in found] == [2, 2, 1]
    assert sorted((order for page in found for order in page), key=str) == sorted(created, key=str)


def test_a_page_costs_one_call_and_reads_no_more_than_it_shows(orders: Orders) -> None:
    for _ in range(5):
        orders.create("Ada")
    calls: list[str] = []
    with counted(aws.dynamodb(), calls):
        orders.list(limit="2")
        orders.list(limit="2", customer_name="Ada")
    assert calls == ["Scan", "Query"]


def test_a_customers_orders_come_newest_first(orders: Orders) -> None:
    created = [orders.create("Ada").json() for _ in range(5)]
    orders.create("Grace")
    found = pages(orders, limit="2", customer_name="Ada")
    assert [order for page in found for order in page] == created[::-1]


def test_a_cursor_serves_its_own_query_alone(orders: Orders) -> None:
    for name in ("Ada", "Ada", "Grace", "Grace"):
        orders.create(name)
    of_ada = orders.list(limit="1", customer_name="Ada").json()["next_token"]
    of_all = orders.list(limit="1").json()["next_token"]
    for query in ({"next_token": of_ada}, {"next_token": of_ada, "customer_name": "Grace"}):
        problem_of(orders.list(**query), HTTPStatus.BAD_REQUEST)
    problem_of(orders.list(next_token=of_all, customer_name="Ada"), HTTPStatus.BAD_REQUEST)
    assert orders.list(next_token=of_ada, customer_name="Ada").status == HTTPStatus.OK


def test_a_cursor_holds_no_name(orders: Orders) -> None:
    for _ in range(2):
        orders.create("Ada")
    token = orders.list(limit="1", customer_name="Ada").json()["next_token"]
    assert b"Ada" not in base64.urlsafe_b64decode(token + "===")


def test_every_change_of_a_cursor_is_refused(orders: Orders) -> None:
    for _ in range(2):
        orders.create()
    token = orders.list(limit="1").json()["next_token"]
    shorter = [token[:length] for length in range(len(token))]
    changed = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token))]
    for bad in (*shorter, *changed, f"{token}=", f"{token}A", "é", "😀", "%", "null", "x" * 5000):
        problem_of(orders.list(next_token=bad), HTTPStatus.BAD_REQUEST)


@pytest.mark.parametrize("content", [None, [], "x", 1, {}, {"": "x"}, {"id": 1}, {"id": []}])
def test_a_cursor_of_anything_else_is_refused(orders: Orders, content: object) -> None:
    token = base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
    problem_of(orders.list(next_token=token), HTTPStatus.BAD_REQUEST)


def test_a_start_key_that_dynamodb_refuses_is_the_clients_mistake(orders: Orders) -> None:
    """The fingerprint in a cursor is no signature: who reads the source can make one up."""
    token = cursor.encode({"id": ""}, query="all")
    with failing(aws.dynamodb(), "Scan", code="ValidationException"):
        problem_of(orders.list(next_token=token), HTTPStatus.BAD_REQUEST)


@pytest.mark.parametrize("operation", ["GetItem", "DeleteItem", "Scan", "Query"])
def test_a_failing_database_is_unavailable(orders: Orders, operation: str) -> None:
    order_id = orders.create().json()["id"]
    with failing(aws.dynamodb(), operation):
        match operation:
            case "GetItem":
                answer = orders.get(order_id)
            case "DeleteItem":
                answer = orders.delete(order_id)
            case "Scan":
                answer = orders.list()
            case _:
                answer = orders.list(customer_name="Ada")
    problem_of(answer, HTTPStatus.SERVICE_UNAVAILABLE)
    assert int(answer.headers["Retry-After"]) > 0
    assert orders.get(order_id).status == HTTPStatus.OK
