"""Bodies of POST /api/orders at the edges of what HTTP and JSON allow, and the answer that docs/api.md promises."""

from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True)
class Edge:
    """A body and the status that it gets."""

    body: str
    status: HTTPStatus
    content_type: str = "application/json"


_CREATED, _INVALID = HTTPStatus.CREATED, HTTPStatus.UNPROCESSABLE_ENTITY


def _named(name: str) -> str:
    return f'{{"customer_name": "{name}", "order_item_count": 1}}'


def _count(number: str) -> str:
    return f'{{"customer_name": "Ada", "order_item_count": {number}}}'


EDGES = {
    "empty": Edge("", _INVALID),
    "a space": Edge(" ", _INVALID),
    "no JSON": Edge("{", _INVALID),
    "null": Edge("null", _INVALID),
    "a list": Edge("[]", _INVALID),
    "a list with an order": Edge(f"[{_count('1')}]", _INVALID),
    "a string": Edge('"order"', _INVALID),
    "an empty object": Edge("{}", _INVALID),
    "an unknown field": Edge('{"customer_name": "Ada", "order_item_count": 1, "id": "x"}', _INVALID),
    "the same name twice": Edge('{"customer_name": "Ada", "order_item_count": 1, "order_item_count": 2}', _INVALID),
    "something after it": Edge(f"{_count('1')} {{}}", _INVALID),
    "a byte order mark": Edge(f"\ufeff{_count('1')}", _INVALID),
    "deeply nested": Edge("[" * 100_000, _INVALID),
    "huge": Edge(_named("x" * 1_000_000), _INVALID),
    "a number as a string": Edge(_count('"1"'), _INVALID),
    "a boolean for a number": Edge(_count("true"), _INVALID),
    "zero": Edge(_count("0"), _INVALID),
    "a negative number": Edge(_count("-1"), _INVALID),
    "a fraction": Edge(_count("1.5"), _INVALID),
    "a whole number with a fraction": Edge(_count("1.0"), _CREATED),
    "a whole number with an exponent": Edge(_count("2e3"), _CREATED),
    "1e400": Edge(_count("1e400"), _INVALID),
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
    "no content type": Edge(_count("1"), HTTPStatus.UNSUPPORTED_MEDIA_TYPE, content_type=""),
    "text": Edge(_count("1"), HTTPStatus.UNSUPPORTED_MEDIA_TYPE, content_type="text/plain"),
    "a form": Edge("customer_name=Ada", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "application/x-www-form-urlencoded"),
    "JSON with a charset": Edge(_count("1"), _CREATED, content_type="Application/JSON; charset=utf-8"),
}

NO_ORDER_IDS = {
    "of no order": "3f2b8c1e-6f0d-4c0a-9f57-0d6d6f2f4a11",
    "empty but for a space": "%20",
    "no UUID": "none",
    "in braces": "%7B3f2b8c1e-6f0d-4c0a-9f57-0d6d6f2f4a11%7D",
    "without hyphens": "3f2b8c1e6f0d4c0a9f570d6d6f2f4a11",
    "too long": "x" * 500,
    "percent-encoded Unicode": "%C3%A9",
    "half a character": "%FF",
    "a zero byte": "%00",
}
"""What stands in the place of an order's id in a path, as the client sends it, and is answered with 404."""
