"""The OpenAPI document is held against the last release's: what breaks clients is found, and nothing else."""

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from blueprint.openapi import command, document
from blueprint.openapi.breaking import breaking_changes
from infra.app import DECLARATIONS

Json = dict[str, Any]


def operation(document: Json, name: str) -> Json:
    """The operation with that id."""
    return next(each for path in document["paths"].values() for each in path.values() if each["operationId"] == name)


def schema(document: Json, name: str) -> Json:
    found: Json = document["components"]["schemas"][name]
    return found


def properties(document: Json, name: str) -> Json:
    found: Json = schema(document, name)["properties"]
    return found


def parameter(document: Json, name: str) -> Json:
    return next(
        each
        for path in document["paths"].values()
        for operation in path.values()
        for each in operation.get("parameters", [])
        if each["name"] == name
    )


@pytest.fixture(scope="module")
def orders() -> Json:
    """The document of an orders API, whatever this service does: what the changes below are changes of."""
    found: Json = json.loads(Path(__file__).with_name("orders.openapi.json").read_text())
    return found


def remove(container: Json | list[Any], key: Any) -> None:
    if isinstance(container, list):
        container.remove(key)
    else:
        del container[key]


def order_property(name: str, definition: Json) -> Callable[[Json], None]:
    return lambda document: properties(document, "Order").update({name: definition})


BREAKS: dict[str, Callable[[Json], object]] = {
    "a path removed": lambda d: d["paths"].pop("/api/orders/{order_id}"),
    "a method removed": lambda d: d["paths"]["/api/orders"].pop("get"),
    "an operationId changed": lambda d: operation(d, "get_order").update(operationId="read_order"),
    "a required parameter added": lambda d: operation(d, "get_order")["parameters"].append(
        {"in": "query", "name": "version", "required": True, "schema": {"type": "string"}}
    ),
    "a parameter removed": lambda d: operation(d, "list_orders")["parameters"].remove(parameter(d, "next_token")),
    "a parameter required": lambda d: parameter(d, "customer_name").update(required=True),
    "a parameter's maximum lowered": lambda d: parameter(d, "limit")["schema"].update(maximum=50),
    "a parameter's minimum raised": lambda d: parameter(d, "limit")["schema"].update(minimum=2),
    "a parameter's default changed": lambda d: parameter(d, "limit")["schema"].update(default=10),
    "a parameter's type changed": lambda d: parameter(d, "limit")["schema"].update(type="string"),
    "a pattern added to a parameter": lambda d: parameter(d, "order_id")["schema"].update(pattern="^x"),
    "a request field required": lambda d: (
        properties(d, "CreateOrderRequest").update(note={"type": "string"}),
        schema(d, "CreateOrderRequest")["required"].append("note"),
    ),
    "a request field removed": lambda d: (
        properties(d, "CreateOrderRequest").pop("customer_name"),
        schema(d, "CreateOrderRequest")["required"].remove("customer_name"),
    ),
    "a request field shortened": lambda d: properties(d, "CreateOrderRequest")["customer_name"].update(maxLength=10),
    "a request field's type changed": lambda d: properties(d, "CreateOrderRequest")["order_item_count"].update(
        type="string"
    ),
    "an enum narrowed in a request": lambda d: properties(d, "CreateOrderRequest")["customer_name"].update(
        enum=["Ada"]
    ),
    "a request's media type changed": lambda d: operation(d, "create_order")["requestBody"].update(
        content={"application/xml": {}}
    ),
    "a success status removed": lambda d: operation(d, "create_order")["responses"].pop("201"),
    "another success status": lambda d: operation(d, "create_order")["responses"].update(
        {"202": {"description": "Later."}}
    ),
    "a response header removed": lambda d: operation(d, "create_order")["responses"]["201"]["headers"].pop("Location"),
    "a response's media type changed": lambda d: operation(d, "get_order")["responses"]["200"].update(
        content={"application/xml": {}}
    ),
    "a required response field removed": lambda d: (
        properties(d, "Order").pop("name"),
        schema(d, "Order")["required"].remove("name"),
    ),
    "an optional response field removed": lambda d: properties(d, "Order").pop("gift"),
    "a response field no longer required": lambda d: schema(d, "Order")["required"].remove("name"),
    "a response field's type changed": lambda d: properties(d, "Order")["item_count"].update(type="number"),
    "a response field that may be null": lambda d: properties(d, "Order")["name"].update(type=["string", "null"]),
    "an enum widened in a response": lambda d: schema(d, "Shipping")["enum"].append("drone"),
    "a response field longer": lambda d: properties(d, "Order")["name"].update(maxLength=40),
    "a response field in another format": lambda d: properties(d, "Order")["id"].update(format="uri"),
    "a list of something else": lambda d: properties(d, "OrderPage")["orders"]["items"].update(
        {"$ref": "#/components/schemas/Problem"}
    ),
    "another authorization": lambda d: d.update(security=[{"another": []}]),
    "a keyword that the check does not know": lambda d: properties(d, "Order")["name"].update({"not": {"const": "x"}}),
}

