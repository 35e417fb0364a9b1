"""The errors that API Gateway answers itself, as problem documents (RFC 9457) like the functions'."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from blueprint.runtime.contract import CORS_RESPONSE_HEADERS, RESPONSE_HEADERS
from blueprint.runtime.problems import CONTENT_TYPE, RETRY_AFTER_SECONDS, title

_Type = apigateway.ResponseType


class _Error(NamedTuple):
    """An error: its status, what it says, and the headers that it has besides those of all."""

    status: HTTPStatus
    detail: str
    headers: Mapping[str, str] = {}


_AGAIN = {"Retry-After": str(RETRY_AFTER_SECONDS)}
"""The same request may succeed later."""

_REFUSED = _Error(HTTPStatus.FORBIDDEN, "The caller may not do this; check the credentials and their permissions.")
_FAILED = _Error(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "The service has failed; send the same request again, and report the request_id if it keeps failing.",
)
_TOO_MANY = _Error(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests; send this one again later.", _AGAIN)
_TIMED_OUT = _Error(HTTPStatus.GATEWAY_TIMEOUT, "The service took too long; send the same request again.", _AGAIN)

# https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
# A default stands for all types of its kind that aren't listed here.
_ERRORS = {
    _Type.DEFAULT_4_XX: _Error(HTTPStatus.FORBIDDEN, "The request was refused; check its form and its credentials."),
    _Type.DEFAULT_5_XX: _FAILED,
    _Type.ACCESS_DENIED: _REFUSED,
    _Type.API_CONFIGURATION_ERROR: _FAILED,
    _Type.AUTHORIZER_CONFIGURATION_ERROR: _FAILED,
    _Type.AUTHORIZER_FAILURE: _FAILED,
    _Type.BAD_REQUEST_BODY: _Error(HTTPStatus.BAD_REQUEST, "The body can't be read."),
    _Type.BAD_REQUEST_PARAMETERS: _Error(HTTPStatus.BAD_REQUEST, "The path, the query or a header can't be read."),
    _Type.EXPIRED_TOKEN: _Error(HTTPStatus.FORBIDDEN, "The credentials have expired; get new ones."),
    _Type.INTEGRATION_FAILURE: _TIMED_OUT,
    _Type.INTEGRATION_TIMEOUT: _TIMED_OUT,
    _Type.INVALID_API_KEY: _REFUSED,
    _Type.INVALID_SIGNATURE: _Error(
        HTTPStatus.FORBIDDEN, "The signature isn't right; check the secret key, the region and the clock."
    ),
    _Type.MISSING_AUTHENTICATION_TOKEN: _Error(
        HTTPStatus.FORBIDDEN, "There is nothing at this path for this method, or the request has no credentials."
    ),
    _Type.QUOTA_EXCEEDED: _TOO_MANY,
    _Type.REQUEST_TOO_LARGE: _Error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large."),
    _Type.RESOURCE_NOT_FOUND: _Error(HTTPStatus.NOT_FOUND, "There is nothing at this path."),
    _Type.THROTTLED: _TOO_MANY,
    _Type.UNAUTHORIZED: _Error(
        HTTPStatus.UNAUTHORIZED,
        "The access token is missing, expired, or without the scope; get another one.",
        {"WWW-Authenticate": "Bearer"},  # which a 401 has to say (RFC 9110, section 15.5.2)
    ),
    _Type.UNSUPPORTED_MEDIA_TYPE: _Error(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json, in UTF-8 and not compressed."
    ),
    _Type.WAF_FILTERED: _Error(HTTPStatus.FORBIDDEN, "The request was blocked by the web application firewall."),
}


class GatewayResponses(Construct):
    """Replaces all of an API's own error responses."""

    def __init__(
        self, scope: Construct, construct_id: str, *, rest_api: apigateway.RestApi, allowed_origins: Sequence[str]
    ):
        super().__init__(scope, construct_id)
        headers = error_headers(allowed_origins)
        for kind, error in _ERRORS.items():
            apigateway.GatewayResponse(
                self,
                "".join(word.capitalize() for word in kind.response_type.split("_")),
                rest_api=rest_api,
                type=kind,
                status_code=str(error.status.value),
                response_headers={name: f"'{value}'" for name, value in {**headers, **error.headers}.items()},
                templates={"application/json": document(error.status, error.detail, request_id="$context.requestId")},
            )


def error_headers(allowed_origins: Sequence[str]) -> dict[str, str]:
    """The headers of an error that doesn't come from a function.

    None of them can name the one of several origins that asks, so that all may read an error, which holds nothing of
    anybody.
    """
    headers = {"Content-Type": CONTENT_TYPE, **RESPONSE_HEADERS}
    if allowed_origins:
        headers["Access-Control-Allow-Origin"] = allowed_origins[0] if len(allowed_origins) == 1 else "*"
        headers["Access-Control-Expose-Headers"] = ",".join(CORS_RESPONSE_HEADERS)
    return headers


def document(status: HTTPStatus, detail: str, **members: str) -> str:
    """A problem document as text."""
    return json.dumps(
        {"type": "about:blank", "title": title(status), "status": status.value, "detail": detail, **members}
    )
