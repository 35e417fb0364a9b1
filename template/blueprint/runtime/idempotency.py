"""Idempotent requests, with Powertools' idempotency utility on DynamoDB.

The key follows the IETF's draft of the Idempotency-Key header
(https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/): the first answer is stored for a
day and given again, as it was, to the same request; the same key with another request is refused.

What makes two requests the same is what the client sent, never what the code makes of it: during a deployment two
versions of it answer side by side.
"""

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.middlewares import BaseMiddlewareHandler, NextMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Header
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyItemNotFoundError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.idempotency.serialization.base import BaseIdempotencySerializer
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import Field

from blueprint.runtime import aws, start
from blueprint.runtime.caller import caller
from blueprint.runtime.errors import KeyReusedError
from blueprint.runtime.problems import invalid_request, problem, unexpected
from blueprint.runtime.stored_answers import KEY_PREFIX, TableSettings

EXPIRES_AFTER_SECONDS = 24 * 60 * 60
REPLAYED = "Idempotency-Replayed"
"""The header of an answer that was stored."""

# A string of RFC 9651 (1 to 255 characters), or the same key as a bare token, which most clients send.
_KEY = r'^(?:"(?:[ !#-\[\]-~]|\\["\\]){1,255}"|[!#-+\--:<-\[\]-~]{1,255})$'
IdempotencyKey = Annotated[
    str,
    Field(pattern=_KEY),
    Header(
        alias="Idempotency-Key",
        description="Makes a retry safe: 1 to 255 printable ASCII characters, another one for each new request; as a "
        'structured field string ("…"), or without quotes when it has no space, quote, comma, semicolon or backslash.',
    ),
]

Operation = Callable[[], Response[Any]]


class IdempotentRequest(NamedTuple):
    """What tells a request from all others, whichever version of the code reads it."""

    id: UUID
    """Derives from the caller, the operation and the key: the id of what the request makes."""
    hash: str
    """Of these and of the body as it was sent, whatever its layout and the order of its fields.

    Nobody can guess the body from it who doesn't know the key.
    """


class _ResponseSerializer(BaseIdempotencySerializer):
    """Stores a response as it is sent: its status, its headers and the text of its body."""

    def to_dict(self, data: Response[str]) -> dict[str, Any]:
        return {"status": data.status_code, "headers": data.headers, "body": data.body}

    def from_dict(self, data: dict[str, Any]) -> Response[str]:
        return Response(data["status"], headers={**data["headers"], REPLAYED: "true"}, body=data["body"])


class Idempotency(BaseMiddlewareHandler[APIGatewayRestResolver]):
    """Answers each request to a route once; create it with the app, at import.

        idempotency = Idempotency(app)

        @app.post("/api/orders", middlewares=[idempotency])
        def create_order(request: …, idempotency_key: IdempotencyKey) -> …:
            … idempotency.request.id …

    The answer is what the route's handler makes and its response model accepts, or the stored one of the same request;
    a stored one isn't validated again. What the handler raises leaves the key free. The app answers with 409 while a
    request with the key is in progress, and with 422 when the key was used with another body.
    """

    def __init__(self, app: APIGatewayRestResolver):
        self.request: IdempotentRequest
        """The current request."""
        self._app = app
        table = TableSettings.from_environment().idempotency_table_name
        self._config = IdempotencyConfig(
            event_key_jmespath="id",
            payload_validation_jmespath="hash",
            raise_on_no_idempotency_key=True,
            expires_after_seconds=EXPIRES_AFTER_SECONDS,
            hash_function="sha256",
        )
        self._serializer = _ResponseSerializer()
        self._records = DynamoDBPersistenceLayer(table_name=table, boto3_client=aws.dynamodb())
        self._records.configure(self._config, key_prefix=KEY_PREFIX)
        self._respond = idempotent_function(
            _respond,
            data_keyword_argument="request",
            persistence_store=self._records,
            config=self._config,
            output_serializer=self._serializer,
            key_prefix=KEY_PREFIX,
        )
        app.exception_handler([KeyReusedError, IdempotencyValidationError])(_key_reused)
        app.exception_handler([IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError])(_in_progress)
        app.exception_handler(RequestValidationError)(self._invalid_request)
        start.prime(partial(_connect, table))

    def handler(self, app: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[str]:
        # Registered before the first record is written, so that a crashed invocation's key is free again
        # when that invocation would have ended.
        self._config.register_lambda_context(app.lambda_context)
        self.request = _identified(app.current_event)
        response: Response[str] = self._respond(request=_record(self.request), operation=lambda: next_middleware(app))
        return response

    def _invalid_request(self, error: RequestValidationError) -> Response[str]:
        """Another version may have taken what this one refuses: then its answer stands, or is being made."""
        if {"response", "header"} & {part["loc"][0] for part in error.errors()}:
            return invalid_request(error)
        try:
            record = self._records.get_record(_record(_identified(self._app.current_event)))
        except (IdempotencyItemNotFoundError, IdempotencyValidationError):
            return invalid_request(error)
        except (BotoCoreError, ClientError) as failure:
            return unexpected(failure)
        if record is None or record.is_expired:
            return invalid_request(error)
        answer = record.response_json_as_dict()
        return self._serializer.from_dict(answer) if answer else _in_progress(error)


def _connect(table: str) -> None:
    """Has a connection to DynamoDB ready, by a read of what isn't there; its failure is the first request's to see."""
    with suppress(BotoCoreError, ClientError):
        aws.dynamodb().get_item(TableName=table, Key={"id": {"S": "-"}})


def _identified(event: APIGatewayProxyEvent) -> IdempotentRequest:
    """The identity of a request whose key is valid."""
    (key,) = event.multi_value_headers["Idempotency-Key"]
    if key.startswith('"'):
        key = re.sub(r"\\(.)", r"\1", key[1:-1])
    scope = [caller(event), f"{event.http_method} {event.resource}", key]
    return IdempotentRequest(id=UUID(_hash(scope)[:32], version=4), hash=_hash([*scope, event.json_body]))


def _hash(data: Any) -> str:
    """Of JSON, in one spelling; a number that isn't an integer as its exact ratio."""
    text = json.dumps(data, sort_keys=True, default=lambda number: number.as_integer_ratio())
    return hashlib.sha256(text.encode()).hexdigest()


def _record(request: IdempotentRequest) -> dict[str, str]:
    """What Powertools looks at."""
    return {"id": str(request.id), "hash": request.hash}


def _respond(*, request: dict[str, str], operation: Operation) -> Response[str]:  # noqa: ARG001
    """The operation's response, with the text that is sent and stored."""
    response = operation()
    if response.body is not None and not isinstance(response.body, str):
        response.body = json.dumps(response.body, separators=(",", ":"))
    return response


def _key_reused(_: Exception) -> Response[str]:
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "This Idempotency-Key was used with another request; take a new key for a new request.",
    )


def _in_progress(_: Exception) -> Response[str]:
    return problem(
        HTTPStatus.CONFLICT,
        "A request with this Idempotency-Key is in progress; send the same request again for its result.",
        retry=True,
    )
