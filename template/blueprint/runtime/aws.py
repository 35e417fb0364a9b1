"""The clients for AWS services: all from one session, with time limits that fit a request."""

from functools import cache
from typing import TYPE_CHECKING, Any, cast

import boto3
import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_appconfigdata import AppConfigDataClient
    from types_boto3_dynamodb import DynamoDBClient

_core = botocore.session.get_session()
_session = boto3.session.Session(botocore_session=_core)


@cache
def dynamodb() -> "DynamoDBClient":
    """The DynamoDB client: up to three attempts.

    So a call that can't succeed gives up within some 6 s, and the request is answered before its function's time
    is up.
    """
    return cast("DynamoDBClient", client("dynamodb", attempts=3))


@cache
def appconfigdata() -> "AppConfigDataClient":
    """The AppConfig client: one attempt, since there is a configuration to fall back on."""
    return cast("AppConfigDataClient", client("appconfigdata", attempts=1))


def client(service: str, *, attempts: int) -> Any:
    """A client for a service of `service/aws_services.py`; each attempt has 1 s to connect and 1 s to answer.

    In Lambda botocore raises UnknownServiceError for another one, whose data the layer doesn't hold. Create clients
    at import, or cached.
    """
    return _session.client(
        service,  # type: ignore[call-overload]
        config=Config(
            connect_timeout=1,
            read_timeout=1,
            retries={"mode": "standard", "total_max_attempts": attempts},
            tcp_keepalive=True,
            user_agent=_user_agent(),
        ),
    )


@cache
def _user_agent() -> str:
    """How the clients introduce themselves: put together once, where botocore would do it twice a call."""
    return _core.user_agent()
