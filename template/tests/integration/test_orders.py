"""The handlers, most of them in this process, against the tables and the configuration of the local cloud."""

import os
import uuid
from concurrent.futures import ThreadPoolExecutor

import boto3

from tests.orders.api import OrdersApi
from tests.orders.functions import Orders


def test_an_order_is_stored_once_however_often_it_is_asked_for(api: OrdersApi) -> None:
    # Given a key, when several requests with it are sent at once and one more afterwards
    # (to the deployed functions: in one process, as in Lambda, a handler serves one request at a time)
    key, customer = str(uuid.uuid4()), uuid.uuid4().hex[:20]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: api.create(customer, key=key), range(8)))
    answers.append(api.create(customer, key=key))
    # Then there is one order, which every success answers with
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert answers[-1].status_code == 201
    assert {answer.content for answer in answers if answer.status_code == 201} == {answers[-1].content}
    assert api.list(customer_name=customer).json()["orders"] == [answers[-1].json()]


def test_a_stored_order_holds_its_request_only_as_a_hash(orders: Orders) -> None:
    order_id = orders.create("Grace").json()["id"]
    table = boto3.client("dynamodb")
    item = table.get_item(TableName=os.environ["ORDERS_TABLE_NAME"], Key={"id": {"S": order_id}})["Item"]
    assert set(item) == {"id", "name", "item_count", "created_at", "shipping", "gift", "request_hash"}
    assert len(item["request_hash"]["S"]) == 64


def test_the_flags_of_the_environment_decide(orders: Orders) -> None:
    """infra/configuration/local.json: express shipping for all, a gift from ten items on."""
    few, many = orders.create(item_count=9).json(), orders.create(item_count=10).json()
    assert (few["shipping"], few["gift"], many["gift"]) == ("express", False, True)


def test_a_page_costs_what_is_on_it(orders: Orders) -> None:
    customer = uuid.uuid4().hex[:20]
    for _ in range(3):
        orders.create(customer)
    page = orders.list(customer_name=customer, limit="2").json()
    assert len(page["orders"]) == 2
    assert page["next_token"]
    assert customer not in page["next_token"]
