"""How new code reaches a function's alias: all at once, or in steps that an alarm rolls back."""

from collections.abc import Iterator, Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from constructs import Construct

from blueprint.constructs.findings import acknowledge_wildcard
from blueprint.constructs.functions import ServiceFunction
from blueprint.runtime.observability import SERVER_ERRORS
from blueprint.settings import ALIAS, Service

CANARY = codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES
WINDOW = cdk.Duration.minutes(5)
TOLERATED, THRESHOLD = 0.005, 0.5
"""A version fails when its errors exceed half an error and half a percent of its requests: the first error rolls back a
canary of less than 100 requests, the second one of less than 300. blueprint/docs/deploying.md has the odds.
"""


class CanaryDelivery(Construct):
    """AWS CodeDeploy shifts each alias to its new version by `CANARY`, and back when that version fails."""

    def __init__(
        self, scope: Construct, construct_id: str, *, functions: Mapping[str, ServiceFunction], service: Service
    ):
        super().__init__(scope, construct_id)
        application = codedeploy.LambdaApplication(self, "Application")
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("codedeploy.amazonaws.com"))
        policy = self._create_policy(role, functions)
        for function in functions.values():
            group = codedeploy.LambdaDeploymentGroup(
                self,
                function.node.id,
                application=application,
                alias=function.alias,
                deployment_config=CANARY,
                alarms=list(self._alarms(function, service)),
                auto_rollback=codedeploy.AutoRollbackConfig(deployment_in_alarm=True),
                role=role.without_policy_updates(),
            )
            group.node.add_dependency(policy)

    def _alarms(self, function: ServiceFunction, service: Service) -> Iterator[cloudwatch.Alarm]:
        """An alarm on what the function's new version answers with 5XX or fails of a batch, and one on its crashes.

        They watch one version, whose number is in their names: an alarm that is on for the previous version neither
        refuses nor rolls back the deployment that fixes it. They reach nobody, since the deployment reports them.
        """
        stack_name, version = cdk.Stack.of(self).stack_name, function.function.current_version.version
        name = function.function.function_name
        # Lambda has these while the alias points to two versions, and no longer: then the alarms are silent.
        canary = {"FunctionName": name, "Resource": f"{name}:{ALIAS}", "ExecutedVersion": version}
        answered = {"function": name, "version": version, "service": service.name}
        for kind, errors in (
            ("Answers", _sum(stack_name, SERVER_ERRORS, answered)),
            ("Crashes", _sum("AWS/Lambda", "Errors", canary)),
        ):
            yield cloudwatch.Alarm(
                self,
                f"{function.node.id}{kind}",
                alarm_name=f"{stack_name}-{function.node.id}Canary{kind}-{version}",
                alarm_description="The new version fails, so its deployment is rolled back.",
                metric=cloudwatch.MathExpression(
                    expression=f"errors - requests * {TOLERATED}",
                    using_metrics={"errors": errors, "requests": _sum("AWS/Lambda", "Invocations", canary)},
                    period=WINDOW,
                ),
                threshold=THRESHOLD,
                evaluation_periods=1,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
                # Without an error, there is no metric of errors.
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            )

    def _create_policy(self, role: iam.Role, functions: Mapping[str, ServiceFunction]) -> iam.Policy:
        shifting = iam.PolicyStatement(
            actions=["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"],
            resources=[arn for function in functions.values() for arn in function.arns],
        )
        watching = iam.PolicyStatement(actions=["cloudwatch:DescribeAlarms"], resources=["*"])
        policy = iam.Policy(self, "Policy", roles=[role], statements=[shifting, watching])
        reason = "AWS's own policy for this, AWSCodeDeployRoleForLambdaLimited, reads alarms this way, too."
        acknowledge_wildcard(policy, "*", reason)
        return policy


def _sum(namespace: str, name: str, dimensions: Mapping[str, str]) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace, metric_name=name, dimensions_map=dimensions, statistic="Sum", period=WINDOW
    )
