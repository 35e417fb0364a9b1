"""Where the answers of idempotent requests are stored, for those who must remove one.

Apart from idempotency.py, since a function that deletes needs nothing of Powertools' utility.
"""

import hashlib
import json
from uuid import UUID

from blueprint.runtime import aws
from blueprint.runtime.environment_variables import EnvironmentVariables

KEY_PREFIX = "request"


class TableSettings(EnvironmentVariables):
    """The table with the answers."""

    idempotency_table_name: str


_TABLE = TableSettings.from_environment().idempotency_table_name


def forget(resource_id: UUID) -> None:
    """Removes the stored answer of the request that has made the resource, if there is one.

    `resource_id` is the one that the request's `IdempotentRequest` gave. The resource itself must be gone already, and
    remembered as deleted: the same request is taken for a new one from now on.
    """
    aws.dynamodb().delete_item(TableName=_TABLE, Key={"id": {"S": record_id(resource_id)}})


def record_id(resource_id: UUID) -> str:
    """The record's id as Powertools makes it: the prefix, and a hash of the request's idempotency key."""
    return f"{KEY_PREFIX}#{hashlib.sha256(json.dumps(str(resource_id)).encode()).hexdigest()}"
