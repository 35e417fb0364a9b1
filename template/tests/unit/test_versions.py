"""Two versions of the code answer side by side during a deployment, and one order per key is still one order.

What identifies a request is what the client sent; a stored answer is given again as it was.
"""

import importlib.util
import json
import uuid
from collections.abc import Callable
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated

import pytest
from pydantic import Field

from blueprint.runtime import aws
from blueprint.testing.events import Answer, LambdaContext, LambdaHandler
from blueprint.testing.faults import failing
from blueprint.testing.problems import problem_of
from service.handlers import create_order
from service.models.input import CreateOrderRequest
from service.models.order import Order
from tests.orders.functions import Orders

Version = Callable[..., Orders]
BODY = {"customer_name": "Ada", "order_item_count": 3}


class WithNote(CreateOrderRequest):
    """The request with a field added."""

    note: str | None = None


class Speed(StrEnum):
    """How fast; a later version calls it otherwise."""

    FAST = "fast"


class Renamed(StrEnum):
    FAST = "express"


class WithSpeed(CreateOrderRequest):
    """The request with an enum."""

    speed: Speed = Speed.FAST


class WithRenamedSpeed(CreateOrderRequest):
    speed: Renamed = Renamed.FAST


class Stricter(Order):
    """An answer that no longer allows what older ones have."""

    name: Annotated[str, Field(max_length=2)]


@pytest.fixture
def version(handlers: dict[str, LambdaHandler], monkeypatch: pytest.MonkeyPatch) -> Version:
    """Makes a version of the service whose function to create orders has another request or answer."""

    def make(request: type[CreateOrderRequest] = CreateOrderRequest, answer: type[Order] = Order) -> Orders:
        spec = importlib.util.spec_from_file_location("another_version", create_order.__file__)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        with monkeypatch.context() as patch:
            patch.setattr("service.models.input.CreateOrderRequest", request)
            patch.setattr("service.models.order.Order", answer)
            spec.loader.exec_module(module)
        return Orders({**handlers, "create_order": module.lambda_handler})

    return make


def post(orders: Orders, body: object, key: str, **options: LambdaContext) -> Answer:
    return orders.post(body, headers={"Idempotency-Key": key}, **options)


def unanswered(orders: Orders, body: object, key: str) -> None:
    """Places an order whose answer isn't stored, and whose client is told to send its request again."""
    with failing(aws.dynamodb(), "UpdateItem"):
        problem_of(post(orders, body, key, context=LambdaContext(remaining_milliseconds=-1)), HTTPStatus(503))


@pytest.fixture
def key() -> str:
    return str(uuid.uuid4())


@pytest.mark.parametrize("back", [False, True], ids=["forward", "back"])
def test_an_added_field_leaves_retries_as_they_are(orders: Orders, version: Version, key: str, back: bool) -> None:  # noqa: FBT001
    first, second = (version(WithNote), orders) if back else (orders, version(WithNote))
    answer = post(first, BODY, key)
    for again in (post(second, BODY, key), post(first, BODY, key)):
        assert (again.status, again.body) == (HTTPStatus.CREATED, answer.body)
    assert len(orders.list().json()["orders"]) == 1


@pytest.mark.parametrize("back", [False, True], ids=["forward", "back"])
def test_an_added_field_leaves_retries_of_unanswered_requests_as_they_are(
    orders: Orders,
    version: Version,
    key: str,
    back: bool,  # noqa: FBT001
) -> None:
    first, second = (version(WithNote), orders) if back else (orders, version(WithNote))
    unanswered(first, BODY, key)
    (order,) = orders.list().json()["orders"]
    answer = post(second, BODY, key)
    assert (answer.status, answer.json()) == (HTTPStatus.CREATED, order)


def test_a_request_that_the_older_version_does_not_know_gets_the_newers_answer(
    orders: Orders, version: Version, key: str
) -> None:
    body = {**BODY, "note": "please ring"}
    answer = post(version(WithNote), body, key)
    assert post(orders, body, key).body == answer.body
    problem_of(post(orders, {**body, "note": "x"}, key), HTTPStatus.UNPROCESSABLE_ENTITY)
    problem_of(post(orders, body, str(uuid.uuid4())), HTTPStatus.UNPROCESSABLE_ENTITY)


def test_a_renamed_value_leaves_retries_as_they_are(version: Version, key: str) -> None:
    older, newer = version(WithSpeed), version(WithRenamedSpeed)
    body = {**BODY, "speed": "fast"}
    answer = post(older, body, key)
    again = post(newer, body, key)
    assert (again.status, again.body) == (HTTPStatus.CREATED, answer.body)


def test_a_retry_that_is_no_longer_valid_is_in_progress_until_a_version_that_takes_it_has_answered(
    version: Version, key: str
) -> None:
    older, newer = version(WithSpeed), version(WithRenamedSpeed)
    body = {**BODY, "speed": "fast"}
    unanswered(older, body, key)
    problem_of(post(newer, body, key), HTTPStatus.CONFLICT)
    answer = post(older, body, key)
    assert (answer.status, post(newer, body, key).body) == (HTTPStatus.CREATED, answer.body)
    assert len(older.list().json()["orders"]) == 1


def test_an_unreachable_table_does_not_make_a_retry_invalid(version: Version, key: str) -> None:
    body = {**BODY, "speed": "fast"}
    post(version(WithSpeed), body, key)
    with failing(aws.dynamodb(), "GetItem"):
        problem_of(post(version(WithRenamedSpeed), body, key), HTTPStatus.SERVICE_UNAVAILABLE)


FORMATS = {
    "reordered": json.dumps(dict(reversed(BODY.items()))),
    "spread over lines": json.dumps(BODY, indent=2),
    "escaped": '{"customer_name": "\\u0041da", "order_item_count": 3}',
    "with a whole number in another spelling": '{"customer_name": "Ada", "order_item_count": 0.3e1}',
}


@pytest.mark.parametrize("text", FORMATS.values(), ids=FORMATS)
def test_the_same_json_is_the_same_request(orders: Orders, key: str, text: str) -> None:
    answer = post(orders, BODY, key)
    again = post(orders, text, key)
    assert (again.status, again.body) == (HTTPStatus.CREATED, answer.body)


def test_a_stored_answer_is_given_again_whatever_the_answers_model_says_today(
    orders: Orders, version: Version, key: str
) -> None:
    answer = post(orders, BODY, key)
    again = post(version(answer=Stricter), BODY, key)
    assert (again.status, again.body) == (HTTPStatus.CREATED, answer.body)


def test_an_answer_that_its_own_model_refuses_is_our_failure(
    orders: Orders, version: Version, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a version whose answers aren't what they should be
    failed = post(version(answer=Stricter), BODY, key)
    # Then the client isn't blamed, and the log says what is wrong, without the customer's name
    problem_of(failed, HTTPStatus.INTERNAL_SERVER_ERROR)
    output = capsys.readouterr().out
    (line,) = [json.loads(line) for line in output.splitlines() if '"ERROR"' in line]
    assert line["causes"][0]["invalid"] == ["response.name: string_too_long"]
    assert "Ada" not in output
    # And once that is mended, the same request gets the order that was placed
    answer = post(orders, BODY, key)
    assert orders.list().json()["orders"] == [answer.json()]
