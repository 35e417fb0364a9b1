"""POST /api/orders: one order per key, and what a client is told otherwise."""

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus

import pytest

from blueprint.runtime import aws
from blueprint.testing.events import Answer, LambdaContext
from blueprint.testing.faults import Killed, counted, failing, hooked, killed_before
from blueprint.testing.problems import problem_of
from tests.orders.functions import Orders, replayed

ORDERS_TABLE, IDEMPOTENCY_TABLE = os.environ["ORDERS_TABLE_NAME"], os.environ["IDEMPOTENCY_TABLE_NAME"]


@pytest.fixture
def key() -> str:
    return str(uuid.uuid4())


def stored(orders: Orders) -> list[dict[str, object]]:
    found: list[dict[str, object]] = orders.list().json()["orders"]
    return found


def test_an_order_is_created_at_its_location(orders: Orders) -> None:
    answer = orders.create("Ada", 3)
    order = answer.json()
    assert answer.status == HTTPStatus.CREATED
    assert answer.headers["Location"] == f"/test/api/orders/{order['id']}"
    assert answer.headers["Content-Type"] == "application/json"
    assert (order["name"], order["item_count"]) == ("Ada", 3)
    assert stored(orders) == [order]


def test_the_location_is_right_with_a_trailing_slash(orders: Orders) -> None:
    answer = orders.create(path="/api/orders/", resource="/api/orders")
    assert answer.headers["Location"] == f"/test/api/orders/{answer.json()['id']}"


def test_the_same_request_gets_the_stored_answer_which_says_so(orders: Orders, key: str) -> None:
    first, second = orders.create(key=key), orders.create(key=key)
    assert "Idempotency-Replayed" not in first.headers
    assert second == replayed(first)
    assert len(stored(orders)) == 1


def test_a_deleted_order_is_not_placed_again_by_its_key(orders: Orders, key: str) -> None:
    orders.delete(orders.create(key=key).json()["id"])
    for item_count in (3, 4):
        problem_of(orders.create(item_count=item_count, key=key), HTTPStatus.GONE)
    assert stored(orders) == []


def test_a_deleted_order_is_not_placed_again_by_a_request_that_was_never_answered(orders: Orders, key: str) -> None:
    # Given an order whose client was told to send its request again
    with failing(aws.dynamodb(), "UpdateItem"):
        failed = orders.create(key=key, context=LambdaContext(remaining_milliseconds=-1))
    problem_of(failed, HTTPStatus.SERVICE_UNAVAILABLE)
    # When another client deletes it before that, then it stays deleted
    (order,) = stored(orders)
    orders.delete(str(order["id"]))
    problem_of(orders.create(key=key), HTTPStatus.GONE)
    assert stored(orders) == []


def test_nothing_of_a_deleted_order_stays_but_its_id(orders: Orders, key: str) -> None:
    order_id = orders.create("Zebedee", key=key).json()["id"]
    orders.delete(order_id)
    items = [
        item for table in (ORDERS_TABLE, IDEMPOTENCY_TABLE) for item in aws.dynamodb().scan(TableName=table)["Items"]
    ]
    assert [set(item) for item in items] == [{"id", "expires_at"}]
    assert 24 * 3600 - 60 < int(items[0]["expires_at"]["N"]) - time.time() <= 24 * 3600


def test_a_quoted_key_is_the_same_key_as_a_bare_one(orders: Orders, key: str) -> None:
    first = orders.create(key=key)
    assert orders.create(key=f'"{key}"') == replayed(first)


def test_a_key_in_quotes_may_hold_any_printable_character(orders: Orders) -> None:
    first = orders.create(key='"a, \\"b\\"; \\\\"')
    assert first.status == HTTPStatus.CREATED
    assert orders.create(key='"a, \\"b\\"; \\\\"') == replayed(first)
    assert "Idempotency-Replayed" not in orders.create(key='"a, \\"b\\"; "').headers


def test_another_body_with_a_used_key_is_refused(orders: Orders, key: str) -> None:
    first = orders.create("Ada", 1, key=key)
    problem_of(orders.create("Ada", 2, key=key), HTTPStatus.UNPROCESSABLE_ENTITY)
    assert orders.create("Ada", 1, key=key) == replayed(first)


def test_keys_are_the_callers_own(orders: Orders, key: str) -> None:
    # Given two callers with the same key, and the same role in two sessions
    ids = [orders.create(key=key, caller=caller).json()["id"] for caller in ("AROAX:one", "AROAX:two", "AROAY:one")]
    # Then the role's sessions are one caller
    assert ids[0] == ids[1] != ids[2]


def test_cognitos_subject_is_the_caller_and_else_the_client(orders: Orders, key: str) -> None:
    claims = [{"sub": "a", "client_id": "x"}, {"sub": "b", "client_id": "x"}, {"client_id": "x"}, {"client_id": "x"}]
    ids = [orders.create(key=key, caller=None, claims=each).json()["id"] for each in claims]
    assert len(set(ids[:3])) == 3
    assert ids[2] == ids[3]


def test_without_authorization_all_share_their_keys(orders: Orders, key: str) -> None:
    first = orders.create(key=key, caller=None)
    assert orders.create(key=key, caller=None) == replayed(first)


