"""A call to begin with, made up from the examples in the OpenAPI document."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Example(NamedTuple):
    """A call that works as it stands, but for its authorization."""

    summary: str
    path: str
    arguments: tuple[str, ...]
    """What curl takes for its headers and its body, quoted for a shell."""


def example(document: Mapping[str, Any]) -> Example | None:
    """The first operation that makes something, else the first one that reads; None when none can be made up.

    Operations with path parameters can't: nothing is there yet.
    """
    for method in ("post", "get"):
        for path, operations in document["paths"].items():
            if method in operations and "{" not in path:
                try:
                    arguments = tuple(_arguments(operations[method], document))
                except KeyError:
                    continue
                return Example(operations[method].get("summary", path), path, arguments)
    return None


def _arguments(operation: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    """Raises KeyError when something that is required has no example."""
    for parameter in operation.get("parameters", []):
        if parameter.get("required"):
            if parameter["in"] != "header":
                raise KeyError(parameter["name"])
            yield f'--header "{parameter["name"]}: {_new_value(parameter)}"'
    if "requestBody" in operation:
        name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][name]
        body = {field: schema["properties"][field]["examples"][0] for field in schema["required"]}
        yield '--header "Content-Type: application/json"'
        yield f"--data {shlex.quote(json.dumps(body))}"


def _new_value(parameter: Mapping[str, Any]) -> str:
    if parameter["name"] == "Idempotency-Key":
        return "$(date +%s)"
    return str(parameter["schema"]["examples"][0])
