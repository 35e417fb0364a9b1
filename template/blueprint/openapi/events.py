"""The JSON Schemas of the events that the service publishes."""

import json

from pydantic.json_schema import models_json_schema

from blueprint.declare import Declarations

NONE = '{"$defs": {}}\n'
"""The document of a service that publishes nothing any more."""


def current(declarations: Declarations) -> str | None:
    """The schemas, by name and version, of the events as they are published; None where there are none."""
    if not declarations.events:
        return None
    keys, schema = models_json_schema(
        [(event, "serialization") for event in declarations.events], ref_template="#/$defs/{model}"
    )
    own = {keys[event, "serialization"]["$ref"].rpartition("/")[2]: event for event in declarations.events}
    named = {
        f"{own[name].name}.v{own[name].version}" if name in own else name: definition
        for name, definition in schema["$defs"].items()
    }
    if len(named) < len(schema["$defs"]):
        raise ValueError("Two of infra/app.py's events have the same name and version.")
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": dict(sorted(named.items()))}
    return json.dumps(document, indent=2) + "\n"
