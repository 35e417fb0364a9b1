"""The role with which the pipeline tests a deployed environment: it calls the API and reads what that takes."""

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from constructs import Construct

from blueprint.constructs.authorization import Authorization, Cognito
from blueprint.constructs.findings import acknowledge_wildcard
from blueprint.settings import Environment, Service


def pipeline_role_name(service: Service, environment: Environment) -> str:
    """The name of the role that GitHub's workflows take on for the environment, at most 50 characters long."""
    return f"{service.name}-{environment.name}-pipeline"


def caller_role_name(stack_name: str) -> str:
    """The name of the caller's role, at most 57 characters long."""
    return f"{stack_name}-caller"


def cdk_role_name(kind: str, account: str, region: str) -> str:
    """The name of a role that `cdk bootstrap` makes: deploy, file-publishing or lookup."""
    return f"cdk-{cdk.DefaultStackSynthesizer.DEFAULT_QUALIFIER}-{kind}-role-{account}-{region}"


class CallerRole(Construct):
    """A role for the environment's pipeline role alone.

    It may invoke this API, read this stack's outputs and, with Cognito, the secret of this pool's client.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        rest_api: apigateway.RestApi,
        authorization: Authorization,
        service: Service,
        environment: Environment,
    ):
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        pipeline = stack.format_arn(
            service="iam", region="", resource="role", resource_name=pipeline_role_name(service, environment)
        )
        role = iam.Role(
            self,
            "Role",
            role_name=caller_role_name(stack.stack_name),
            description=f"Tests {stack.stack_name} over HTTP",
            # By a condition, since a principal would have to exist already.
            assumed_by=iam.AccountRootPrincipal().with_conditions({"ArnEquals": {"aws:PrincipalArn": pipeline}}),
        )
        methods = rest_api.arn_for_execute_api(stage=environment.name)
        policy = iam.Policy(
            self,
            "Policy",
            roles=[role],
            statements=[
                iam.PolicyStatement(actions=["cloudformation:DescribeStacks"], resources=[stack.stack_id]),
                iam.PolicyStatement(actions=["execute-api:Invoke"], resources=[methods]),
            ],
        )
        if isinstance(authorization, Cognito):
            policy.add_statements(
                iam.PolicyStatement(
                    actions=["cognito-idp:DescribeUserPoolClient"], resources=[authorization.pool.user_pool_arn]
                )
            )
        acknowledge_wildcard(policy, methods, "The wildcard stands for the methods of this one API.")
