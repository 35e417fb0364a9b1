"""The orders API over HTTP."""

import uuid
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest

from blueprint.testing.environment import environment
from blueprint.testing.problems import problem_of
from tests.orders.api import OrdersApi
from tests.orders.edges import EDGES, KEYS, NO_ORDER_IDS, Edge


def test_an_order_is_created_read_and_deleted(api: OrdersApi, customer: str) -> None:
    # Given an order
    created = api.create(customer, item_count=5)
    assert created.status_code == HTTPStatus.CREATED
    order = created.json()
    assert (order["name"], order["item_count"]) == (customer, 5)
    assert abs(datetime.fromisoformat(order["created_at"]) - datetime.now(UTC)) < timedelta(minutes=5)
    assert created.headers["Location"].endswith(f"/api/orders/{order['id']}")
    # When it is read, then it is the same
    read = api.get(order["id"])
    assert (read.status_code, read.json()) == (HTTPStatus.OK, order)
    # When it is deleted, then it is gone
    deleted = api.delete(order["id"])
    assert (deleted.status_code, deleted.content) == (HTTPStatus.NO_CONTENT, b"")
    problem_of(api.get(order["id"]), HTTPStatus.NOT_FOUND)
    assert api.list(customer_name=customer).json()["orders"] == []


def test_a_deletion_can_be_repeated_and_is_not_undone(api: OrdersApi, customer: str) -> None:
    key = str(uuid.uuid4())
    order_id = api.create(customer, key=key).json()["id"]
    assert [api.delete(order_id).status_code for _ in range(2)] == [HTTPStatus.NO_CONTENT] * 2
    problem_of(api.create(customer, key=key), HTTPStatus.GONE)
    problem_of(api.get(order_id), HTTPStatus.NOT_FOUND)


def test_the_same_request_again_gets_the_same_answer(api: OrdersApi, customer: str) -> None:
    key = str(uuid.uuid4())
    first, second = api.create(customer, key=key), api.create(customer, key=f'"{key}"')
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert first.headers["Location"] == second.headers["Location"]
    assert [answer.headers.get("Idempotency-Replayed") for answer in (first, second)] == [None, "true"]
    assert len(api.list(customer_name=customer).json()["orders"]) == 1


def test_a_used_key_with_another_body_is_refused(api: OrdersApi, customer: str) -> None:
    key = str(uuid.uuid4())
    api.create(customer, item_count=1, key=key)
    problem_of(api.create(customer, item_count=2, key=key), HTTPStatus.UNPROCESSABLE_ENTITY)
    assert [order["item_count"] for order in api.list(customer_name=customer).json()["orders"]] == [1]


def test_all_orders_are_listed_page_by_page(api: OrdersApi, customer: str) -> None:
    # Given some orders
    expected = {api.create(customer).json()["id"] for _ in range(5)}
    # When all pages are read
    found: list[str] = []
    next_token = None
    while True:
        page = api.list(limit=2, **({"next_token": next_token} if next_token else {}))
        assert page.status_code == HTTPStatus.OK
        assert len(page.json()["orders"]) <= 2
        found += [order["id"] for order in page.json()["orders"]]
        next_token = page.json()["next_token"]
        if not next_token:
            break
    # Then each is there, once
    assert expected <= set(found)
    assert len(found) == len(set(found))


def test_a_customers_orders_are_listed_newest_first(api: OrdersApi, customer: str) -> None:
    expected = [api.create(customer).json() for _ in range(3)][::-1]
    first = api.list(customer_name=customer, limit=2).json()
    assert first["orders"] == expected[:2]
    second = api.list(customer_name=customer, limit=2, next_token=first["next_token"]).json()
    assert second == {"orders": expected[2:], "next_token": None}


def test_a_cursor_of_another_kind_of_query_is_refused(api: OrdersApi, customer: str) -> None:
    api.create(customer)
    api.create(customer)
    cursor = api.list(customer_name=customer, limit=1).json()["next_token"]
    problem_of(api.list(next_token=cursor), HTTPStatus.BAD_REQUEST)
    assert api.list(next_token=cursor, customer_name="Somebody else").json()["orders"] == []
    problem_of(api.list(customer_name=customer, next_token=cursor[:-2]), HTTPStatus.BAD_REQUEST)


@pytest.mark.skipif(not environment().is_local, reason="the flags of other environments are changed at any time")
def test_feature_flags_show_in_the_order(api: OrdersApi, customer: str) -> None:
    """infra/configuration/local.json: express shipping for all, a gift from ten items on."""
    few, many = api.create(customer, item_count=9).json(), api.create(customer, item_count=10).json()
    assert [order["shipping"] for order in (few, many)] == ["express", "express"]
    assert [order["gift"] for order in (few, many)] == [False, True]


