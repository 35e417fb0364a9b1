"""Checks by cdk-nag and the CDK: a finding is acknowledged on one construct, for a reason that can be checked."""

from typing import Any

import aws_cdk as cdk
import cdk_nag
from constructs import IConstruct

# Warnings fail a synthesis as errors do, those of CDK's own validation and annotations too.
_STRICT = {
    "@aws-cdk/core:annotationsInValidationReport": True,
    "@aws-cdk/core:strictCfnValidateErrors": True,
    "@aws-cdk/core:validateAgainstDefaultRules": True,
}


def checked_app(**options: object) -> cdk.App:
    """An app whose synthesis fails on any finding; `options` go to `cdk.App`."""
    app = cdk.App(context=_STRICT, **options)  # type: ignore[arg-type]
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(verbose=True))
    return app


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
