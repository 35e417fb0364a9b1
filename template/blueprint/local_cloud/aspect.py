"""What the stack leaves out on the local cloud, and nothing else does differently."""

import hashlib
import json

import aws_cdk as cdk
import jsii
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import IConstruct

from blueprint.settings import LOCAL

# Resource types that MiniStack refuses a whole template for.
UNSUPPORTED = frozenset(
    {
        "AWS::ApplicationSignals::ServiceLevelObjective",
        "AWS::Backup::BackupSelection",
        "AWS::CloudWatch::AnomalyDetector",
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::CodeDeploy::Application",
        "AWS::CodeDeploy::DeploymentGroup",
        "AWS::Logs::QueryDefinition",
        "AWS::ResourceGroups::Group",
        "AWS::Synthetics::Canary",
        "AWS::WAFv2::LoggingConfiguration",
        "AWS::WAFv2::WebACLAssociation",
        "AWS::XRay::Group",
    }
)
# Resource types with a policy that may refuse plain HTTP, which is all that the local cloud speaks.
_POLICIES = frozenset({"AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"})


@jsii.implements(cdk.IAspect)
class SkipUnsupported:
    """Puts a false condition on each resource that the local cloud lacks: it stays in the template, uncreated.

    So it does with a policy, or a part of one, that refuses plain HTTP (`enforce_ssl`).
    """

    def visit(self, node: IConstruct) -> None:
        if not isinstance(node, cdk.CfnResource):
            return
        is_metric_math = isinstance(node, cloudwatch.CfnAlarm) and node.metrics is not None
        refuses_http = node.cfn_resource_type in _POLICIES and not _allow_http(node)
        if node.cfn_resource_type in UNSUPPORTED or is_metric_math or refuses_http:
            stack = cdk.Stack.of(node)
            never = stack.node.try_find_child("Never")
            if not isinstance(never, cdk.CfnCondition):
                cloud = cdk.CfnParameter(stack, "Cloud", default=LOCAL).value_as_string
                never = cdk.CfnCondition(stack, "Never", expression=cdk.Fn.condition_equals(cloud, "aws"))
            node.cfn_options.condition = never


def _allow_http(policy: cdk.CfnResource) -> bool:
    """Takes the statements that refuse plain HTTP out of the policy; False when no other ones are there."""
    document = cdk.Stack.of(policy).resolve(getattr(policy, "policy_document"))  # noqa: B009
    others = [statement for statement in document["Statement"] if "aws:SecureTransport" not in json.dumps(statement)]
    if others and len(others) < len(document["Statement"]):
        policy.add_property_override("PolicyDocument.Statement", others)
    return bool(others)


def fix_api_id(rest_api: apigateway.RestApi, stack_name: str) -> None:
    """Gives the API the same id, and so the same address, at every deployment (a MiniStack tag)."""
    cdk.Tags.of(rest_api).add("ms-custom-id", hashlib.sha256(stack_name.encode()).hexdigest()[:8])
