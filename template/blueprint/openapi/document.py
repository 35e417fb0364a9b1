"""The OpenAPI document of the code as it is. Needs no AWS and no network."""

import json
import os

from blueprint import offline
from blueprint import settings as service_settings
from blueprint.declare import Declarations


def current(declarations: Declarations) -> str:
    """The document of the code as it is, the same text on every machine."""
    os.environ.update({**offline.variables(declarations.tables), **declarations.variables})
    # Importing the handlers, which read those variables.
    from blueprint.runtime.openapi import document  # noqa: PLC0415

    service = service_settings.load().service
    handlers = [function.module for function in declarations.functions if function.routes]
    found = document(handlers=handlers, title=service.name, authorization=service.authorization)
    return json.dumps(found, indent=2) + "\n"
