"""Opaque cursors for paging through a DynamoDB query or scan.

A cursor holds a position among the sorted items and nothing else. What the query is about (its partition key, say) is
never taken from a cursor but from the current query, so a cursor that somebody makes up shows nothing that the same
query wouldn't show without it. The checksum in it finds cursors that were changed or cut off, not those made up.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping

from blueprint.runtime.errors import InvalidCursorError

_CHECKSUM_LENGTH = 12


def encode(position: Mapping[str, str]) -> str:
    """The cursor for the position: the last item's key attributes, without those that the query itself gives."""
    content = {**position, "": _checksum(position)}
    data = json.dumps(content, separators=(",", ":"), sort_keys=True).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(cursor: str, *, attributes: set[str]) -> dict[str, str]:
    """The position that `encode` made the cursor from.

    Raises InvalidCursorError when the cursor was changed or shortened, or has other attributes than those named:
    then it is of another kind of query.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        content = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        content.pop("")
        valid = set(content) == attributes and all(isinstance(value, str) for value in content.values())
        if valid and encode(content) == cursor:
            return dict(content)
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise InvalidCursorError


def _checksum(position: Mapping[str, str]) -> str:
    data = json.dumps(dict(position), sort_keys=True)
    return hashlib.sha256(data.encode()).hexdigest()[:_CHECKSUM_LENGTH]
