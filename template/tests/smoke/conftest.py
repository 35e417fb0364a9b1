import pytest

from tests.support.environment import reach
from tests.support.localhost import resolve_localhost


@pytest.fixture(scope="session", autouse=True)
def _environment() -> None:
    resolve_localhost()
    reach()
