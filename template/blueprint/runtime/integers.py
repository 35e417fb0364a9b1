"""Integers in paths and queries, taken exactly as their schema describes them."""

import re
from typing import Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_DIGITS = re.compile(r"-?(0|[1-9][0-9]*)")


def _integer(value: Any) -> Any:
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise PydanticCustomError("int_parsing", "Input should be a valid integer")
    return value


INTEGER = BeforeValidator(_integer)
"""For an `int` in a query or a path: digits, and nothing that only Python reads as a number (1_0, 1.0, +1, " 1").

`Annotated[int, Field(ge=1), INTEGER, Query(description="…")]`
"""
