"""The handlers in this process, with DynamoDB by moto and AppConfig by a hook: no server, no credentials."""

import os
import sys
from collections.abc import Iterator

from blueprint import offline
from infra.tables import TABLES

# Before anything of service/ is imported, since it reads these at import.
os.environ.update(
    {
        **offline.variables(TABLES),
        "AUTHORIZATION": "iam",
        "POWERTOOLS_LOG_LEVEL": "DEBUG",
        "POWERTOOLS_SERVICE_NAME": "orders",
    }
)
for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
    os.environ.pop(name, None)

import pytest  # noqa: E402

# Before anything that makes a session of botocore, which moto takes part in only then.
from moto import mock_aws  # noqa: E402

if sys.version_info >= (3, 15):
    # As the functions run there: blueprint/packaging/levers.py.
    sys.set_lazy_imports("all")

from infra.app import DECLARATIONS  # noqa: E402

os.environ.update(DECLARATIONS.variables)
os.environ["HANDLERS"] = ",".join(function.module for function in DECLARATIONS.functions if function.routes)

from blueprint.runtime import aws, configuration  # noqa: E402
from blueprint.runtime.observability import logger  # noqa: E402
from blueprint.testing import tables  # noqa: E402
from blueprint.testing.appconfig import AppConfig  # noqa: E402
from blueprint.testing.events import LambdaHandler, load  # noqa: E402
from tests.orders.functions import Orders  # noqa: E402


@pytest.fixture(autouse=True)
def _aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Empty tables, as infra/tables.py describes them; nothing waits for a retry."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with mock_aws():
        for table in TABLES:
            tables.create(aws.dynamodb(), table, os.environ[table.environment_variable])
        yield


@pytest.fixture(autouse=True)
def appconfig(_aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppConfig]:
    """AppConfig, holding the packaged defaults."""
    monkeypatch.setattr(configuration, "RETRY_AFTER_SECONDS", 0)
    with AppConfig().answering(aws.appconfigdata()) as fake:
        yield fake


class _Stdout:
    """Today's stdout: the logger would keep the one that there was when it was made."""

    def write(self, text: str) -> None:
        sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


logger.registered_handler.stream = _Stdout()  # type: ignore[attr-defined]


@pytest.fixture
def handlers() -> dict[str, LambdaHandler]:
    return {function.name: load(function.module) for function in DECLARATIONS.functions}


@pytest.fixture
def orders(handlers: dict[str, LambdaHandler]) -> Orders:
    return Orders(handlers)
