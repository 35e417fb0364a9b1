"""Who may call the API."""

from http import HTTPStatus

import pytest
import requests
from requests.auth import AuthBase

from tests.support.client import Api, Bearer, SigV4, token
from tests.support.environment import environment, settings
from tests.support.problems import problem_of

AUTHORIZATION = settings().service.authorization
REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


class TamperedSignature(SigV4):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        signed = super().__call__(request)
        value = str(signed.headers["Authorization"])
        signed.headers["Authorization"] = value[:-1] + ("0" if value[-1] != "0" else "1")
        return signed


class TamperedToken(AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        header, claims, signature = token().split(".")
        request.headers["Authorization"] = f"Bearer {header}.{claims}.{signature[::-1]}"
        return request


@pytest.mark.skipif(AUTHORIZATION == "none", reason="the API is open")
def test_unauthorized_requests_are_refused(api: Api) -> None:  # noqa: ARG001
    anyone = Api(None)
    for refused in (anyone.create(), anyone.list(), anyone.get("x"), anyone.delete("x")):
        assert refused.status_code in REFUSED
        problem_of(refused, HTTPStatus(refused.status_code))


@pytest.mark.skipif(AUTHORIZATION == "none", reason="the API is open")
def test_tampered_requests_are_refused(api: Api) -> None:  # noqa: ARG001
    tampered = Api({"iam": TamperedSignature, "cognito": TamperedToken}[AUTHORIZATION]())
    for refused in (tampered.create(), tampered.list()):
        assert refused.status_code in REFUSED
        problem_of(refused, HTTPStatus(refused.status_code))


@pytest.mark.skipif(AUTHORIZATION != "cognito", reason="only tokens have scopes")
def test_a_scope_allows_what_it_names_only(api: Api) -> None:
    name = settings().service.name
    reader, writer = Api(Bearer(f"{name}/read")), Api(Bearer(f"{name}/write"))
    order = api.create().json()
    assert reader.get(order["id"]).status_code == HTTPStatus.OK
    assert reader.create().status_code in REFUSED
    assert reader.delete(order["id"]).status_code in REFUSED
    assert writer.list().status_code in REFUSED
    assert writer.delete(order["id"]).status_code == HTTPStatus.NO_CONTENT


@pytest.mark.skipif(AUTHORIZATION != "none", reason="the API is not open")
def test_an_open_api_serves_everyone(api: Api) -> None:
    assert api.create().status_code == HTTPStatus.CREATED


@pytest.mark.skipif(not environment().swagger, reason="this environment has no Swagger UI")
def test_the_documentation_is_open(api: Api) -> None:  # noqa: ARG001
    anyone = Api(None)
    page = anyone.request("GET", "/swagger")
    assert page.status_code == HTTPStatus.OK
    assert page.headers["Content-Type"].startswith("text/html")
    assert "swagger-ui" in page.text
    document = anyone.request("GET", "/swagger", query={"format": "json"}).json()
    assert set(document["paths"]) == {"/api/orders", "/api/orders/{order_id}"}
