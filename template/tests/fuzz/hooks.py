"""Lets schemathesis call the deployed API: it loads this module, which schemathesis.toml names."""

import re
import uuid
from typing import Any

import schemathesis

from blueprint.testing.client import authorization
from blueprint.testing.environment import reach
from blueprint.testing.localhost import resolve_localhost

KEY, LONGEST_KEY = "Idempotency-Key", 200
VALID = r'"([ !#-\[\]-~]|\\["\\])+"|[!#-+\--:<-\[\]-~]+'

resolve_localhost()
reach()
if auth := authorization():
    schemathesis.auth.set_from_requests(auth)  # type: ignore[attr-defined]


@schemathesis.hook
def before_call(_: schemathesis.HookContext, case: "schemathesis.Case[Any]", __: dict[str, Any]) -> None:
    """Makes a valid Idempotency-Key a new one: made-up keys repeat themselves, and a used one has its own answers."""
    key = case.headers[KEY] if case.headers and KEY in case.headers else None
    if isinstance(key, str) and len(key) <= LONGEST_KEY and re.fullmatch(VALID, key):
        end = '"' if key.startswith('"') else ""
        case.headers[KEY] = f"{key.removesuffix(end)}{uuid.uuid4()}{end}"
