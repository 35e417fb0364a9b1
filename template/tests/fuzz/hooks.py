"""Lets schemathesis call the deployed API: it loads this module, which schemathesis.toml names."""

import uuid
from typing import Any
from urllib.parse import unquote

import schemathesis

from blueprint.testing.client import authorization
from blueprint.testing.environment import reach
from blueprint.testing.localhost import resolve_localhost

KEY, LONGEST_KEY = "Idempotency-Key", 200

resolve_localhost()
reach()
if auth := authorization():
    schemathesis.auth.set_from_requests(auth)  # type: ignore[attr-defined]


@schemathesis.hook
def filter_path_parameters(_: schemathesis.HookContext, path_parameters: dict[str, Any] | None) -> bool:
    """Leaves out ids with a line break: the local cloud's IAM policies match none, with an answer of its own form."""
    return not any("\n" in unquote(str(value)) for value in (path_parameters or {}).values())


@schemathesis.hook
def before_call(_: schemathesis.HookContext, case: "schemathesis.Case[Any]", __: dict[str, Any]) -> None:
    """Makes a valid Idempotency-Key a new one: made-up keys repeat themselves, and a used one has its own answers."""
    key = case.headers[KEY] if case.headers and KEY in case.headers else None
    if isinstance(key, str) and 1 <= len(key) <= LONGEST_KEY and all(" " <= character <= "~" for character in key):
        case.headers[KEY] = f"{key}{uuid.uuid4()}"
