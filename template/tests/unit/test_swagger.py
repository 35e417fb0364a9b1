"""GET /swagger: the documentation, from a function of its own."""

import subprocess
import sys
from http import HTTPStatus

import pytest

from blueprint.runtime import swagger
from blueprint.testing.events import Answer, event, invoke


def get(**query: str) -> Answer:
    headers = {"Host": "id.execute-api.us-east-1.amazonaws.com"}
    return invoke(swagger.lambda_handler, event("GET", "/swagger", query=query, headers=headers))


def test_the_page_is_swagger_ui_with_the_document_in_it() -> None:
    page = get()
    assert page.status == HTTPStatus.OK
    assert page.headers["Content-Type"].startswith("text/html")
    assert "SwaggerUIBundle" in page.body
    assert "/api/orders/{order_id}" in page.body


def test_the_document_is_json_on_request() -> None:
    document = get(format="json")
    assert document.headers["Content-Type"] == "application/json"
    assert set(document.json()["paths"]) == {"/api/orders", "/api/orders/{order_id}"}


@pytest.mark.parametrize(
    ("authorization", "credentials"),
    [("iam", "--aws-sigv4"), ("cognito", "Authorization: Bearer"), ("none", "curl https://")],
)
def test_it_shows_how_to_call_the_api(monkeypatch: pytest.MonkeyPatch, authorization: str, credentials: str) -> None:
    monkeypatch.setattr(swagger, "_settings", swagger._settings.model_copy(update={"authorization": authorization}))
    document = get(format="json").json()
    assert credentials in document["info"]["description"]
    assert "https://id.execute-api.us-east-1.amazonaws.com/test/api/orders" in document["info"]["description"]
    assert list(document["components"].get("securitySchemes", {})) == (
        [] if authorization == "none" else [authorization]
    )
    statuses = set(document["paths"]["/api/orders"]["get"]["responses"])
    assert ("401" in statuses) == (authorization == "cognito")


def test_nothing_in_the_document_ends_the_pages_script(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "</script><script>alert(1)"
    monkeypatch.setattr(swagger, "document", lambda **_: {"info": {}, "paths": {}, "tags": [{"name": text}]})
    assert text in get(format="json").json()["tags"][0]["name"]
    assert text not in get().body


def test_orders_do_not_pay_for_the_documentation() -> None:
    """The modules of the OpenAPI document are heavy; the functions of the API never import them when they start."""
    program = (
        "import sys\n"
        "from service.handlers import create_order, delete_order, get_order, list_orders\n"
        "print([name for name in sys.modules if name.endswith(('openapi.models', 'core.openapi', 'swagger_ui'))])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize("handler", ["delete_order", "get_order", "list_orders"])
def test_a_function_imports_only_what_it_needs(handler: str) -> None:
    program = (
        f"import sys, service.handlers.{handler}\n"
        "heavy = ('idempotency', 'feature_flags', 'parameters')\n"
        "print([name for name in sys.modules if any(part in name for part in heavy)])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip().splitlines()[-1] == "[]"
