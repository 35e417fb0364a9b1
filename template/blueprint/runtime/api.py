"""The HTTP edge that all functions share: how a request is read, answered and logged."""

import json
import os
from collections.abc import Callable
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from blueprint.runtime import start
from blueprint.runtime.contract import BODY_LIMIT_BYTES, CORS_REQUEST_HEADERS, CORS_RESPONSE_HEADERS, RESPONSE_HEADERS
from blueprint.runtime.observability import count_server_error, logger, metrics, tracer
from blueprint.runtime.problems import BodyTooLargeError, MalformedBodyError, add_exception_handlers

JSON = "application/json"
_LARGEST_EXPONENT = 308
"""Beyond that a number is no longer one that every JSON parser reads (RFC 8259, section 6)."""

LambdaHandler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


_origins = [origin for origin in os.environ.get("ALLOWED_ORIGINS", "").split(",") if origin]
"""Of front ends."""


def create_app() -> APIGatewayRestResolver:
    """An app that validates requests by its routes' annotations and answers errors with problem documents."""
    cors = None
    if _origins:
        first, *others = _origins
        headers = list(CORS_REQUEST_HEADERS)
        cors = CORSConfig(first, others, allow_headers=headers, expose_headers=list(CORS_RESPONSE_HEADERS))
    # Never in debug mode, which POWERTOOLS_DEV would turn on: it prints whole events.
    app = APIGatewayRestResolver(enable_validation=True, json_body_deserializer=_read_json, cors=cors, debug=False)
    add_exception_handlers(app)
    return app


def create_lambda_handler(app: APIGatewayRestResolver) -> LambdaHandler:
    """The function that Lambda calls for the app: it logs one line a request, never its content.

    The last thing that a handler's module does: the function's start ends with it.
    """
    headers = {name: [value] for name, value in RESPONSE_HEADERS.items()} | ({"Vary": ["Origin"]} if _origins else {})

    @logger.inject_lambda_context(
        correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True, log_event=False
    )
    @metrics.log_metrics
    @tracer.capture_lambda_handler(capture_response=False)
    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        response = app.resolve(_plain(event), context)
        response["body"] = response.get("body") or ""
        response["multiValueHeaders"].update(headers)
        if response["statusCode"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
            count_server_error(context)
        logger.info(
            "request served",
            method=event.get("httpMethod"),
            resource=event.get("resource"),
            status=response["statusCode"],
        )
        return response

    start.end()
    return lambda_handler


def _plain(event: dict[str, Any]) -> dict[str, Any]:
    """The event, with what Powertools would overlook made plain.

    Its routes take a path with a line break at the end for the path without it, so such characters are
    percent-encoded, as API Gateway leaves them. Its validation would read forms, too, and whatever encoding a body
    has, and it minds the case of a media type, which has none (RFC 9110, section 8.3.1).
    """
    if not event["path"].isprintable():
        event = {**event, "path": quote(event["path"])}
    if not event.get("body"):
        return event
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return {**event, "headers": {**headers, "content-type": JSON if _is_readable(headers) else "other/unreadable"}}


def _is_readable(headers: dict[str, str]) -> bool:
    """Whether they say that the body is JSON in UTF-8, not compressed."""
    media_type, *parameters = headers.get("content-type", "").lower().split(";")
    named = dict(parameter.strip().partition("=")[::2] for parameter in parameters)
    encodings = headers.get("content-encoding", "identity").lower(), named.get("charset", "utf-8").strip('"')
    return media_type.strip() == JSON and encodings == ("identity", "utf-8")


def _read_json(text: str) -> Any:
    """Reads an object of interoperable JSON (RFC 8259): no name twice, no NaN, no number rounded.

    Raises MalformedBodyError, or BodyTooLargeError.
    """
    if len(text.encode(errors="surrogatepass")) > BODY_LIMIT_BYTES:
        raise BodyTooLargeError
    try:
        body = json.loads(text, object_pairs_hook=_unique_names, parse_float=_number, parse_constant=_refuse_constant)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise MalformedBodyError(_reason(error)) from None
    if not isinstance(body, dict):
        # Powertools would take a list of one object for that object.
        raise MalformedBodyError("The body must be an object.")
    return body


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise MalformedBodyError("An object has the same name more than once.")
    return names


def _number(text: str) -> Decimal | int:
    """JSON has one kind of number: 1.0 is 1 (RFC 8259, section 6; JSON Schema, 4.2.3)."""
    number = Decimal(text)
    if abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise OverflowError
    return int(number) if number == number.to_integral_value() else number


def _refuse_constant(name: str) -> None:
    raise MalformedBodyError(f"The body is not valid JSON: {name} is not a number.")


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"The body is not valid JSON: {error.msg} at character {error.pos}."
    return "The JSON is nested too deeply, or a number in it is too long."
