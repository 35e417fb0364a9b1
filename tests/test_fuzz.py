"""`make fuzz` passes on the service as it is rendered, and finds a bug that is put into it."""

from conftest import Service

BUG = ("service/logic/orders.py", "    except ValueError:\n", "    except KeyError:\n")
"""With it, an id that is no UUID is an unexpected error."""


def test_fuzzing_finds_a_seeded_bug_and_nothing_else(deployed: Service) -> None:
    deployed.make("fuzz")
    with deployed.edited(BUG):
        deployed.make("local")
        result = deployed.make("fuzz", check=False)
    assert result.returncode != 0
    assert "Server error" in result.stdout