def test_a_key_in_flight_is_a_conflict(orders: Orders, key: str) -> None:
    # Given a request that is about to store its order
    during: list[Answer] = []

    def send_another(_: object) -> None:
        if not during:
            during.append(orders.create(key=key))

    # When another one with its key comes
    with hooked(aws.dynamodb(), "PutItem", send_another, table=ORDERS_TABLE):
        first = orders.create(key=key)
    # Then that is to be sent again
    assert first.status == HTTPStatus.CREATED
    problem_of(during[0], HTTPStatus.CONFLICT)
    assert int(during[0].headers["Retry-After"]) > 0
    assert stored(orders) == [first.json()]


def test_an_order_takes_three_calls_of_dynamodb(orders: Orders, key: str) -> None:
    calls: list[str] = []
    with counted(aws.dynamodb(), calls):
        orders.create(key=key)
    assert calls == ["PutItem", "PutItem", "UpdateItem"]
    with counted(aws.dynamodb(), calls := []):
        orders.create(key=key)
    assert calls == ["PutItem"]


KILLS = {
    "before the record is written": ("PutItem", IDEMPOTENCY_TABLE),
    "before the order is written": ("PutItem", ORDERS_TABLE),
    "before the record is completed": ("UpdateItem", IDEMPOTENCY_TABLE),
}


@pytest.fixture(params=KILLS)
def killed(request: pytest.FixtureRequest) -> AbstractContextManager[None]:
    """An invocation in it is killed at this point; its time is up, too."""
    operation, table = KILLS[request.param]

    @contextmanager
    def kill() -> Iterator[None]:
        with killed_before(aws.dynamodb(), operation, table=table), pytest.raises(Killed):
            yield

    return kill()


def test_a_killed_request_can_be_sent_again(orders: Orders, key: str, killed: AbstractContextManager[None]) -> None:
    with killed:
        orders.create(key=key, context=LambdaContext(remaining_milliseconds=-1))
    answer = orders.create(key=key)
    assert answer.status == HTTPStatus.CREATED
    assert stored(orders) == [answer.json()]
    assert orders.create(key=key) == replayed(answer)


def test_a_killed_requests_key_is_refused_for_another_body_once_there_is_an_order(orders: Orders, key: str) -> None:
    # Given an order whose request was killed before its record was completed
    with killed_before(aws.dynamodb(), "UpdateItem"), pytest.raises(Killed):
        orders.create("Ada", 1, key=key, context=LambdaContext(remaining_milliseconds=-1))
    # When its key comes with another body, though the record has expired, then that is refused
    problem_of(orders.create("Ada", 2, key=key), HTTPStatus.UNPROCESSABLE_ENTITY)
    # And the order's own request gets it
    answer = orders.create("Ada", 1, key=key)
    assert answer.status == HTTPStatus.CREATED
    assert stored(orders) == [answer.json()]


def test_an_order_outlives_its_record(orders: Orders, key: str) -> None:
    """When the record has expired, a day later, the order itself still knows its request."""
    first = orders.create("Ada", 1, key=key)
    table = aws.dynamodb()
    for item in table.scan(TableName=IDEMPOTENCY_TABLE)["Items"]:
        table.delete_item(TableName=IDEMPOTENCY_TABLE, Key={"id": item["id"]})
    problem_of(orders.create("Ada", 2, key=key), HTTPStatus.UNPROCESSABLE_ENTITY)
    assert orders.create("Ada", 1, key=key) == first


def test_a_key_is_kept_for_a_day(orders: Orders, key: str) -> None:
    orders.create(key=key)
    record = aws.dynamodb().scan(TableName=IDEMPOTENCY_TABLE)["Items"][0]
    age = int(record["expiration"]["N"]) - int(record["in_progress_expiration"]["N"]) // 1000
    assert 23 * 3600 < age <= 24 * 3600


@pytest.mark.parametrize("step", KILLS)
@pytest.mark.parametrize(
    ("code", "status"), [("ProvisionedThroughputExceededException", 400), ("InternalServerError", 500)]
)
def test_a_failing_database_is_unavailable_and_nothing_is_half_written(
    orders: Orders, key: str, step: str, code: str, status: int
) -> None:
    operation, table = KILLS[step]
    with failing(aws.dynamodb(), operation, code=code, status=status, table=table):
        failed = orders.create(key=key, context=LambdaContext(remaining_milliseconds=-1))
    problem_of(failed, HTTPStatus.SERVICE_UNAVAILABLE)
    assert int(failed.headers["Retry-After"]) > 0
    # The same request again places the order, or gets the one that is complete already
    before = stored(orders)
    answer = orders.create(key=key)
    assert answer.status == HTTPStatus.CREATED
    assert stored(orders) == [answer.json()]
    assert before in ([], [answer.json()])


def test_what_the_service_may_not_do_is_its_own_failure(orders: Orders) -> None:
    with failing(aws.dynamodb(), "PutItem", code="AccessDeniedException", table=ORDERS_TABLE):
        failed = orders.create()
    problem = problem_of(failed, HTTPStatus.INTERNAL_SERVER_ERROR)
    assert "AccessDenied" not in failed.body
    assert problem["request_id"]
    assert "Retry-After" not in failed.headers
