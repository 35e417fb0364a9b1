"""docs/security.json: what decides who may do what, and what protects data, read from a template.

It is a snapshot to be reviewed: whatever changes here changes the service's security.
"""

import json
from collections.abc import Mapping
from typing import Any

# The properties that matter, by the type of the resource.
_RELEVANT = {
    "AWS::ApiGateway::Method": ("HttpMethod", "AuthorizationType", "AuthorizationScopes"),
    "AWS::ApiGateway::RestApi": ("EndpointConfiguration", "Policy", "SecurityPolicy", "EndpointAccessMode"),
    "AWS::Cognito::UserPool": ("AdminCreateUserConfig", "DeletionProtection", "MfaConfiguration", "Policies"),
    "AWS::Cognito::UserPoolClient": ("AllowedOAuthFlows", "AllowedOAuthScopes", "ExplicitAuthFlows"),
    "AWS::DynamoDB::Table": ("DeletionProtectionEnabled", "PointInTimeRecoverySpecification", "SSESpecification"),
    "AWS::IAM::Policy": ("PolicyDocument", "Roles"),
    "AWS::IAM::Role": ("AssumeRolePolicyDocument", "ManagedPolicyArns", "Policies"),
    "AWS::KMS::Key": ("EnableKeyRotation", "KeyPolicy"),
    "AWS::Lambda::Permission": ("Action", "FunctionName", "Principal", "SourceArn"),
    "AWS::Logs::ResourcePolicy": ("PolicyDocument",),
    "AWS::SNS::TopicPolicy": ("PolicyDocument",),
    "AWS::WAFv2::LoggingConfiguration": ("RedactedFields",),
    "AWS::WAFv2::WebACL": ("DefaultAction", "Rules", "Scope"),
    "AWS::WAFv2::WebACLAssociation": ("ResourceArn",),
}


def document(environment: str, resources: Mapping[str, Any]) -> str:
    """The security-relevant part of each resource of the environment, by its place in the stack."""
    parts = {_place(resource): _relevant(resource) for resource in resources.values() if resource["Type"] in _RELEVANT}
    return json.dumps({environment: dict(sorted(parts.items()))}, indent=2, sort_keys=True) + "\n"


def _place(resource: Mapping[str, Any]) -> str:
    path: str = resource["Metadata"]["aws:cdk:path"]
    return path.partition("/")[2]


def _relevant(resource: Mapping[str, Any]) -> dict[str, Any]:
    properties = resource.get("Properties", {})
    part = {name: properties[name] for name in _RELEVANT[resource["Type"]] if name in properties}
    return {"Type": resource["Type"], "DeletionPolicy": resource.get("DeletionPolicy", "Delete"), **part}
