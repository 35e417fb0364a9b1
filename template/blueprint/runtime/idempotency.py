"""Idempotent requests, with Powertools' idempotency utility on DynamoDB.

The key follows the IETF's draft of the Idempotency-Key header
(https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/): the first answer is stored for a
day and given again to the same request; the same key with another request is refused.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Header
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.idempotency.serialization.base import BaseIdempotencySerializer
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel

from blueprint.runtime import aws, start
from blueprint.runtime.caller import caller
from blueprint.runtime.environment_variables import EnvironmentVariables
from blueprint.runtime.errors import KeyReusedError
from blueprint.runtime.problems import problem

EXPIRES_AFTER_SECONDS = 24 * 60 * 60

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x20-\x7e]+$",
        description="Makes a retry safe: 1 to 255 printable ASCII characters, another one for each new request.",
    ),
]

Operation = Callable[[], Response[Any]]


class _TableSettings(EnvironmentVariables):
    idempotency_table_name: str


class _ResponseSerializer(BaseIdempotencySerializer):
    """Stores a response with its status and headers."""

    def to_dict(self, data: Response[BaseModel]) -> dict[str, Any]:
        body = data.body.model_dump(mode="json") if data.body else None
        return {"status": data.status_code, "headers": data.headers, "body": body}

    def from_dict(self, data: dict[str, Any]) -> Response[dict[str, Any]]:
        return Response(status_code=data["status"], headers=data["headers"], body=data["body"])


class Idempotency:
    """Answers each request to an app once; create it with the app, at import."""

    def __init__(self, app: APIGatewayRestResolver):
        self._app = app
        table = _TableSettings.from_environment().idempotency_table_name
        self._config = IdempotencyConfig(
            event_key_jmespath="[caller, operation, key]",
            payload_validation_jmespath="body",
            raise_on_no_idempotency_key=True,
            expires_after_seconds=EXPIRES_AFTER_SECONDS,
            hash_function="sha256",
        )
        self._respond = idempotent_function(
            _respond,
            data_keyword_argument="request",
            persistence_store=DynamoDBPersistenceLayer(table_name=table, boto3_client=aws.dynamodb()),
            config=self._config,
            output_serializer=_ResponseSerializer(),
        )
        app.exception_handler([KeyReusedError, IdempotencyValidationError])(_key_reused)
        app.exception_handler([IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError])(_in_progress)
        start.prime(partial(_connect, table))

    @property
    def caller(self) -> str:
        """Within whose requests the key of the current one is unique."""
        return caller(self._app.current_event)

    def respond(self, *, key: str, body: BaseModel, operation: Operation) -> Response[Any]:
        """The operation's response: a new one, or the stored one of the same request.

        Raises what the operation raises, after which the key is free again, and Powertools' exceptions, which
        the app answers with 409 (in progress) or 422 (used with another body).
        """
        # Registered before the first record is written, so that a crashed invocation's key is free again
        # when that invocation would have ended.
        self._config.register_lambda_context(self._app.lambda_context)
        event = self._app.current_event
        request = {
            "caller": self.caller,
            "operation": f"{event.http_method} {event.resource}",
            "key": key,
            "body": body.model_dump(mode="json"),
        }
        response: Response[Any] = self._respond(request=request, operation=operation)
        return response


def _connect(table: str) -> None:
    """Has a connection to DynamoDB ready, by a read of what isn't there; its failure is the first request's to see."""
    with suppress(BotoCoreError, ClientError):
        aws.dynamodb().get_item(TableName=table, Key={"id": {"S": "-"}})


def _respond(*, request: dict[str, Any], operation: Operation) -> Response[Any]:  # noqa: ARG001
    return operation()


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
