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


def example(document: Mapping[str, Any]) -> Example | None:
    """The first operation that makes something, else the first one that reads; None when none can be made up.

    Operations with path parameters can't: nothing is there yet. Each call has another Idempotency-Key.
    """
    for method in ("post", "get"):
        for path, operations in document["paths"].items():
            if method in operations and "{" not in path:
                try:
                    headers, body = _request(operations[method], document)
                except KeyError:
                    continue
                return Example(operations[method].get("summary", path), method.upper(), path, headers, body)
    return None


def _request(operation: Mapping[str, Any], document: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any] | None]:
    """The operation's headers and body; raises KeyError when something that is required has no example."""
    headers, body = {}, None
    for parameter in operation.get("parameters", []):
        if parameter.get("required"):
            if parameter["in"] != "header":
                raise KeyError(parameter["name"])
            is_key = parameter["name"] == "Idempotency-Key"
            headers[parameter["name"]] = str(uuid.uuid4()) if is_key else parameter["schema"]["examples"][0]
    if "requestBody" in operation:
        name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][name]
        body = {field: schema["properties"][field]["examples"][0] for field in schema["required"]}
        headers["Content-Type"] = "application/json"
    return headers, body
