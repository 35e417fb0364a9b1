"""docs/permissions.md: who may do what, and what protects access and data, read from a template."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Resources = Mapping[str, Any]
Row = tuple[str, ...]

# Where a resource says who may use it, and what it is to be.
_POLICIES = {
    "AWS::ApiGateway::RestApi": "Policy",
    "AWS::IAM::Role": "AssumeRolePolicyDocument",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::Logs::ResourcePolicy": "PolicyDocument",
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
}
_SETTINGS = {
    "AWS::ApiGateway::Method": ("AuthorizationType", "AuthorizationScopes"),
    "AWS::ApiGateway::RestApi": ("EndpointConfiguration", "SecurityPolicy", "EndpointAccessMode"),
    "AWS::Cognito::UserPool": ("AdminCreateUserConfig", "DeletionProtection", "MfaConfiguration", "Policies"),
    "AWS::Cognito::UserPoolClient": ("AllowedOAuthFlows", "AllowedOAuthScopes", "ExplicitAuthFlows"),
    "AWS::DynamoDB::Table": ("DeletionProtectionEnabled", "PointInTimeRecoverySpecification", "SSESpecification"),
    "AWS::KMS::Key": ("EnableKeyRotation",),
    "AWS::WAFv2::LoggingConfiguration": ("RedactedFields",),
    "AWS::WAFv2::WebACL": ("DefaultAction", "Rules", "Scope"),
    "AWS::WAFv2::WebACLAssociation": ("ResourceArn",),
}


def document(environment: str, resources: Resources) -> str:
    """The tables of permissions and of settings of the environment with these resources, as Markdown."""
    lines = [
        "# Permissions",
        "",
        f"Read from {environment}'s template by `make documents`. Review a change here as what it is: a change of who",
        "may do what, or of what protects the data.",
        "",
        "## Who may do what",
        "",
        *_table(("who", "on", "condition", "actions"), _with_all_actions(_permissions(resources))),
        "",
        "## Settings",
        "",
        *_table(("resource", "setting", "value"), _settings(resources)),
    ]
    return "\n".join(lines) + "\n"


def _table(head: Row, rows: Iterator[Row]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ("---",) * len(head), *sorted(set(rows)))]


def _with_all_actions(permissions: Iterator[Row]) -> Iterator[Row]:
    """A row for whoever may do something to a resource on one condition, with all that is."""
    actions: dict[Row, set[str]] = {}
    for *who_on_condition, action in permissions:
        actions.setdefault(tuple(who_on_condition), set()).add(action)
    return ((*row, ", ".join(sorted(found))) for row, found in actions.items())


def _permissions(resources: Resources) -> Iterator[Row]:
    functions = {
        function["Properties"]["Role"]["Fn::GetAtt"][0]: function["Properties"]["Handler"].split(".")[-2]
        for function in resources.values()
        if function["Type"] == "AWS::Lambda::Function"
    }
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        if resource["Type"] in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}:
            for role in properties.get("Roles", []):
                who = functions.get(role.get("Ref"), _text(role, resources))
                for statement in properties["PolicyDocument"]["Statement"]:
                    yield from _rows(who, statement, resources)
        elif resource["Type"] == "AWS::Lambda::Permission":
            source = f"from {_text(properties['SourceArn'], resources)}" if "SourceArn" in properties else ""
            on = _text(properties["FunctionName"], resources)
            yield _text(properties["Principal"], resources), on, source, f"`{properties['Action']}`"
        elif policy := _policy(properties.get(_POLICIES.get(resource["Type"], "")), resources):
            for statement in policy["Statement"]:
                who = _text(statement.get("Principal", ""), resources)
                # Of a resource's own policy, * is that resource.
                target = {"Ref": name} if statement.get("Resource", "*") == "*" else statement["Resource"]
                yield from _rows(who, {**statement, "Resource": target}, resources)


def _policy(document: Any, resources: Resources) -> dict[str, Any] | None:
    """The policy, which some resources hold as text; in that text references have no name but their own."""
    if document is None or (isinstance(document, dict) and "Statement" in document):
        return document
    parsed: dict[str, Any] = json.loads(_text(document, resources))
    return parsed


def _rows(who: str, statement: Mapping[str, Any], resources: Resources) -> Iterator[Row]:
    condition = _text(statement.get("Condition", ""), resources)
    effect = "" if statement["Effect"] == "Allow" else "**denied** "
    for action in _as_list(statement.get("Action", statement.get("NotAction"))):
        for target in _as_list(statement.get("Resource", statement.get("NotResource"))):
            yield who, _text(target, resources), condition, f"{effect}`{action}`"


def _settings(resources: Resources) -> Iterator[Row]:
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        place = _text({"Ref": name}, resources)
        for setting in _SETTINGS.get(resource["Type"], ()):
            if setting in properties:
                yield place, setting, _value(setting, properties[setting], resources)
        if resource.get("DeletionPolicy", "Delete") != "Delete":
            yield place, "DeletionPolicy", resource["DeletionPolicy"]


def _value(setting: str, value: Any, resources: Resources) -> str:
    if setting == "Rules":
        return ", ".join(
            f"{rule['Name']}: {_text(rule.get('Action', rule.get('OverrideAction')), {})}" for rule in value
        )
    return _text(value, resources)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any, resources: Resources) -> str:
    """A value as people read it: a resource by its type and its place in the stack, an ARN as it stands."""
    match value:
        case str():
            return value
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            return _place(name, resources[name]) if name in resources else f"${{{name}}}"
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(_text(part, resources) for part in parts)
        case dict():
            return "; ".join(f"{key} {_text(each, resources)}" for key, each in value.items())
        case list():
            return ", ".join(_text(each, resources) for each in value)
        case _:
            return json.dumps(value)


def _place(name: str, resource: Mapping[str, Any]) -> str:
    path = resource.get("Metadata", {}).get("aws:cdk:path", name).split("/")[1:]
    return f"{resource['Type'].split('::', 1)[1]} {'/'.join(part for part in path if part != 'Resource')}"
