"""GET /swagger: the API's documentation; a function of its own, so that no other one pays for it."""

import json
from pathlib import Path
from typing import Any, Literal

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi import swagger_ui

from blueprint.runtime.api import create_lambda_handler
from blueprint.runtime.environment_variables import EnvironmentVariables
from blueprint.runtime.observability import logger
from blueprint.runtime.openapi import document

_ASSETS = Path(swagger_ui.__file__).parent
_PAGE = Path(__file__).with_suffix(".html")


class _DocumentationSettings(EnvironmentVariables):
    authorization: Literal["iam", "cognito", "none"]
    handlers: str
    """The modules of the other functions, separated by commas."""
    aws_region: str
    powertools_metrics_namespace: str
    """The stack's name."""


_settings = _DocumentationSettings.from_environment()
app = APIGatewayRestResolver(debug=False)


@app.get("/swagger")
def swagger() -> Response[str]:
    """Swagger UI, or the OpenAPI document with ?format=json."""
    api = document(handlers=_settings.handlers.split(","), title=logger.service, authorization=_settings.authorization)
    api["info"]["description"] = _how_to_call(api["paths"])
    if app.current_event.get_query_string_value("format") == "json":
        return Response(status_code=200, content_type="application/json", body=json.dumps(api))
    settings = {"api": api, "stack": _settings.powertools_metrics_namespace, "region": _settings.aws_region}
    page = _PAGE.read_text()
    for name, part in (
        ("CSS", (_ASSETS / "swagger-ui.min.css").read_text()),
        ("SWAGGER", (_ASSETS / "swagger-ui-bundle.min.js").read_text()),
        ("SETTINGS", json.dumps(settings).replace("</", "<\\/")),
    ):
        page = page.replace(f"/*{name}*/", part)
    return Response(status_code=200, content_type="text/html; charset=utf-8", body=page)


def _how_to_call(paths: dict[str, Any]) -> str:
    """A call from a shell, of the first operation that needs nothing but credentials."""
    path = next((path for path, operations in paths.items() if "get" in operations and "{" not in path), "/")
    credentials = {
        "iam": f'--aws-sigv4 "aws:amz:{_settings.aws_region}:execute-api" '
        '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" --header "x-amz-security-token: $AWS_SESSION_TOKEN" ',
        "cognito": '--header "Authorization: Bearer $TOKEN" ',
        "none": "",
    }[_settings.authorization]
    first = {"iam": "`make shell` opens one that has the credentials", "cognito": "TOKEN is what `make token` prints"}
    where = ", where ".join(filter(None, ["From a shell", first.get(_settings.authorization)]))
    return f"{where}:\n\n```\ncurl {credentials}{_address()}{path}\n```\n"


def _address() -> str:
    """Where this API is reached, without a slash at the end."""
    event = app.current_event
    scheme = event.headers.get("x-forwarded-proto") or "http"
    path: str = event.request_context.path or ""
    return f"{scheme}://{event.headers.get('host')}{path.removesuffix('/').removesuffix('/swagger')}"


lambda_handler = create_lambda_handler(app)
