"""What is left out on the local cloud, which speaks plain HTTP."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template
from blueprint.local_cloud.aspect import SkipUnsupported


def test_a_policy_keeps_all_but_its_refusal_of_plain_http() -> None:
    # Given a queue that only demands TLS, and one that also lets a service send
    stack = cdk.Stack()
    sqs.Queue(stack, "Strict", enforce_ssl=True)
    shared = sqs.Queue(stack, "Shared", enforce_ssl=True)
    shared.grant_send_messages(iam.ServicePrincipal("events.amazonaws.com"))
    # When it is for the local cloud
    cdk.Aspects.of(stack).add(SkipUnsupported())
    policies = Template.from_stack(stack).find_resources("AWS::SQS::QueuePolicy")
    # Then the first one's policy isn't made, and the other one's has the rest
    [skipped] = [policy for name, policy in policies.items() if name.startswith("Strict")]
    [kept] = [policy for name, policy in policies.items() if name.startswith("Shared")]
    assert skipped["Condition"] == "Never"
    assert "Condition" not in kept
    [statement] = kept["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
