"""The HTTP edge that all functions share: how a request is read, answered and logged."""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from blueprint.runtime import start
from blueprint.runtime.observability import count_server_error, logger, metrics, tracer
from blueprint.runtime.problems import MalformedBodyError, add_exception_handlers

JSON = "application/json"

LambdaHandler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def create_app() -> APIGatewayRestResolver:
    """An app that validates requests by its routes' annotations and answers errors with problem documents."""
    app = APIGatewayRestResolver(enable_validation=True, json_body_deserializer=_read_json)
    add_exception_handlers(app)
    return app


def create_lambda_handler(app: APIGatewayRestResolver) -> LambdaHandler:
    """The function that Lambda calls for the app: it logs one line a request, never its content.

    The last thing that a handler's module does: the function's start ends with it.
    """

    @logger.inject_lambda_context(
        correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True, log_event=False
    )
    @metrics.log_metrics
    @tracer.capture_lambda_handler(capture_response=False)
    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        response = app.resolve(_with_media_type(event), context)
        response["body"] = response.get("body") or ""
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


def _with_media_type(event: dict[str, Any]) -> dict[str, Any]:
    """The event, whose content type says plainly whether the body is JSON.

    Powertools' validation refuses other types, but would read forms, too, and minds the case of a media type,
    which has none (RFC 9110, section 8.3.1).
    """
    if not event.get("body"):
        return event
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return {
        **event,
        "headers": {**headers, "content-type": media_type if media_type == JSON else "application/octet-stream"},
    }


def _read_json(text: str) -> Any:
    """Reads an object of interoperable JSON (RFC 8259): no name twice, no NaN. Raises MalformedBodyError."""
    try:
        body = json.loads(text, object_pairs_hook=_unique_names, parse_float=_number, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
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


def _number(text: str) -> float | int:
    """JSON has one kind of number: 1.0 is 1 (RFC 8259, section 6; JSON Schema, 4.2.3)."""
    number = float(text)
    return int(number) if number.is_integer() else number


def _refuse_constant(_: str) -> None:
    raise MalformedBodyError("NaN and Infinity are no JSON.")


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"No JSON: {error.msg} at character {error.pos}."
    return "The JSON is nested too deeply, or a number in it is too long."
