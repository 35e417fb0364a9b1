"""Whatever a client sends has its documented answer, and is never the service's failure."""

import uuid
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import unquote

import pytest

from blueprint.runtime import api
from blueprint.testing.events import event, invoke
from blueprint.testing.problems import problem_of
from tests.orders.edges import EDGES, KEYS, NO_ORDER_IDS, Edge
from tests.orders.functions import Orders

ORDER = {"customer_name": "Ada", "order_item_count": 3}


@pytest.mark.parametrize("edge", EDGES.values(), ids=EDGES)
def test_a_body_at_the_edge(orders: Orders, edge: Edge) -> None:
    answer = orders.post(edge.body, headers={"Idempotency-Key": str(uuid.uuid4()), **edge.headers})
    assert answer.status == edge.status
    if edge.status is not HTTPStatus.CREATED:
        problem_of(answer, edge.status)
    else:
        assert orders.get(answer.json()["id"]).json() == answer.json()


@pytest.mark.parametrize("order_id", NO_ORDER_IDS.values(), ids=NO_ORDER_IDS)
def test_an_id_that_no_order_has(orders: Orders, order_id: str) -> None:
    for path in (f"/api/orders/{order_id}", f"/api/orders/{unquote(order_id)}"):
        problem_of(orders.by_path("GET", path), HTTPStatus.NOT_FOUND)


@pytest.mark.parametrize("order_id", NO_ORDER_IDS.values(), ids=NO_ORDER_IDS)
def test_nothing_is_deleted_by_an_id_that_no_order_has(orders: Orders, order_id: str) -> None:
    for path in (f"/api/orders/{order_id}", f"/api/orders/{unquote(order_id)}"):
        problem_of(orders.by_path("DELETE", path), HTTPStatus.NOT_FOUND)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "in upper case": str.upper,
    "without hyphens": lambda order_id: order_id.replace("-", ""),
    "in braces": lambda order_id: f"{{{order_id}}}",
    "with a line break": lambda order_id: f"{order_id}\n",
    "with an encoded line break": lambda order_id: f"{order_id}%0a",
    "with an encoded hyphen": lambda order_id: order_id.replace("-", "%2d"),
    "with an encoded digit": lambda order_id: f"%{ord(order_id[0]):x}{order_id[1:]}",
    "with a space": lambda order_id: f"{order_id} ",
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_an_orders_id_has_one_spelling(orders: Orders, spelling: Callable[[str], str]) -> None:
    order_id = orders.create().json()["id"]
    problem_of(orders.by_path("GET", f"/api/orders/{spelling(order_id)}"), HTTPStatus.NOT_FOUND)
    assert orders.by_path("GET", f"/api/orders/{order_id}").status == HTTPStatus.OK


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_an_order_is_deleted_by_one_spelling_of_its_id(orders: Orders, spelling: Callable[[str], str]) -> None:
    order_id = orders.create().json()["id"]
    problem_of(orders.by_path("DELETE", f"/api/orders/{spelling(order_id)}"), HTTPStatus.NOT_FOUND)
    assert orders.get(order_id).status == HTTPStatus.OK


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_malformed_key(orders: Orders, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    problem = problem_of(orders.post(ORDER, headers=headers), HTTPStatus.BAD_REQUEST)
    assert [error["location"].lower() for error in problem["errors"]] == ["header.idempotency-key"]
    assert orders.list().json()["orders"] == []


def test_two_keys_are_refused(orders: Orders) -> None:
    problem_of(orders.post(ORDER, headers={"Idempotency-Key": ["a", "b"]}), HTTPStatus.BAD_REQUEST)


@pytest.mark.parametrize(
    "limit",
    ["0", "101", "-1", "1.5", "x", "", "1e3", "9" * 5000, "1_0", "1.0", " 5", "5 ", "+5", "05", "\u0665", "5\n"],
)
def test_a_limit_that_is_not_valid(orders: Orders, limit: str) -> None:
    problem = problem_of(orders.list(limit=limit), HTTPStatus.UNPROCESSABLE_ENTITY)
    assert [error["location"] for error in problem["errors"]] == ["query.limit"]


@pytest.mark.parametrize("name", ["", "x" * 21])
def test_a_customer_name_that_is_not_valid(orders: Orders, name: str) -> None:
    problem = problem_of(orders.list(customer_name=name), HTTPStatus.UNPROCESSABLE_ENTITY)
    assert [error["location"] for error in problem["errors"]] == ["query.customer_name"]


def test_what_the_api_does_not_know_in_a_query_is_ignored(orders: Orders) -> None:
    assert orders.list(unknown="x").status == HTTPStatus.OK


def test_80_000_unknown_fields_have_a_short_answer(orders: Orders, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a service reads larger bodies."""
    monkeypatch.setattr(api, "BODY_LIMIT_BYTES", 10**7)
    body = {f"field {number}": number for number in range(80_000)}
    problem = problem_of(
        orders.post(body, headers={"Idempotency-Key": str(uuid.uuid4())}), HTTPStatus.UNPROCESSABLE_ENTITY
    )
    assert problem["error_count"] == 80_002
    assert len(problem["errors"]) == 10


def test_no_content_has_no_content_type(orders: Orders) -> None:
    deleted = orders.delete(orders.create().json()["id"])
    assert deleted.status == HTTPStatus.NO_CONTENT
    assert "Content-Type" not in deleted.headers


def test_no_answer_is_kept_by_caches_or_guessed_at(orders: Orders) -> None:
    order_id = orders.create().json()["id"]
    for answer in (orders.create(), orders.get(order_id), orders.get("none"), orders.list()):
        assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")


def test_events_are_not_printed_in_development_mode(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_DEV", "true")
    invoke(api.create_lambda_handler(api.create_app()), event("GET", "/api/orders", query={"customer_name": "Zebedee"}))
    assert "Zebedee" not in capsys.readouterr().out


def test_a_front_end_of_an_allowed_origin_reads_errors_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_origins", ["https://shop.example", "https://admin.example"])
    handler = api.create_lambda_handler(api.create_app())
    for origin, allowed in (("https://admin.example", "https://admin.example"), ("https://elsewhere.example", None)):
        answer = invoke(handler, event("GET", "/nothing", headers={"Origin": origin}))
        problem_of(answer, HTTPStatus.NOT_FOUND)
        assert answer.headers.get("Access-Control-Allow-Origin") == allowed
        assert answer.headers["Vary"] == "Origin"
