"""How new code reaches a function's alias: all at once, or in steps that an alarm rolls back."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from constructs import Construct

from blueprint.constructs.findings import acknowledge_wildcard
from blueprint.constructs.functions import ServiceFunction

CANARY = codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES


class CanaryDelivery(Construct):
    """AWS CodeDeploy shifts each alias to its new version by `CANARY`, and back when one of its alarms goes off."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Mapping[str, ServiceFunction],
        alarms: Mapping[str, Sequence[cloudwatch.IAlarm]],
    ):
        super().__init__(scope, construct_id)
        application = codedeploy.LambdaApplication(self, "Application")
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("codedeploy.amazonaws.com"))
        policies = [self._shifting(role, functions), self._watching(role)]
        for name, function in functions.items():
            group = codedeploy.LambdaDeploymentGroup(
                self,
                function.node.id,
                application=application,
                alias=function.alias,
                deployment_config=CANARY,
                alarms=list(alarms[name]),
                auto_rollback=codedeploy.AutoRollbackConfig(deployment_in_alarm=True),
                role=role.without_policy_updates(),
            )
            group.node.add_dependency(*policies)

    def _shifting(self, role: iam.Role, functions: Mapping[str, ServiceFunction]) -> iam.Policy:
        return iam.Policy(
            self,
            "Shifting",
            roles=[role],
            statements=[
                iam.PolicyStatement(
                    actions=["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"],
                    resources=[arn for function in functions.values() for arn in function.arns],
                )
            ],
        )

    def _watching(self, role: iam.Role) -> iam.Policy:
        policy = iam.Policy(
            self,
            "Watching",
            roles=[role],
            statements=[iam.PolicyStatement(actions=["cloudwatch:DescribeAlarms"], resources=["*"])],
        )
        acknowledge_wildcard(
            policy,
            "*",
            "AWS's own policy for this, AWSCodeDeployRoleForLambdaLimited, reads alarms so too.",
        )
        return policy
