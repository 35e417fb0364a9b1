"""The page on the order's own write as all the idempotency: what it says works, on a copy of the service."""

import pytest
from guides import Reader
from services import Render, Service
from user_shell import BLUEPRINT

pytestmark = pytest.mark.matrix


def test_following_the_page_leaves_one_call_and_one_order_per_key(
    tmp_path_factory: pytest.TempPathFactory, render: Render, workshop: Service
) -> None:
    service = render(tmp_path_factory.mktemp("one-call") / "orders").borrow_tools(workshop)
    Reader(service.path).follow(BLUEPRINT / "template" / "blueprint" / "docs" / "one-call.md", but=set())
    tests = ("tests/unit/test_one_call.py", "tests/unit/test_reads.py")
    assert " passed" in service.run(".venv/bin/pytest", *tests).stdout
    # and the rest of what POST promises
    promises = "is_created or callers_own or trailing_slash"
    edges = service.run(".venv/bin/pytest", "tests/unit/test_create_order.py", "-k", promises).stdout
    assert " passed" in edges
    service.run(".venv/bin/ruff", "check", "service", "infra/functions.py", "tests/unit/test_one_call.py")
