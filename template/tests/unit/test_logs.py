"""What the logs hold: enough to explain a request, and never a customer's name."""

import json
import logging
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from blueprint.runtime import aws
from blueprint.runtime.observability import logger
from blueprint.testing.appconfig import AppConfig
from blueprint.testing.events import LambdaContext
from blueprint.testing.faults import Killed, failing, killed_before
from tests.orders.functions import Orders

NAME = "Zebedee Quux"


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@pytest.fixture
def _everything_is_logged() -> Iterator[None]:
    """As it is in Lambda when somebody sets the application's log level to DEBUG."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    yield
    root.setLevel(level)


@pytest.mark.usefixtures("_everything_is_logged")
def test_no_log_line_holds_a_customers_name(
    orders: Orders, appconfig: AppConfig, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert logger.log_level == logging.DEBUG
    # Given all that can go right or wrong for one customer
    order = orders.create(NAME, key="a").json()
    orders.create(NAME, key="a")
    orders.create(NAME, 4, key="a")
    orders.list(customer_name=NAME)
    orders.list(customer_name=f"{NAME} and many more")
    orders.list(customer_name=NAME, next_token="x")  # noqa: S106
    orders.get(NAME)
    orders.delete(NAME)
    orders.get(order["id"])
    for body in (
        f'{{"customer_name": "{NAME}", "order_item_count": "x"}}',
        f'{{"customer_name": ["{NAME}"], "order_item_count": 1}}',
        f'{{"customer_name": "{NAME} {NAME}", "order_item_count": 1}}',
        f'{{"customer_name": "{NAME}", "{NAME}": 1}}',
        f'{{"customer_name": "{NAME}\\ud83d", "order_item_count": 1}}',
        f'{{"customer_name": "{NAME}"',
        f'"{NAME}"',
    ):
        assert orders.post(body, headers={"Idempotency-Key": f'"{NAME}"'}).status == HTTPStatus.UNPROCESSABLE_ENTITY
    for code in ("ProvisionedThroughputExceededException", "ValidationException", "AccessDeniedException"):
        for operation in ("PutItem", "UpdateItem", "Query"):
            with failing(aws.dynamodb(), operation, code=code):
                orders.create(NAME)
                orders.list(customer_name=NAME)
    with killed_before(aws.dynamodb(), "UpdateItem"), pytest.raises(Killed):
        orders.create(NAME, key="b", context=LambdaContext(remaining_milliseconds=-1))
    orders.create(NAME, 5, key="b")
    appconfig.broken = True
    orders.create(NAME)
    # When all that was logged is read
    output = capsys.readouterr()
    logged = "".join((output.out, output.err, caplog.text, *(str(record.__dict__) for record in caplog.records)))
    # Then there is a lot of it, and the name isn't there in any spelling
    assert len(lines(output.out)) > 40
    for spelling in (NAME, NAME.replace(" ", "%20"), NAME.replace(" ", "+"), "Zebedee", "Quux"):
        assert spelling not in logged


def test_a_request_is_logged_with_its_id_and_nothing_of_the_one_before(
    orders: Orders, capsys: pytest.CaptureFixture[str]
) -> None:
    order_id = orders.create().json()["id"]
    orders.list()
    found = lines(capsys.readouterr().out)
    created, served, listed = (line for line in found if "message" in line)
    assert (created["message"], created["order_id"]) == ("order placed", order_id)
    assert (served["message"], served["status"], served["resource"]) == ("request served", 201, "/api/orders")
    assert created["correlation_id"] == served["correlation_id"] != listed["correlation_id"]
    assert "order_id" not in listed


def test_a_failure_is_logged_with_its_cause(orders: Orders, capsys: pytest.CaptureFixture[str]) -> None:
    with failing(aws.dynamodb(), "GetItem"):
        problem = orders.get("3f2b8c1e-6f0d-4c0a-9f57-0d6d6f2f4a11").json()
    failed = next(line for line in lines(capsys.readouterr().out) if line.get("message") == "request failed")
    assert failed["correlation_id"] == problem["request_id"]
    causes = failed["causes"]
    assert isinstance(causes, list)
    assert causes[0]["code"] == "ProvisionedThroughputExceededException"
    assert causes[0]["operation"] == "GetItem"
    assert any("service/dal/orders.py" in frame for frame in causes[0]["stack"])


def test_expected_errors_are_not_logged_as_failures(orders: Orders, capsys: pytest.CaptureFixture[str]) -> None:
    orders.get("none")
    orders.post("{")
    assert {line["level"] for line in lines(capsys.readouterr().out)} == {"INFO"}


def test_a_new_order_counts_once(orders: Orders, capsys: pytest.CaptureFixture[str]) -> None:
    orders.create(item_count=5, key="a")
    orders.create(item_count=5, key="a")
    orders.delete(orders.list().json()["orders"][0]["id"])
    published = [line for line in lines(capsys.readouterr().out) if "_aws" in line]
    assert [{name: line[name] for name in line if name not in ("_aws", "service")} for line in published] == [
        {"OrdersCreated": [1.0], "ItemsOrdered": [5.0]},
        {"OrdersDeleted": [1.0]},
    ]
