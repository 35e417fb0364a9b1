"""The OpenAPI document of the code as it is. Needs no AWS and no network."""

import json
import os

from infra import settings as service_settings
from infra.openapi.variables import VARIABLES


def current() -> str:
    """The document of the code as it is, the same text on every machine."""
    os.environ.update(VARIABLES)
    # Importing the handlers, which read those variables.
    from service.core.openapi import document  # noqa: PLC0415

    service = service_settings.load().service
    return json.dumps(document(title=service.name, authorization=service.authorization), indent=2) + "\n"
