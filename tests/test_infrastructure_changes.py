"""A team's changes of its infrastructure, deployed again: everything is updated in place, and the data stays."""

import shutil

import pytest
from demo import call
from services import Service

pytestmark = pytest.mark.matrix

INDEX = 'Index(name="by_customer", partition_key="name", sort_key="created_at"),'
FUNCTION = '    Function("get_order", Http("GET", "/api/orders/{order_id}"), reads={ORDERS: ["GetItem"]}),\n'


def test_an_attribute_an_index_and_a_route_are_added_in_place(deployed: Service) -> None:
    # Given an order, and a new attribute of orders, an index on it and a route of its own
    placed = call(deployed.path, "POST", "/api/orders", {"customer_name": "Ada", "order_item_count": 3})
    handlers = deployed.path / "service" / "handlers"
    edits = (
        ("service/models/order.py", "    gift: Annotated", "    note: str = 'none'\n    gift: Annotated"),
        ("infra/tables.py", INDEX, INDEX + ' Index(name="by_note", partition_key="note"),'),
        (
            "infra/functions.py",
            FUNCTION,
            FUNCTION + FUNCTION.replace("{order_id}", "{order_id}/note").replace("get_order", "get_note"),
        ),
    )
    source = (handlers / "get_order.py").read_text()
    source = source.replace("/api/orders/<order_id>", "/api/orders/<order_id>/note").replace(
        '_id="get_', '_id="get_note_'
    )
    try:
        with deployed.edited(*edits):
            (handlers / "get_note.py").write_text(source)
            # When it is deployed again
            deployed.make("local")
            # Then the new route answers with the order that was placed before, and the new attribute's default
            answer = call(deployed.path, "GET", f"/api/orders/{placed['id']}/note")
            assert answer == {**placed, "note": "none"}
            # and only what is new was created
            log = (deployed.path / ".local" / "deploy.log").read_text()
            assert "AWS::DynamoDB::Table" in log
            assert "UPDATE_COMPLETE" in log
            tables = [line for line in log.splitlines() if "AWS::DynamoDB::Table" in line]
            assert not [line for line in tables if "CREATE" in line or "DELETE" in line]
    finally:
        (handlers / "get_note.py").unlink(missing_ok=True)
        shutil.rmtree(handlers / "__pycache__", ignore_errors=True)
