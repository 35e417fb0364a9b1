"""A call to begin with, made up from the examples in the OpenAPI document."""

import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple


class Example(NamedTuple):
    """A call that works as it stands, but for its authorization."""

    summary: str
    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any] | None


def example(document: Mapping[str, Any], number: int = 0) -> Example | None:
    """The first operation that makes something, else the first one that reads; None when none can be made up.

    Operations with path parameters can't: nothing is there yet. `number` takes the next example of each field, with
    another Idempotency-Key.
    """
    for method in ("post", "get"):
        for path, operations in document["paths"].items():
            if method in operations and "{" not in path:
                try:
                    headers, body = _request(operations[method], document, number)
                except KeyError:
                    continue
                return Example(operations[method].get("summary", path), method.upper(), path, headers, body)
    return None


def _request(
    operation: Mapping[str, Any], document: Mapping[str, Any], number: int
) -> tuple[dict[str, str], dict[str, Any] | None]:
    """The operation's headers and body; raises KeyError when something that is required has no example."""
    headers, body = {}, None
    for parameter in operation.get("parameters", []):
        if parameter.get("required"):
            if parameter["in"] != "header":
                raise KeyError(parameter["name"])
            is_key = parameter["name"] == "Idempotency-Key"
            headers[parameter["name"]] = str(uuid.uuid4()) if is_key else _next(parameter["schema"], number)
    if "requestBody" in operation:
        name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][name]
        body = {field: _next(schema["properties"][field], number) for field in schema["required"]}
        headers["Content-Type"] = "application/json"
    return headers, body


def _next(schema: Mapping[str, Any], number: int) -> Any:
    return schema["examples"][number % len(schema["examples"])]
