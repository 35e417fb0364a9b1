"""What a template must not change of the stack that is deployed: what CloudFormation does then, it doesn't say."""

from collections.abc import Iterator, Mapping
from typing import Any

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

Resources = Mapping[str, Mapping[str, Any]]

_SCHEMA_REGION = "us-east-1"
TABLE = "AWS::DynamoDB::Table"
HOLDING_DATA = (TABLE, "AWS::Cognito::UserPool")
"""What is retained for its content; versions of the configuration are retained, too, each new one beside the last."""


def breaches(deployed: Resources, wanted: Resources) -> list[str]:
    """Why the deployed resources must not be updated to the wanted ones, a sentence each; none if they may."""
    return [sentence for name in deployed for sentence in _breaches(name, deployed[name], wanted.get(name))]


def _breaches(name: str, old: Mapping[str, Any], new: Mapping[str, Any] | None) -> Iterator[str]:
    if old["Type"] in HOLDING_DATA and old.get("DeletionPolicy") == "Retain":
        if new is None or new["Type"] != old["Type"]:
            yield (
                f"{name} ({old['Type']}), which is retained, would leave the stack with all that it holds, and what "
                "takes its place would be empty. Keep its name, or retire it as blueprint/docs/deploying.md says."
            )
            return
        for changed in _replacing(old["Type"], _properties(old), _properties(new)):
            yield (
                f"{name} ({old['Type']}), which is retained, would be replaced by an empty one, because {changed} "
                "changes. Add another resource and move the data, as blueprint/docs/deploying.md says."
            )
    if new is not None and old["Type"] == TABLE:
        changes = _index_changes(_properties(old), _properties(new))
        if len(changes) > 1:
            yield (
                f"{name} would have {len(changes)} changes of its indexes ({', '.join(changes)}), and DynamoDB makes "
                "one in an update: deploy them one after the other."
            )


def _replacing(resource_type: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The properties that differ and can't be changed in place."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(_SCHEMA_REGION, resource_type).schema
    paths = [*schema.get("createOnlyProperties", ()), *schema.get("conditionalCreateOnlyProperties", ())]
    names = {path.removeprefix("/properties/").split("/")[0] for path in paths}
    changed = {name for name in names if old.get(name) != new.get(name)}
    return sorted(changed | ({"the type of its key"} if _key_types(old) != _key_types(new) else set()))


def _key_types(table: Mapping[str, Any]) -> list[str]:
    types = {found["AttributeName"]: found["AttributeType"] for found in table.get("AttributeDefinitions", ())}
    return [types[key["AttributeName"]] for key in table.get("KeySchema", ())]


def _index_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What is added and what is removed; an index whose keys change is both."""
    before, after = (
        {index["IndexName"]: index["KeySchema"] for index in table.get("GlobalSecondaryIndexes", ())}
        for table in (old, new)
    )
    return [
        *(f"+{name}" for name in after if before.get(name) != after[name]),
        *(f"-{name}" for name in before if before[name] != after.get(name)),
    ]


def _properties(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    properties: Mapping[str, Any] = resource.get("Properties", {})
    return properties
