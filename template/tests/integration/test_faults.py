"""Orders while DynamoDB fails or its answers get lost, on the tables of the local cloud."""

import os
import time
import uuid
from http import HTTPStatus

import pytest

from blueprint.runtime import aws
from blueprint.testing.events import Answer, LambdaContext
from blueprint.testing.faults import answer_lost, failing
from blueprint.testing.problems import problem_of
from tests.orders.functions import Orders, replayed

STEPS = {
    "the record is written": ("PutItem", "IDEMPOTENCY_TABLE_NAME"),
    "the order is written": ("PutItem", "ORDERS_TABLE_NAME"),
    "the record is completed": ("UpdateItem", "IDEMPOTENCY_TABLE_NAME"),
}
SECONDS = 2


def sent_until_it_is_no_conflict(orders: Orders, customer: str, key: str) -> Answer:
    """A lost answer to the record's put leaves the request's own record in its way until its time is up."""
    deadline = time.monotonic() + 3 * SECONDS
    while True:
        answer = orders.create(customer, key=key, context=LambdaContext(remaining_milliseconds=SECONDS * 1000))
        if answer.status != HTTPStatus.CONFLICT or time.monotonic() > deadline:
            return answer
        time.sleep(0.2)


@pytest.mark.parametrize("step", STEPS)
def test_a_lost_answer_leads_to_one_order(orders: Orders, step: str) -> None:
    operation, table = STEPS[step]
    key, customer = str(uuid.uuid4()), uuid.uuid4().hex[:20]
    with answer_lost(aws.dynamodb(), operation, table=os.environ[table]):
        answer = sent_until_it_is_no_conflict(orders, customer, key)
    assert answer.status == HTTPStatus.CREATED
    assert orders.list(customer_name=customer).json()["orders"] == [answer.json()]
    assert orders.create(customer, key=key) == replayed(answer)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "ThrottlingException"])
def test_a_throttled_table_leaves_no_partial_order(orders: Orders, step: str, code: str) -> None:
    operation, table = STEPS[step]
    key, customer = str(uuid.uuid4()), uuid.uuid4().hex[:20]
    with failing(aws.dynamodb(), operation, code=code, table=os.environ[table]):
        failed = orders.create(customer, key=key, context=LambdaContext(remaining_milliseconds=SECONDS * 1000))
    problem_of(failed, HTTPStatus.SERVICE_UNAVAILABLE)
    assert int(failed.headers["Retry-After"]) > 0
    before = orders.list(customer_name=customer).json()["orders"]
    answer = sent_until_it_is_no_conflict(orders, customer, key)
    assert answer.status == HTTPStatus.CREATED
    assert before == ([answer.json()] if step == "the record is completed" else [])
    assert orders.list(customer_name=customer).json()["orders"] == [answer.json()]
