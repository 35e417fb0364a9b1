import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from blueprint.testing.client import authorization
from blueprint.testing.environment import environment, reach
from blueprint.testing.localhost import resolve_localhost
from tests.load.settings import CALLERS
from tests.orders.api import OrdersApi

COLD_STARTS_AT_ONCE = 10


@pytest.fixture(scope="session")
def api() -> OrdersApi:
    """The API with as many functions warm as there are callers.

    Each concurrent request has a process of its own. On the local cloud all of them share this machine, on which
    so many would take longer to start, all at once, than a request may.
    """
    resolve_localhost()
    reach()
    api = OrdersApi(authorization(), timeout=120, connections=CALLERS)
    if environment().is_local:
        for callers in range(COLD_STARTS_AT_ONCE, CALLERS + 1, COLD_STARTS_AT_ONCE):
            with ThreadPoolExecutor(callers) as pool:
                list(pool.map(lambda _: api.create("Warm-up"), range(callers)))
    return api


@pytest.fixture
def customer() -> str:
    """The name of a customer that no other test has."""
    return uuid.uuid4().hex[:20]
