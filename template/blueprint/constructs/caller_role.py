"""The role with which the pipeline tests a deployed environment: it calls the API and reads what that takes."""

from collections.abc import Collection

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from blueprint.constructs.authorization import Authorization, Cognito
from blueprint.constructs.findings import acknowledge_wildcard
from blueprint.constructs.functions import ServiceFunction
from blueprint.settings import Environment, Service


def pipeline_role_name(service: Service, environment: Environment) -> str:
    """The name of the role that GitHub's workflows assume for the environment, at most 50 characters long."""
    return f"{service.name}-{environment.name}-pipeline"


def caller_role_name(stack_name: str) -> str:
    """The name of the caller's role, at most 57 characters long."""
    return f"{stack_name}-caller"


class CallerRole(Construct):
    """A role for the environment's pipeline role alone, which tests the environment with it.

    It may invoke this API (in production its GET methods), read this stack's outputs and, with Cognito, the secret of
    this pool's client, by which the tests get their tokens: IAM can't tell its clients, nor the scopes that are asked
    for. `allow` adds what tests of the team's call besides.
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
        name = pipeline_role_name(service, environment)
        role = stack.format_arn(service="iam", region="", resource="role", resource_name=name)
        # AWS compares with the role, the local cloud with its session.
        session = stack.format_arn(service="sts", region="", resource="assumed-role", resource_name=f"{name}/*")
        # A condition instead of a principal, since a role that is named as one has to exist already.
        pipeline = iam.AccountRootPrincipal().with_conditions({"ArnLike": {"aws:PrincipalArn": [role, session]}})
        self.role = iam.Role(
            self,
            "Role",
            role_name=caller_role_name(stack.stack_name),
            description=f"Tests {stack.stack_name} over HTTP",
            # configure-aws-credentials tags its sessions.
            assumed_by=pipeline.with_session_tags(),
        )
        self._policy = iam.Policy(self, "Policy", roles=[self.role])
        stacks = stack.format_arn(service="cloudformation", resource="stack", resource_name=f"{stack.stack_name}/*")
        self._allow_on(["cloudformation:DescribeStacks"], stacks, "The wildcard stands for this stack's generated id.")
        verb = "GET" if environment.production else "*"
        methods = rest_api.arn_for_execute_api(verb, "/*", environment.name)
        self._allow_on(["execute-api:Invoke"], methods, "The wildcard stands for the methods of this one API.")
        if isinstance(authorization, Cognito):
            pool = authorization.pool.user_pool_arn
            self.allow(iam.PolicyStatement(actions=["cognito-idp:DescribeUserPoolClient"], resources=[pool]))

    def allow(self, *statements: iam.PolicyStatement) -> None:
        """Adds statements to the role."""
        self._policy.add_statements(*statements)

    def allow_logs(self, functions: Collection[ServiceFunction]) -> None:
        """Lets it find and read the functions' logs."""
        self.allow(
            iam.PolicyStatement(
                actions=["lambda:GetFunctionConfiguration"],
                resources=[function.function.function_arn for function in functions],
            ),
            iam.PolicyStatement(
                actions=["logs:FilterLogEvents"],
                # With the wildcard that CloudFormation ends an ARN with, and as IAM's reference has it.
                resources=[arn for function in functions for arn in _arns(function.log_group)],
            ),
        )

    def _allow_on(self, actions: list[str], resource: str, reason: str) -> None:
        self.allow(iam.PolicyStatement(actions=actions, resources=[resource]))
        acknowledge_wildcard(self._policy, resource, reason)


def _arns(group: logs.ILogGroup) -> list[str]:
    by_name = cdk.Stack.of(group).format_arn(
        service="logs",
        resource="log-group",
        resource_name=group.log_group_name,
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    return [group.log_group_arn, by_name]
