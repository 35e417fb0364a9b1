"""What may be tried in production: reading, without writing anything."""

from http import HTTPStatus

import pytest

from blueprint.testing.client import Api, Bearer, authorization
from blueprint.testing.environment import settings
from infra.app import DECLARATIONS

ROUTES = [route for function in DECLARATIONS.functions for route in function.routes]
READABLE = [route.path for route in ROUTES if route.method == "GET" and "{" not in route.path]


@pytest.mark.parametrize("path", READABLE)
def test_it_answers_who_is_authorized(path: str) -> None:
    service = settings().service
    reader = Bearer(f"{service.name}/read") if service.authorization == "cognito" else authorization()
    assert Api(reader).request("GET", path).status_code == HTTPStatus.OK


@pytest.mark.skipif(settings().service.authorization == "none", reason="the API is open")
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_it_refuses_who_is_not(route) -> None:  # type: ignore[no-untyped-def]
    path = route.path.replace("{", "").replace("}", "")
    refused = Api(None).request(route.method, path)
    assert refused.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
