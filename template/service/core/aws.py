"""The clients for AWS services: all from one session, with time limits that fit a request."""

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_appconfigdata import AppConfigDataClient
    from types_boto3_dynamodb import DynamoDBClient

_session = boto3.session.Session()


@cache
def dynamodb() -> "DynamoDBClient":
    """The DynamoDB client: up to three attempts, each with 1 s to connect and 2 s to answer."""
    return _session.client("dynamodb", config=_config(read_timeout=2, attempts=3))


@cache
def appconfigdata() -> "AppConfigDataClient":
    """The AppConfig client: one attempt of at most a second, since there is a configuration to fall back on."""
    return _session.client("appconfigdata", config=_config(read_timeout=1, attempts=1))


def _config(*, read_timeout: int, attempts: int) -> Config:
    return Config(
        connect_timeout=1,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
        tcp_keepalive=True,
    )
