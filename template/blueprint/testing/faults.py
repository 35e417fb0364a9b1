"""Faults at an AWS client of this process, by botocore's event hooks: the code under test has no switch for them."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from io import BytesIO
from typing import Any, cast

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

THROTTLED = "ProvisionedThroughputExceededException"

Hook = Callable[[AWSPreparedRequest], AWSResponse | None]


class Killed(BaseException):
    """Ends an invocation as a killed process does: no `except Exception` sees it."""


class _Body(BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


def response(status: int, content: bytes, **headers: str) -> AWSResponse:
    """An answer of AWS."""
    return AWSResponse("https://example.com", status, HTTPHeaders.from_dict(headers), _Body(content))


@contextmanager
def _registered(client: Any, stage: str, operation: str, hook: Callable[..., Any]) -> Iterator[None]:
    event = f"{stage}.{client.meta.service_model.service_id.hyphenize()}.{operation}"
    client.meta.events.register_first(event, hook)
    try:
        yield
    finally:
        client.meta.events.unregister(event, hook)


def _concerns(table: str | None, body: Any) -> bool:
    return table is None or json.loads(body)["TableName"] == table


def hooked(client: Any, operation: str, hook: Hook, *, table: str | None = None) -> AbstractContextManager[None]:
    """Calls the hook before each request of the operation is sent; what it returns is taken for AWS's answer.

    With a `table`, only requests to that DynamoDB table count. `operation` may be * for all.
    """

    def before_send(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        return hook(request) if _concerns(table, request.body) else None

    return _registered(client, "before-send", operation, before_send)


def failing(
    client: Any, operation: str, *, code: str = THROTTLED, status: int = 400, table: str | None = None
) -> AbstractContextManager[None]:
    """Each call of the operation ends with this error, after all retries; nothing is sent."""
    error = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}

    def before_call(params: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        return (response(status, b""), error) if _concerns(table, params["body"]) else None

    return _registered(client, "before-call", operation, before_call)


def killed_before(client: Any, operation: str, *, table: str | None = None) -> AbstractContextManager[None]:
    """The invocation is killed when it is about to send such a request."""

    def kill(_: AWSPreparedRequest) -> AWSResponse:
        raise Killed

    return hooked(client, operation, kill, table=table)


def answer_lost(client: Any, operation: str, *, table: str | None = None) -> AbstractContextManager[None]:
    """AWS does what the first such request asks for, but its answer never arrives."""
    lost = False

    def send_and_lose(request: AWSPreparedRequest) -> AWSResponse | None:
        nonlocal lost
        if lost:
            return None
        lost = True
        URLLib3Session().send(request)
        raise ReadTimeoutError(endpoint_url=request.url)

    return hooked(client, operation, send_and_lose, table=table)


def counted(client: Any, calls: list[str]) -> AbstractContextManager[None]:
    """Appends the name of each operation that is sent to `calls`."""

    def count(request: AWSPreparedRequest) -> None:
        calls.append(cast("bytes", request.headers["X-Amz-Target"]).decode().partition(".")[2])

    return hooked(client, "*", count)
