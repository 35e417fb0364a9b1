"""All tests of a service pass with all that makes its functions faster switched on, and with all of it switched off."""

import json

import pytest
from services import Service

pytestmark = pytest.mark.matrix

OFF = (
    "blueprint/packaging/levers.py",
    '"""Environment variables of every function."""\n',
    '"""Environment variables of every function."""\nSTART.clear()\nLAYER = ()\n',
)

# What of the levers works in this process: the tests' AWS has no endpoints to prime, nor certificates of Amazon.
_ON = """
import json
from blueprint.packaging.levers import START
print(json.dumps({name: value for name, value in START.items() if name not in {"AWS_CA_BUNDLE", "START_PRIMED"}}))
"""


@pytest.fixture(scope="module")
def on(workshop: Service) -> dict[str, str]:
    variables: dict[str, str] = json.loads(workshop.run(".venv/bin/python", "-c", _ON).stdout)
    assert "CALL_WITHOUT_VALIDATION" in variables
    return {name: value for name, value in variables.items() if name != "PYTHON_LAZY_IMPORTS"}


def test_the_unit_tests_pass_with_all_levers_on(workshop: Service, on: dict[str, str]) -> None:
    """The functions of the local cloud have them on in every other test."""
    assert " passed" in workshop.run(".venv/bin/pytest", "tests/unit", check=True, **on).stdout


def test_the_handlers_pass_with_all_levers_on_in_this_process_too(deployed: Service, on: dict[str, str]) -> None:
    assert " passed" in deployed.make("integration", check=True, **on).stdout


def test_everything_passes_with_all_levers_off(deployed: Service) -> None:
    with deployed.edited(OFF):
        for target in ("local", "integration", "e2e", "fuzz"):
            deployed.make(target)
        assert " passed" in deployed.run(".venv/bin/pytest", "tests/unit").stdout
