"""Every error that a client can meet, as a problem document (RFC 9457). None shows internals."""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as RouteNotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004
from pydantic import BaseModel, Field

from blueprint.runtime.errors import GoneError, InvalidCursorError, NotFoundError
from blueprint.runtime.observability import causes, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse, OpenAPIResponseHeader

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1
ERRORS_SHOWN = 10
"""How many of a request's errors a problem document lists; it stays below 8 KiB whatever the request holds."""
_LONGEST_LOCATION = 50

# RFC 9110's names, where some versions of Python have the older ones.
_TITLES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
}

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
_PASSING_ERRORS = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)


_ALWAYS_POSSIBLE = (
    HTTPStatus.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
_RETRIED = (
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
_RETRY_AFTER_HEADER: "dict[str, OpenAPIResponseHeader]" = {
    "Retry-After": {
        "description": "Seconds to wait before the same request is sent again.",
        "schema": {"type": "integer"},
    }
}
_DESCRIPTIONS = {
    HTTPStatus.BAD_REQUEST: "A header or a cursor is missing or malformed.",
    HTTPStatus.FORBIDDEN: "The caller is not authorized.",
    HTTPStatus.NOT_FOUND: "There is nothing with this id.",
    HTTPStatus.CONFLICT: "A request with this Idempotency-Key is in progress.",
    HTTPStatus.GONE: "What this Idempotency-Key has made was deleted.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not application/json in UTF-8, or is compressed.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The request is not valid, or its Idempotency-Key was used with another one.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests; send them more slowly.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "The service has failed.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The service can't do this right now.",
    HTTPStatus.GATEWAY_TIMEOUT: "The service took too long.",
}


class InvalidPart(BaseModel):
    """A part of a request that is not valid."""

    location: Annotated[str, Field(description="Where it is, such as body.customer_name.")]
    message: Annotated[str, Field(description="What is wrong with it.")]


class MalformedBodyError(Exception):
    """The body can't be read as JSON; the message says why."""


class BodyTooLargeError(Exception):
    """The body is larger than the API reads."""


class Problem(BaseModel):
    """A problem document, https://www.rfc-editor.org/rfc/rfc9457."""

    type: Annotated[str, Field(description="Always about:blank: the status says what kind of problem it is.")]
    title: Annotated[str, Field(description="The status in words.")]
    status: Annotated[int, Field(description="The HTTP status.")]
    detail: Annotated[str, Field(description="What is wrong here, and what to do.")]
    request_id: Annotated[str | None, Field(description="Names the request when you report the problem.")] = None
    errors: Annotated[
        list[InvalidPart] | None,
        Field(description=f"What is not valid in the request: the first {ERRORS_SHOWN} parts."),
    ] = None
    error_count: Annotated[int | None, Field(description="How many parts of the request are not valid.")] = None


def title(status: HTTPStatus) -> str:
    """The status in words, the same ones with every version of Python."""
    return _TITLES.get(status, status.phrase)


def responses(*statuses: HTTPStatus) -> "dict[int, OpenAPIResponse]":
    """The documentation of the problems that an operation answers with, beside those that every one can."""
    return {
        status.value: {
            "description": _DESCRIPTIONS.get(status, title(status)),
            "content": {CONTENT_TYPE: {"model": Problem}},
            **({"headers": _RETRY_AFTER_HEADER} if status in _RETRIED else {}),
        }
        for status in sorted({*statuses, *_ALWAYS_POSSIBLE})
    }


def problem(status: HTTPStatus, detail: str, *, retry: bool = False, **members: Any) -> Response[str]:
    """The response for an error: its detail says what to do; `retry` adds Retry-After."""
    return Response(
        status_code=status.value,
        content_type=CONTENT_TYPE,
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)} if retry else None,
        body=json.dumps(
            {
                "type": "about:blank",
                "title": title(status),
                "status": status.value,
                "detail": detail,
                "request_id": logger.get_correlation_id(),
                **members,
            }
        ),
    )


def add_exception_handlers(app: APIGatewayRestResolver) -> None:
    """Makes the app answer every exception with a problem document."""
    for exception, answer in _ANSWERS.items():
        app.exception_handler(exception)(answer)


def invalid_request(error: RequestValidationError) -> Response[str]:
    """The answer to a request that is not valid, or to a response of ours that isn't."""
    errors = error.errors()
    if errors[0]["loc"][0] == "response":  # Powertools raises the same exception for it.
        return unexpected(error)
    in_header = any(e["loc"][0] == "header" for e in errors)
    return problem(
        HTTPStatus.BAD_REQUEST if in_header else HTTPStatus.UNPROCESSABLE_ENTITY,
        "The request is not valid; see errors.",
        errors=[
            {"location": ".".join(map(str, e["loc"]))[:_LONGEST_LOCATION], "message": e["msg"]}
            for e in errors[:ERRORS_SHOWN]
        ],
        error_count=len(errors),
    )


def _malformed_body(error: MalformedBodyError) -> Response[str]:
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The request is not valid; see errors.",
        errors=[{"location": "body", "message": str(error)}],
        error_count=1,
    )


def _body_too_large(_: BodyTooLargeError) -> Response[str]:
    return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large; send a smaller one.")


def _unsupported_media_type(_: RequestUnsupportedContentType) -> Response[str]:
    return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json, in UTF-8 and not compressed.")


def _no_route(_: RouteNotFoundError) -> Response[str]:
    return problem(HTTPStatus.NOT_FOUND, "There is nothing at this path.")


def _not_found(error: NotFoundError) -> Response[str]:
    return problem(HTTPStatus.NOT_FOUND, str(error))


def _gone(error: GoneError) -> Response[str]:
    return problem(HTTPStatus.GONE, str(error))


def _invalid_cursor(error: InvalidCursorError) -> Response[str]:
    return problem(HTTPStatus.BAD_REQUEST, str(error))


def unexpected(error: Exception) -> Response[str]:
    """The answer to a failure of ours, which is logged with its causes: 503 when it will pass, else 500."""
    described = causes(error)
    if isinstance(error, RequestValidationError):
        described[0]["invalid"] = [
            f"{'.'.join(map(str, e['loc']))}: {e['type']}" for e in error.errors()[:ERRORS_SHOWN]
        ]
    logger.error("request failed", causes=described)
    if _will_pass(error):
        return problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "The service can't do this right now; send the same request again later.",
            retry=True,
        )
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "The service has failed; send the same request again, and report the request_id if it keeps failing.",
    )


_ANSWERS: dict[type[Exception], Callable[[Any], Response[str]]] = {
    RequestValidationError: invalid_request,
    MalformedBodyError: _malformed_body,
    BodyTooLargeError: _body_too_large,
    RequestUnsupportedContentType: _unsupported_media_type,
    RouteNotFoundError: _no_route,
    NotFoundError: _not_found,
    GoneError: _gone,
    InvalidCursorError: _invalid_cursor,
    Exception: unexpected,
}


def _will_pass(error: BaseException | None) -> bool:
    """Whether the exception, or one that it came from, is of a state that ends by itself."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        passing = error.response["Error"]["Code"] in _PASSING_ERRORS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    else:
        passing = isinstance(error, ConnectionError | HTTPClientError)
    return passing or (error is not None and _will_pass(error.__cause__))
