"""The OpenAPI document of all handlers."""

import importlib
import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.models import Server

_SIGV4 = "Every request is signed with AWS Signature Version 4 for the service execute-api."
_SECURITY_SCHEMES: dict[str, dict[str, Any]] = {
    "iam": {
        "iam": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "description": _SIGV4,
            "x-amazon-apigateway-authtype": "awsSigv4",
        }
    },
    "cognito": {
        "cognito": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token of the service's Amazon Cognito user pool (client credentials grant).",
        }
    },
    "none": {},
}


def document(*, handlers: Iterable[str], title: str, authorization: str) -> dict[str, Any]:
    """The document: every operation of the modules of `handlers`, for the service's kind of authorization.

    The server's address is relative to the document's, so that it is right wherever the API is reached.
    """
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    head: dict[str, Any] = {}
    for module in sorted(handlers):
        app: APIGatewayRestResolver = importlib.import_module(module).app
        schema = app.get_openapi_schema(title=title, version="1", servers=[Server(url=".")])
        head = schema.model_dump(mode="json", by_alias=True, exclude_none=True)
        for path, operations in head.pop("paths", {}).items():
            for operation in operations.values():
                _correct(operation, authorization)
            paths.setdefault(path, {}).update(operations)
        schemas |= head.pop("components", {}).get("schemas", {})
    schemes = _SECURITY_SCHEMES[authorization]
    return {
        **head,
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": {name: schemas[name] for name in sorted(_used(paths, schemas))},
            **({"securitySchemes": schemes} if schemes else {}),
        },
        "security": [{name: []} for name in schemes],
    }


def _correct(operation: dict[str, Any], authorization: str) -> None:
    """Says what Powertools doesn't know of the operation, and takes back what it says too much."""
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "header":
            parameter["name"] = parameter["schema"]["title"]  # as its alias is spelt
        schema = parameter["schema"]
        match schema:
            case {"anyOf": [value, {"type": "null"}]}:
                # An optional parameter is left out; there is no null in a query.
                del schema["anyOf"]
                schema.update(value)
    responses = operation["responses"]
    if "HTTPValidationError" in json.dumps(responses.get("422", {})):
        del responses["422"]  # Powertools' own error, which problems.py replaces
    if authorization == "cognito":
        refused = responses[str(HTTPStatus.FORBIDDEN.value)]
        responses["401"] = {**refused, "description": "The access token is missing, expired, or without the scope."}
    operation["responses"] = dict(sorted(responses.items()))


def _used(paths: dict[str, Any], schemas: dict[str, Any]) -> set[str]:
    """The names of the schemas that the paths refer to, directly or not."""
    used: set[str] = set()
    texts = [json.dumps(paths)]
    while texts:
        text = texts.pop()
        found = {name for name in schemas if f'"#/components/schemas/{name}"' in text} - used
        used |= found
        texts += [json.dumps(schemas[name]) for name in found]
    return used