HARMLESS: dict[str, Callable[[Json], object]] = {
    "nothing": lambda d: d,
    "a path added": lambda d: d["paths"].update({"/api/items": d["paths"]["/api/orders"]}),
    "an optional parameter added": lambda d: operation(d, "get_order")["parameters"].append(
        {"in": "query", "name": "version", "schema": {"type": "string"}}
    ),
    "a parameter's maximum raised": lambda d: parameter(d, "limit")["schema"].update(maximum=1000),
    "an optional request field added": lambda d: properties(d, "CreateOrderRequest").update(note={"type": "string"}),
    "a request field no longer required": lambda d: schema(d, "CreateOrderRequest")["required"].remove("customer_name"),
    "a request field longer": lambda d: properties(d, "CreateOrderRequest")["customer_name"].update(maxLength=40),
    "a response field added": lambda d: properties(d, "Order").update(note={"type": "string"}),
    "a response field required": lambda d: schema(d, "Order")["required"].append("gift"),
    "a response field shorter": lambda d: properties(d, "Order")["name"].update(maxLength=10),
    "an enum narrowed in a response": lambda d: schema(d, "Shipping")["enum"].remove("express"),
    "an error status added": lambda d: operation(d, "get_order")["responses"].update({"410": {"description": "Gone."}}),
    "an error status removed": lambda d: operation(d, "get_order")["responses"].pop("404"),
    "a response header added": lambda d: operation(d, "get_order")["responses"]["200"].update(
        headers={"ETag": {"schema": {"type": "string"}}}
    ),
    "other words": lambda d: operation(d, "get_order").update(summary="x", description="y"),
    "no authorization": lambda d: d.update(security=[]),
    "a schema under another name": lambda d: (
        d["components"]["schemas"].update(Purchase=schema(d, "Order")),
        operation(d, "get_order")["responses"]["200"]["content"]["application/json"].update(
            schema={"$ref": "#/components/schemas/Purchase"}
        ),
    ),
}


@pytest.mark.parametrize("change", BREAKS.values(), ids=BREAKS)
def test_a_change_that_breaks_clients(orders: Json, change: Callable[[Json], object]) -> None:
    new = copy.deepcopy(orders)
    change(new)
    assert breaking_changes(orders, new)


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_a_change_that_clients_do_not_notice(orders: Json, change: Callable[[Json], object]) -> None:
    new = copy.deepcopy(orders)
    change(new)
    assert breaking_changes(orders, new) == []


def test_a_schema_that_holds_itself_is_compared() -> None:
    def tree(kind: str) -> Json:
        reference = {"$ref": "#/components/schemas/Tree"}
        definition = {"type": "object", "properties": {"value": {"type": kind}, "left": reference}}
        answer = {"200": {"content": {"application/json": {"schema": reference}}}}
        return {"paths": {"/": {"get": {"responses": answer}}}, "components": {"schemas": {"Tree": definition}}}

    assert breaking_changes(tree("string"), tree("string")) == []
    assert breaking_changes(tree("string"), tree("integer")) == ["GET /: 200.value: type changed"]


class TestCheck:
    """`python -m blueprint.openapi check`, in a repository of its own."""

    @pytest.fixture(autouse=True)
    def _repository(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        files = {"ROOT": ".", "DOCUMENT": "openapi.json", "EVENTS": "events.json", "ACCEPTED": "accepted.txt"}
        for name, path in files.items():
            monkeypatch.setattr(command, name, tmp_path / path)
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
        self.folder = tmp_path

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, *arguments], cwd=self.folder, check=True, capture_output=True)

    def release(self) -> None:
        """Makes a release that had one path more."""
        released = json.loads(document.current(DECLARATIONS))
        released["paths"]["/api/gone"] = {"get": {"responses": {"204": {"description": "Gone since."}}}}
        (self.folder / "openapi.json").write_text(json.dumps(released))
        self.git("init", "--quiet")
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", "first")
        self.git("tag", "v1.0.0")
        command.write(DECLARATIONS)

    def test_writes_the_first_document_and_says_that_there_is_no_release(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command.check(DECLARATIONS)
        assert (self.folder / "openapi.json").read_text() == document.current(DECLARATIONS)
        assert "no release to compare with" in capsys.readouterr().out

    def test_refuses_a_stale_document(self) -> None:
        (self.folder / "openapi.json").write_text("{}")
        with pytest.raises(SystemExit, match="stale"):
            command.check(DECLARATIONS)

    def test_refuses_a_break_unless_it_is_accepted(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.release()
        with pytest.raises(SystemExit, match=r"breaks clients of v1\.0\.0") as refusal:
            command.check(DECLARATIONS)
        lines = [line.strip() for line in str(refusal.value).splitlines() if line.startswith("  ")]
        assert lines == ["GET /api/gone: removed"]
        (self.folder / "accepted.txt").write_text("\n".join(lines))
        command.check(DECLARATIONS)
        assert "no release" not in capsys.readouterr().out
