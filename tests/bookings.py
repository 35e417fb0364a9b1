"""A team that has made the service its own: bookings instead of orders, other endpoints, other flags, other docs."""

import ast
import re
from pathlib import Path

from history import git, replace
from services import Service

TEAMS = (
    "README.md",
    "docs/api.md",
    "infra/configuration",
    "infra/functions.py",
    "infra/tables.py",
    "service/dal",
    "service/handlers",
    "service/logic",
    "service/models",
    "tests/e2e",
    "tests/fuzz",
    "tests/integration",
    "tests/load",
    "tests/samples.py",
    "tests/orders",
    "tests/unit",
)
WORDS = {
    "orders": "bookings",
    "Orders": "Bookings",
    "ORDERS": "BOOKINGS",
    "order": "booking",
    "Order": "Booking",
    "ORDER": "BOOKING",
    "customer": "guest",
    "express_shipping": "late_arrival",
    "gift": "breakfast",
}

RECEIPTS = "/api/bookings/{booking_id}/receipt"
FUNCTIONS = f"""    Function("get_receipt", Http("GET", "{RECEIPTS}"), reads={{BOOKINGS: ["GetItem"]}}),
    Function("get_status", Http("GET", "/api/status")),
)
"""

RECEIPT = '''"""GET /api/bookings/{booking_id}/receipt"""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path

from blueprint.runtime.api import create_app, create_lambda_handler
from blueprint.runtime.problems import responses
from service.logic import bookings

app = create_app()


@app.get("/api/bookings/<booking_id>/receipt", operation_id="get_receipt", responses=responses(HTTPStatus.NOT_FOUND))
def get_receipt(booking_id: Annotated[str, Path()]) -> dict[str, str]:
    """A booking's receipt."""
    return {"text": f"{bookings.get_booking(booking_id).item_count} nights"}


lambda_handler = create_lambda_handler(app)
'''

STATUS = '''"""GET /api/status"""

from blueprint.runtime.api import create_app, create_lambda_handler
from blueprint.runtime.problems import responses

app = create_app()


@app.get("/api/status", operation_id="get_status", responses=responses())
def get_status() -> dict[str, str]:
    """Whether bookings are open."""
    return {"status": "open"}


lambda_handler = create_lambda_handler(app)
'''

TESTS = '''"""Our own endpoints."""

from blueprint.testing.events import LambdaHandler, event, invoke
from tests.orders.functions import Bookings


def test_a_receipt(bookings: Bookings, handlers: dict[str, LambdaHandler]) -> None:
    booking_id = bookings.create().json()["id"]
    path = f"/api/bookings/{booking_id}/receipt"
    receipt = invoke(handlers["get_receipt"], event("GET", path, path_parameters={"booking_id": booking_id}))
    assert receipt.json() == {"text": "3 nights"}


def test_the_status(handlers: dict[str, LambdaHandler]) -> None:
    assert invoke(handlers["get_status"], event("GET", "/api/status")).json() == {"status": "open"}
'''


def make_it_bookings(service: Service) -> None:
    """Renames the domain in the team's files, adds two endpoints and takes one away."""
    for name in git(service.path, "ls-files", "--", *TEAMS).splitlines():
        path = service.path / name
        path.write_text(_renamed(path.read_text()).replace("tests.bookings", "tests.orders"))
        path.rename(path.with_name(_renamed(path.name)))
    handlers = service.path / "service" / "handlers"
    (handlers / "get_receipt.py").write_text(RECEIPT)
    (handlers / "get_status.py").write_text(STATUS)
    (service.path / "tests" / "unit" / "test_ours.py").write_text(TESTS)
    functions = service.path / "infra" / "functions.py"
    deletion = r'    Function\(\n        "delete_booking",.*?\n    \),\n'
    lines = re.sub(deletion, "", functions.read_text(), flags=re.DOTALL).splitlines()
    functions.write_text("\n".join(lines[:-1]) + "\n" + FUNCTIONS)
    (handlers / "delete_booking.py").unlink()
    _drop(service.path / "service" / "logic" / "bookings.py", "def delete_")
    _drop(service.path / "service" / "dal" / "bookings.py", "def delete(")
    for path in (service.path / "tests" / "unit").glob("test_*.py"):
        _drop(path, ".delete(", "delete_booking", '"DELETE"')
    contract = service.path / "docs" / "api.md"
    lines = [line for line in contract.read_text().splitlines() if not ("_deleted_" in line and line.startswith("|"))]
    contract.write_text("\n".join(lines) + "\n")
    swagger = service.path / "tests" / "unit" / "test_swagger.py"
    replace(swagger, '"/api/bookings/{booking_id}"}', '"/api/bookings/{booking_id}", *OURS}')
    replace(swagger, "\n\ndef get(", '\n\nOURS = {"/api/bookings/{booking_id}/receipt", "/api/status"}\n\n\ndef get(')
    with (service.path / "docs" / "api.md").open("a") as page:
        page.write("\nBookings can be made at any time.\n")


def _renamed(text: str) -> str:
    return re.sub("|".join(sorted(WORDS, key=len, reverse=True)), lambda match: WORDS[match[0]], text)


def _drop(path: Path, *words: str) -> None:
    """Takes out the functions that hold one of the words."""
    text = path.read_text()
    lines = text.splitlines(keepends=True)
    for function in reversed([node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]):
        start = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)]) - 1
        if any(word in "".join(lines[start : function.end_lineno]) for word in words):
            del lines[start : function.end_lineno]
    path.write_text("".join(lines))
