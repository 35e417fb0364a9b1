"""`make fuzz` finds a bug that is put into the service, and nothing without one."""

import pytest
from services import Service

pytestmark = pytest.mark.matrix

BUG = ("service/logic/orders.py", "    except ValueError:\n", "    except KeyError:\n")
"""With it, an id that is no UUID is an unexpected error."""


def test_fuzzing_a_service_without_a_bug_warns_of_nothing(deployed: Service) -> None:
    output = deployed.make("fuzz").stdout
    assert "No issues found" in output
    assert "warning" not in output.lower()


def test_fuzzing_finds_a_seeded_bug(deployed: Service) -> None:
    with deployed.edited(BUG):
        result = deployed.make("fuzz", check=False)
    assert result.returncode != 0
    assert "Server error" in result.stdout
