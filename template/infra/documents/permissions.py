"""docs/permissions.md: what each function may do, read from the policies in a template."""

from collections.abc import Iterator, Mapping
from typing import Any


def document(environment: str, resources: Mapping[str, Any]) -> str:
    """The table of the environment's functions, actions and resources, as Markdown."""
    rows = sorted(set(_rows(resources)))
    lines = [
        "# Permissions",
        "",
        f"What the roles of the functions allow, read from {environment}'s template by `make documents`. Other",
        "environments may lack `/swagger` and its function, and the local cloud has no traces. Review a change here as",
        "what it is: a change of who may do what.",
        "",
        "| function | action | resource |",
        "| --- | --- | --- |",
        *(f"| {function} | `{action}` | {resource} |" for function, action, resource in rows),
    ]
    return "\n".join(lines) + "\n"


def _rows(resources: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    functions = {
        resource["Properties"]["Role"]["Fn::GetAtt"][0]: resource["Properties"]["Handler"].split(".")[-2]
        for resource in resources.values()
        if resource["Type"] == "AWS::Lambda::Function"
    }
    for resource in resources.values():
        if resource["Type"] != "AWS::IAM::Policy":
            continue
        for role in resource["Properties"]["Roles"]:
            if function := functions.get(role["Ref"]):
                for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                    for action in _as_list(statement["Action"]):
                        for target in _as_list(statement["Resource"]):
                            yield function, action, _name(target, resources)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _name(target: Any, resources: Mapping[str, Any]) -> str:
    """A resource as people know it: its type, and its place in the stack."""
    match target:
        case "*":
            return "any (it has no ARN)"
        case {"Fn::GetAtt": [str(logical_id), _]} | {"Ref": str(logical_id)} if logical_id in resources:
            resource = resources[logical_id]
            path = resource["Metadata"]["aws:cdk:path"].split("/")[1:-1]
            return f"{resource['Type'].split('::', 1)[1]} {'/'.join(path)}"
        case {"Fn::Join": [_, list(parts)]}:
            last = max(index for index, part in enumerate(parts) if not isinstance(part, str))
            path = "".join(parts[last + 1 :]).replace("/", " ")
            return f"{_name(parts[last], resources)}{path}"
        case _:
            raise ValueError(f"The resource {target!r} has no name for docs/permissions.md.")
