"""The HTTP edge that all functions share: how a request is read, answered and logged."""

import json
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from service.core.observability import logger, metrics, tracer
from service.core.problems import MalformedBodyError, UnsupportedMediaTypeError, add_exception_handlers

LambdaHandler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def create_app() -> APIGatewayRestResolver:
    """An app that validates requests by its routes' annotations and answers errors with problem documents."""
    app = APIGatewayRestResolver(enable_validation=True, json_body_deserializer=_read_json)
    app.use([_require_json])
    add_exception_handlers(app)
    return app


def create_lambda_handler(app: APIGatewayRestResolver) -> LambdaHandler:
    """The function that Lambda calls for the app: it logs one line a request, never its content."""

    @logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
    @metrics.log_metrics
    @tracer.capture_lambda_handler(capture_response=False)
    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        response = app.resolve(event, context)
        response["body"] = response.get("body") or ""
        logger.info(
            "request served",
            method=event.get("httpMethod"),
            resource=event.get("resource"),
            status=response["statusCode"],
        )
        return response

    return lambda_handler


def _require_json(app: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[Any]:
    content_type = app.current_event.headers.get("content-type") or ""
    if app.current_event.body and content_type.partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaTypeError
    return next_middleware(app)


def _read_json(text: str) -> Any:
    """Reads what RFC 8259 calls interoperable JSON: no name twice, no NaN. Raises MalformedBodyError."""
    try:
        return json.loads(text, object_pairs_hook=_unique_names, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedBodyError(_reason(error)) from None


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise MalformedBodyError("An object has the same name more than once.")
    return names


def _refuse_constant(_: str) -> None:
    raise MalformedBodyError("NaN and Infinity are no JSON.")


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"No JSON: {error.msg} at character {error.pos}."
    return "The JSON is nested too deeply, or a number in it is too long."
