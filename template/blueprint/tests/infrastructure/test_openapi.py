"""The OpenAPI document: complete, and the same each time."""

import json
from typing import Any

import pytest

from blueprint.openapi import document
from infra.app import DECLARATIONS

Json = dict[str, Any]


@pytest.fixture(scope="module")
def current() -> Json:
    """The service's own document."""
    found: Json = json.loads(document.current(DECLARATIONS))
    return found


def test_every_route_is_documented(current: Json) -> None:
    documented = {(method.upper(), path) for path, item in current["paths"].items() for method in item}
    assert documented == {
        (route.method, route.path) for function in DECLARATIONS.functions for route in function.routes
    }


def test_every_error_is_a_problem_document(current: Json) -> None:
    for path in current["paths"].values():
        for each in path.values():
            errors = {status: response for status, response in each["responses"].items() if status >= "4"}
            assert {"403", "429", "500", "503"} <= set(errors)
            for response in errors.values():
                assert list(response["content"]) == ["application/problem+json"]
            for status in {"409", "503"} & set(errors):
                assert "Retry-After" in errors[status]["headers"]


def test_it_is_the_same_each_time() -> None:
    assert document.current(DECLARATIONS) == document.current(DECLARATIONS)
