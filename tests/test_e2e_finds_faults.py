"""The rendered service's e2e tests turn red when something is taken out of it."""

import re

import pytest
from services import Service

pytestmark = pytest.mark.matrix

MUTATIONS = {
    "a handler": [
        (
            "infra/functions.py",
            '    Function("get_order", Http("GET", "/api/orders/{order_id}"), reads={ORDERS: ["GetItem"]}),\n',
            "",
        )
    ],
    "a grant": [
        (
            "infra/functions.py",
            'writes={ORDERS: ["PutItem"], IDEMPOTENCY: ["DeleteItem"]}',
            'writes={ORDERS: ["PutItem"]}',
        )
    ],
    "an index": [
        (
            "infra/tables.py",
            '    indexes=(Index(name="by_customer", partition_key="name", sort_key="created_at"),),\n',
            "",
        ),
        ("infra/functions.py", ', ORDERS.index("by_customer"): ["Query"]', ""),
    ],
    "a flag": [("infra/configuration/local.json", '"default": true', '"default": false')],
}


@pytest.mark.parametrize("what", MUTATIONS)
def test_e2e_fails_without(deployed: Service, what: str) -> None:
    # Given a service with something taken out
    with deployed.edited(*MUTATIONS[what]):
        # When it is deployed, and its e2e tests run against it, then they fail
        result = deployed.make("e2e", check=False, PYTEST_ADDOPTS="--exitfirst")
    assert result.returncode != 0
    assert re.search(r"\d+ failed", result.stdout)


def test_e2e_passes_with_everything(deployed: Service) -> None:
    deployed.make("e2e")
