import uuid

import pytest

from blueprint.testing.client import authorization
from blueprint.testing.environment import reach
from blueprint.testing.localhost import resolve_localhost
from tests.orders.api import OrdersApi


@pytest.fixture(scope="session", autouse=True)
def _environment() -> None:
    resolve_localhost()
    reach()


@pytest.fixture(scope="session")
def api(_environment: None) -> OrdersApi:
    """The API, called as its clients do."""
    return OrdersApi(authorization())


@pytest.fixture
def customer() -> str:
    """The name of a customer that no other test has."""
    return uuid.uuid4().hex[:20]
