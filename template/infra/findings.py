"""Acknowledges findings of cdk-nag, each on one construct and with a reason that a reviewer can check."""

from typing import Any

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Acknowledges the rule of the pack AwsSolutions, such as APIG4, on the construct and what is in it."""
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=f"AwsSolutions-{rule}", reason=reason))


def acknowledge_wildcard(policy: IConstruct, resource: str, reason: str) -> None:
    """Acknowledges that the policy allows something on this one resource, whose ARN has a wildcard, and no other."""
    acknowledge(policy, f"IAM5[Resource::{_text(cdk.Stack.of(policy).resolve(resource))}]", reason)


def _text(value: Any) -> str:
    """A resolved value as cdk-nag writes it: references in angle brackets."""
    match value:
        case str():
            return value
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(map(_text, parts))
        case {"Ref": str(name)}:
            return f"<{name}>"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"<{name}.{attribute}>"
        case _:
            raise ValueError(f"An ARN can't hold {value!r}.")
