import os
from pathlib import Path

import boto3
import pytest

from blueprint.settings import LOCAL
from blueprint.testing.client import authorization
from blueprint.testing.environment import environment, outputs, reach
from blueprint.testing.events import LambdaHandler, load
from blueprint.testing.localhost import resolve_localhost
from infra.functions import FUNCTIONS
from tests.orders.api import OrdersApi
from tests.orders.functions import Orders


def _take_environment_variables() -> None:
    """This process gets the environment variables of all the deployed functions."""
    if environment().name != LOCAL:
        raise pytest.UsageError("The integration tests run against the local cloud only.")
    reach()
    client = boto3.client("lambda")
    for output, name in outputs().items():
        if output.endswith("FunctionName"):
            variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
            os.environ.update(variables)
    os.environ["LAMBDA_TASK_ROOT"] = str(Path.cwd())


# Before a test module imports anything of the service, which reads its settings when it is imported.
_take_environment_variables()


@pytest.fixture(scope="session")
def api() -> OrdersApi:
    """The deployed API, called as its clients do."""
    resolve_localhost()
    return OrdersApi(authorization())


@pytest.fixture(scope="session")
def handlers() -> dict[str, LambdaHandler]:
    """The functions, in this process."""
    return {function.name: load(function.module) for function in FUNCTIONS}


@pytest.fixture
def orders(handlers: dict[str, LambdaHandler]) -> Orders:
    return Orders(handlers)
