"""What makes the functions start and answer faster: blueprint/docs/performance.md has each one's gain and risk.

Each has a line of its own, without which it is switched off.
"""

from collections.abc import Callable, Collection
from pathlib import Path

from blueprint.packaging.slimming import (
    AMAZON_ROOTS,
    only_listed_services,
    only_their_endpoints,
    without_documentation,
)

Levers = tuple[Callable[[Path, Collection[str]], None], ...]

LAYER: Levers = (
    only_listed_services,
    only_their_endpoints,
    without_documentation,
)
"""What is done to botocore's data when the layer is built, in this order."""

START = {
    # Of the root certificates only those of AWS's own endpoints.
    "AWS_CA_BUNDLE": f"/opt/{AMAZON_ROOTS}",
    # No search for plugins of pydantic: a test says when a dependency brings one.
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
    # Python 3.15 and newer: a module is loaded when something of it is used. Older ones don't know the variable.
    "PYTHON_LAZY_IMPORTS": "all",
    # blueprint/runtime/start.py
    "START_PRIMED": "true",
    "START_WITHOUT_GC": "true",
    # blueprint/runtime/aws.py
    "START_WITH_OWN_EVENTS": "true",
    "CALL_WITH_FIXED_USER_AGENT": "true",
    "CALL_WITHOUT_RETRY_HEADERS": "true",
    "CALL_WITHOUT_VALIDATION": "true",
}
"""Environment variables of every function."""
