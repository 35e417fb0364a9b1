"""Opaque cursors for paging through a DynamoDB query or scan.

A cursor holds the sort position only. What the query is about (its partition key, say) is never taken from a
cursor but from the current query, whose fingerprint the cursor carries: it serves no other query.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping

from blueprint.runtime.errors import InvalidCursorError

_FINGERPRINT_LENGTH = 12


def encode(position: Mapping[str, str], *, query: str) -> str:
    """The cursor for the position, the last item's key attributes, in the query.

    `query` stands for everything that makes two queries different; it can't be read from the cursor.
    """
    content = {**position, "": _fingerprint(position, query)}
    data = json.dumps(content, separators=(",", ":"), sort_keys=True).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(cursor: str, *, query: str, attributes: set[str]) -> dict[str, str]:
    """The position that `encode` made the cursor from.

    Raises InvalidCursorError when the cursor was changed or shortened, is of another query, or has other
    attributes than those named.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        content = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        fingerprint = content.pop("")
        valid = set(content) == attributes and all(isinstance(value, str) for value in content.values())
        if valid and fingerprint == _fingerprint(content, query) and encode(content, query=query) == cursor:
            return dict(content)
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise InvalidCursorError


def _fingerprint(position: Mapping[str, str], query: str) -> str:
    parts = json.dumps([query, dict(position)], sort_keys=True)
    return hashlib.sha256(parts.encode()).hexdigest()[:_FINGERPRINT_LENGTH]
