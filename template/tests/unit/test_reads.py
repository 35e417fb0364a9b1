"""GET and DELETE: orders one by one and in pages."""

import base64
import json
import os
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from unittest.mock import Mock

import pytest

from blueprint.runtime import aws, cursor
from blueprint.testing.faults import counted, failing, hooked
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
    assert orders.list().json()["orders"] == orders.list(customer_name=order["name"]).json()["orders"] == []


def test_a_deletion_can_be_repeated(orders: Orders) -> None:
    order_id = orders.create().json()["id"]
    assert orders.delete(order_id) == orders.delete(order_id)


def test_a_deletion_whose_answer_is_lost_can_be_repeated(orders: Orders) -> None:
    """The SDK sends its request again, and finds it done."""
    order_id = orders.create().json()["id"]
    lost: list[str] = []

    def delete_and_lose_the_answer(_: object) -> None:
        if not lost:
            lost.append(order_id)
            assert orders.delete(order_id).status == HTTPStatus.NO_CONTENT

    with hooked(aws.dynamodb(), "PutItem", delete_and_lose_the_answer, table=os.environ["ORDERS_TABLE_NAME"]):
        assert orders.delete(order_id).status == HTTPStatus.NO_CONTENT


def test_an_order_that_never_was_can_not_be_deleted(orders: Orders) -> None:
    problem_of(orders.delete("3f2b8c1e-6f0d-4c0a-9f57-0d6d6f2f4a11"), HTTPStatus.NOT_FOUND)


def test_a_deletion_is_two_calls_for_the_order_and_its_stored_answer(orders: Orders) -> None:
    order_id = orders.create().json()["id"]
    calls: list[str] = []
    with counted(aws.dynamodb(), calls):
        orders.delete(order_id)
    assert calls == ["PutItem", "DeleteItem"]


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


def test_orders_of_one_microsecond_apart_come_newest_first(orders: Orders, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also around a full second, whose fraction other formats leave out."""
    second = datetime(2026, 1, 1, 12, 0, 5, tzinfo=UTC)
    times = [second + timedelta(microseconds=microseconds) for microseconds in (-1, 0, 1, 120_000)]
    created = []
    for now in times:
        monkeypatch.setattr("service.logic.orders.datetime", Mock(now=Mock(return_value=now)))
        created.append(orders.create("Ada").json())
    assert [datetime.fromisoformat(order["created_at"]) for order in created] == times
    assert len({len(order["created_at"]) for order in created}) == 1
    assert orders.list(customer_name="Ada").json()["orders"] == created[::-1]


def test_a_cursor_serves_its_own_kind_of_query_alone(orders: Orders) -> None:
    for _ in range(2):
        orders.create("Ada")
    of_ada = orders.list(limit="1", customer_name="Ada").json()["next_token"]
    of_all = orders.list(limit="1").json()["next_token"]
    problem_of(orders.list(next_token=of_ada), HTTPStatus.BAD_REQUEST)
    problem_of(orders.list(next_token=of_all, customer_name="Ada"), HTTPStatus.BAD_REQUEST)
    assert orders.list(next_token=of_ada, customer_name="Ada").status == HTTPStatus.OK


def test_a_cursor_never_shows_another_customers_orders(orders: Orders) -> None:
    """Neither one that was given for them nor one that somebody has made up."""
    for name in ("Ada", "Grace", "Grace", "Grace"):
        orders.create(name)
    of_grace = orders.list(limit="1", customer_name="Grace").json()["next_token"]
    made_up = cursor.encode({"id": "x", "created_at": "9999"})
    for token in (of_grace, made_up):
        page = orders.list(next_token=token, customer_name="Ada")
        assert page.status == HTTPStatus.OK
        assert {order["name"] for order in page.json()["orders"]} <= {"Ada"}


def test_a_cursor_tells_nothing_of_its_customer(orders: Orders) -> None:
    """Not even to somebody who tries names: it is the same for any name."""
    for _ in range(2):
        orders.create("Ada")
    token = orders.list(limit="1", customer_name="Ada").json()["next_token"]
    content = json.loads(base64.urlsafe_b64decode(token + "==="))
    order = orders.list(limit="1", customer_name="Ada").json()["orders"][0]
    position = {name: order[name] for name in ("id", "created_at")}
    assert set(content) == {"id", "created_at", ""}
    assert cursor.encode(position) == token


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
    """The checksum in a cursor is not a signature: whoever reads the source can make one up."""
    token = cursor.encode({"id": ""})
    with failing(aws.dynamodb(), "Scan", code="ValidationException"):
        problem_of(orders.list(next_token=token), HTTPStatus.BAD_REQUEST)


@pytest.mark.parametrize("operation", ["GetItem", "PutItem", "DeleteItem", "Scan", "Query"])
def test_a_failing_database_is_unavailable(orders: Orders, operation: str) -> None:
    order_id = orders.create().json()["id"]
    with failing(aws.dynamodb(), operation):
        match operation:
            case "GetItem":
                answer = orders.get(order_id)
            case "PutItem" | "DeleteItem":
                answer = orders.delete(order_id)
            case "Scan":
                answer = orders.list()
            case _:
                answer = orders.list(customer_name="Ada")
    problem_of(answer, HTTPStatus.SERVICE_UNAVAILABLE)
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("operation", ["PutItem", "DeleteItem"])
def test_a_deletion_that_failed_halfway_is_completed_by_the_next(orders: Orders, operation: str) -> None:
    order_id = orders.create(key="a").json()["id"]
    with failing(aws.dynamodb(), operation):
        problem_of(orders.delete(order_id), HTTPStatus.SERVICE_UNAVAILABLE)
    assert orders.delete(order_id).status == HTTPStatus.NO_CONTENT
    problem_of(orders.create(key="a"), HTTPStatus.GONE)


def test_pages_continue_after_deleted_orders(orders: Orders) -> None:
    created = [orders.create().json()["id"] for _ in range(6)]
    for order_id in created[:3]:
        orders.delete(order_id)
    found = pages(orders, limit="1")
    assert sorted(str(order["id"]) for page in found for order in page) == sorted(created[3:])
