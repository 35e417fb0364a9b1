"""Who may call the API."""

import json
import os
import shutil
import subprocess
from http import HTTPStatus

import pytest
import requests
from requests.auth import AuthBase

from blueprint.testing.client import Bearer, SigV4, token
from blueprint.testing.environment import caller, environment, settings
from blueprint.testing.problems import problem_of
from tests.orders.api import OrdersApi

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
def test_unauthorized_requests_are_refused(api: OrdersApi) -> None:  # noqa: ARG001
    anyone = OrdersApi(None)
    for refused in (anyone.create(), anyone.list(), anyone.get("x"), anyone.delete("x")):
        assert refused.status_code in REFUSED
        problem_of(refused, HTTPStatus(refused.status_code))
        if refused.status_code == HTTPStatus.UNAUTHORIZED:
            assert refused.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.skipif(AUTHORIZATION == "none", reason="the API is open")
def test_tampered_requests_are_refused(api: OrdersApi) -> None:  # noqa: ARG001
    tampered = OrdersApi({"iam": TamperedSignature, "cognito": TamperedToken}[AUTHORIZATION]())
    for refused in (tampered.create(), tampered.list()):
        assert refused.status_code in REFUSED
        problem_of(refused, HTTPStatus(refused.status_code))


@pytest.mark.skipif(AUTHORIZATION != "cognito", reason="only tokens have scopes")
def test_a_scope_allows_what_it_names_only(api: OrdersApi) -> None:
    name = settings().service.name
    reader, writer = OrdersApi(Bearer(f"{name}/read")), OrdersApi(Bearer(f"{name}/write"))
    order = api.create().json()
    assert reader.get(order["id"]).status_code == HTTPStatus.OK
    assert reader.create().status_code in REFUSED
    assert reader.delete(order["id"]).status_code in REFUSED
    assert writer.list().status_code in REFUSED
    assert writer.delete(order["id"]).status_code == HTTPStatus.NO_CONTENT


@pytest.mark.skipif(AUTHORIZATION != "none", reason="the API is not open")
def test_an_open_api_serves_everyone(api: OrdersApi) -> None:
    assert api.create().status_code == HTTPStatus.CREATED


@pytest.mark.skipif(not environment().swagger, reason="this environment has no Swagger UI")
def test_the_documentation_is_open(api: OrdersApi) -> None:  # noqa: ARG001
    anyone = OrdersApi(None)
    page = anyone.request("GET", "/swagger")
    assert page.status_code == HTTPStatus.OK
    assert page.headers["Content-Type"].startswith("text/html")
    assert "swagger-ui" in page.text
    document = anyone.request("GET", "/swagger", query={"format": "json"}).json()
    assert set(document["paths"]) == {"/api/orders", "/api/orders/{order_id}"}


@pytest.mark.skipif(not environment().swagger, reason="this environment has no Swagger UI")
@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_the_call_that_the_documentation_shows_works(api: OrdersApi) -> None:
    # Given the command in the description of the document
    description = api.request("GET", "/swagger", query={"format": "json"}).json()["info"]["description"]
    command = next(line for line in description.splitlines() if line.startswith("curl "))
    # When it runs in a shell that has the caller's credentials
    variables: dict[str, str] = {}
    if AUTHORIZATION == "iam":
        key = caller()
        variables = {"AWS_ACCESS_KEY_ID": key.access_key, "AWS_SECRET_ACCESS_KEY": key.secret_key}
        variables |= {"AWS_SESSION_TOKEN": key.token} if key.token else {}
    elif AUTHORIZATION == "cognito":
        variables = {"TOKEN": token()}
    shell = ["sh", "-c", f"{command} --silent --fail"]
    result = subprocess.run(
        shell, env={"PATH": os.environ["PATH"], **variables}, capture_output=True, text=True, check=False
    )
    # Then it gets a page of orders
    assert result.returncode == 0, result.stderr
    assert "orders" in json.loads(result.stdout)