@pytest.mark.parametrize("edge", EDGES.values(), ids=EDGES)
def test_a_body_at_the_edge(api: OrdersApi, edge: Edge) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4()), **edge.headers}
    response = api.request("POST", "/api/orders", data=edge.body.encode(), headers=headers)
    if edge.status is HTTPStatus.CREATED:
        assert response.status_code == edge.status
        assert api.get(response.json()["id"]).json() == response.json()
    else:
        problem_of(response, edge.status)


def test_bytes_that_are_not_text_are_refused(api: OrdersApi) -> None:
    """API Gateway itself turns what isn't UTF-8 into replacement characters: in a name, they are characters."""
    headers = {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": "application/json"}
    response = api.request("POST", "/api/orders", data=b"\xff\xfe", headers=headers)
    problem_of(response, HTTPStatus.UNPROCESSABLE_ENTITY)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_malformed_key(api: OrdersApi, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key.encode()}
    response = api.request("POST", "/api/orders", json={"customer_name": "Ada", "order_item_count": 1}, headers=headers)
    assert "idempotency-key" in str(problem_of(response, HTTPStatus.BAD_REQUEST)["errors"]).lower()


@pytest.mark.parametrize("order_id", NO_ORDER_IDS.values(), ids=NO_ORDER_IDS)
def test_an_id_that_no_order_has(api: OrdersApi, order_id: str) -> None:
    problem_of(api.get(order_id), HTTPStatus.NOT_FOUND)
    problem_of(api.delete(order_id), HTTPStatus.NOT_FOUND)


@pytest.mark.parametrize("end", ["%0a", "%0A", "%0d%0a", "%20", "%00"])
def test_nothing_may_follow_an_id(api: OrdersApi, customer: str, end: str) -> None:
    order_id = api.create(customer).json()["id"]
    problem_of(api.get(f"{order_id}{end}"), HTTPStatus.NOT_FOUND)
    problem_of(api.delete(f"{order_id}{end}"), HTTPStatus.NOT_FOUND)
    assert api.get(order_id).status_code == HTTPStatus.OK


@pytest.mark.parametrize("limit", ["1_0", "1.0", " 5", "+5", "05"])
def test_a_limit_that_is_not_valid(api: OrdersApi, limit: str) -> None:
    problem_of(api.list(limit=limit), HTTPStatus.UNPROCESSABLE_ENTITY)


def test_an_encoded_slash_is_not_part_of_an_id(api: OrdersApi) -> None:
    response = api.get("a%2Fb")
    assert response.status_code in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
    problem_of(response, HTTPStatus(response.status_code))


def test_a_trailing_slash_changes_nothing(api: OrdersApi, customer: str) -> None:
    body = {"customer_name": customer, "order_item_count": 1}
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    created = api.request("POST", "/api/orders/", json=body, headers=headers)
    assert created.status_code == HTTPStatus.CREATED
    order_id = created.json()["id"]
    assert created.headers["Location"].endswith(f"/api/orders/{order_id}")
    assert api.get(f"{order_id}/").json() == created.json()
    assert api.request("GET", "/api/orders/", query={"customer_name": customer}).json()["orders"] == [created.json()]


def test_a_path_without_anything_is_refused(api: OrdersApi) -> None:
    problem_of(api.request("GET", "/nothing/here"), HTTPStatus.FORBIDDEN)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/orders", {"GET", "POST"}),
        ("PATCH", "/api/orders/x", {"GET", "DELETE"}),
        ("POST", "/api/orders/x", {"GET", "DELETE"}),
    ],
)
def test_a_method_that_a_path_lacks_is_answered_with_those_that_it_has(
    api: OrdersApi, method: str, path: str, allowed: set[str]
) -> None:
    response = api.request(method, path)
    problem_of(response, HTTPStatus.METHOD_NOT_ALLOWED)
    assert set(response.headers["Allow"].split(", ")) - {"OPTIONS"} == allowed


def test_another_method_is_not_read(api: OrdersApi) -> None:
    response = api.request("PUT", "/api/orders", data=b"x", headers={"Content-Type": "text/plain"})
    problem_of(response, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


def test_the_head_of_a_path_is_not_served(api: OrdersApi) -> None:
    assert api.request("HEAD", "/api/orders").status_code == HTTPStatus.METHOD_NOT_ALLOWED
