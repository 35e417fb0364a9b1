"""Bodies of POST /api/orders at the edges of what HTTP and JSON allow, and the answer that docs/api.md promises."""

import json
from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True)
class Edge:
    """A body and the status that it gets."""

    body: str
    status: HTTPStatus
    content_type: str = "application/json"
    content_encoding: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        encoding = {"Content-Encoding": self.content_encoding} if self.content_encoding else {}
        return {"Content-Type": self.content_type, **encoding}


_CREATED, _INVALID = HTTPStatus.CREATED, HTTPStatus.UNPROCESSABLE_ENTITY
_TOO_LARGE, _UNSUPPORTED = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE
_LIMIT = 8 * 1024


def _named(name: str) -> str:
    return f'{{"customer_name": "{name}", "order_item_count": 1}}'


def _count(number: str) -> str:
    return f'{{"customer_name": "Ada", "order_item_count": {number}}}'


EDGES = {
    "empty": Edge("", _INVALID),
    "a space": Edge(" ", _INVALID),
    "invalid JSON": Edge("{", _INVALID),
    "null": Edge("null", _INVALID),
    "a list": Edge("[]", _INVALID),
    "a list with an order": Edge(f"[{_count('1')}]", _INVALID),
    "a string": Edge('"order"', _INVALID),
    "an empty object": Edge("{}", _INVALID),
    "an unknown field": Edge('{"customer_name": "Ada", "order_item_count": 1, "id": "x"}', _INVALID),
    "the same name twice": Edge('{"customer_name": "Ada", "order_item_count": 1, "order_item_count": 2}', _INVALID),
    "something after it": Edge(f"{_count('1')} {{}}", _INVALID),
    "a byte order mark": Edge(f"\ufeff{_count('1')}", _INVALID),
    "deeply nested": Edge("[" * _LIMIT, _INVALID),
    "as large as it may be": Edge(_count("1").ljust(_LIMIT), _CREATED),
    "too large by a byte": Edge(_count("1").ljust(_LIMIT + 1), _TOO_LARGE),
    "too large by a character of two bytes": Edge(_named("é").ljust(_LIMIT), _TOO_LARGE),
    "huge": Edge(_named("x" * 1_000_000), _TOO_LARGE),
    "ten megabytes and a byte": Edge(_count("1").ljust(10 * 1024 * 1024 + 1), _TOO_LARGE),
    "many unknown fields": Edge(json.dumps({str(number): 1 for number in range(700)}), _INVALID),
    "long unknown fields": Edge(json.dumps({f"{number}{'😀' * 40}": 1 for number in range(15)}), _INVALID),
    "a number as a string": Edge(_count('"1"'), _INVALID),
    "a boolean for a number": Edge(_count("true"), _INVALID),
    "zero": Edge(_count("0"), _INVALID),
    "a negative number": Edge(_count("-1"), _INVALID),
    "a fraction": Edge(_count("1.5"), _INVALID),
    "a whole number with a fraction": Edge(_count("1.0"), _CREATED),
    "a whole number with an exponent": Edge(_count("2e3"), _CREATED),
    "a little less than a whole number": Edge(_count("0.99999999999999999999"), _INVALID),
    "a little more than the largest number": Edge(_count("2147483647.0000000001"), _INVALID),
    "1e400": Edge(_count("1e400"), _INVALID),
    "1e-400": Edge(_count("1e-400"), _INVALID),
    "1e99999999999999999999": Edge(_count("1e99999999999999999999"), _INVALID),
    "NaN": Edge(_count("NaN"), _INVALID),
    "the largest number": Edge(_count("2147483647"), _CREATED),
    "a number too large": Edge(_count("2147483648"), _INVALID),
    "a number of 5000 digits": Edge(_count("9" * 5000), _INVALID),
    "an empty name": Edge(_named(""), _INVALID),
    "a name of 20 characters": Edge(_named("x" * 20), _CREATED),
    "a name of 21 characters": Edge(_named("x" * 21), _INVALID),
    "a number for a name": Edge('{"customer_name": 1, "order_item_count": 1}', _INVALID),
    "a name in Greek": Edge(_named("Ωμέγα"), _CREATED),
    "a name of 20 emoji": Edge(_named("😀" * 20), _CREATED),
    "an escaped pair of surrogates": Edge(_named("\\ud83d\\ude00"), _CREATED),
    "half a pair of surrogates": Edge(_named("\\ud83d"), _INVALID),
    "a control character": Edge(_named("a\tb"), _INVALID),
    "an escaped control character": Edge(_named("a\\u0000b"), _CREATED),
    "no content type": Edge(_count("1"), _UNSUPPORTED, content_type=""),
    "text": Edge(_count("1"), _UNSUPPORTED, content_type="text/plain"),
    "a form": Edge("customer_name=Ada", _UNSUPPORTED, content_type="application/x-www-form-urlencoded"),
    "JSON with a charset": Edge(_count("1"), _CREATED, content_type="Application/JSON; Charset=UTF-8"),
    "JSON with a quoted charset": Edge(_count("1"), _CREATED, content_type='application/json;x=1;charset="utf-8"'),
    "JSON in UTF-16": Edge(_count("1"), _UNSUPPORTED, content_type="application/json; charset=utf-16"),
    "compressed": Edge(_count("1"), _UNSUPPORTED, content_encoding="gzip"),
    "not compressed": Edge(_count("1"), _CREATED, content_encoding="identity"),
}

KEYS = {
    "no key": None,
    "an empty one": "",
    "nothing in quotes": '""',
    "too long": "x" * 256,
    "too long in quotes": f'"{"x" * 256}"',
    "a space without quotes": "a b",
    "two in one line": "a, b",
    "a half quoted one": '"a',
    "a quote in quotes": '"a"b"',
    "a backslash alone": '"a\\b"',
    "with parameters": '"a";b=1',
    "not in ASCII": "é",
}
"""Idempotency keys that are refused with 400."""

NO_ORDER_IDS = {
    "of no order": "3f2b8c1e-6f0d-4c0a-9f57-0d6d6f2f4a11",
    "empty but for a space": "%20",
    "not a UUID": "none",
    "in braces": "%7B3f2b8c1e-6f0d-4c0a-9f57-0d6d6f2f4a11%7D",
    "without hyphens": "3f2b8c1e6f0d4c0a9f570d6d6f2f4a11",
    "too long": "x" * 500,
    "percent-encoded Unicode": "%C3%A9",
    "half a character": "%FF",
    "a zero byte": "%00",
}
"""What stands in the place of an order's id in a path, as the client sends it, and is answered with 404."""
