import pytest

from blueprint.testing.environment import reach
from blueprint.testing.localhost import resolve_localhost


@pytest.fixture(scope="session", autouse=True)
def _environment() -> None:
    resolve_localhost()
    reach()
