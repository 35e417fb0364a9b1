"""The Lambda functions: one a route, each with a role, a log group and an alias of its own."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import region_info
from constructs import Construct

from blueprint.constructs.findings import acknowledge, acknowledge_wildcard
from blueprint.packaging.build import Build
from blueprint.packaging.levers import START
from blueprint.settings import NEWEST_PYTHON, Environment, Service

TIMEOUT = cdk.Duration.seconds(15)
"""Below API Gateway's limit of 29 seconds, so that a slow request ends with the function's own log line."""
ALIAS = "live"
MEMORY_MIB = 1024
"""CPU comes with memory, one vCPU with 1769 MiB, and the work is bound by CPU: more is faster for the same money.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
"""


class ServiceFunction(Construct):
    """A function behind its alias, `ALIAS`; it may write its log and traces, and what is granted to it.

    `module` is the Python module whose `lambda_handler` serves the function's events.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        module: str,
        description: str,
        service: Service,
        environment: Environment,
        build: Build,
        variables: Mapping[str, str],
    ):
        super().__init__(scope, construct_id)
        log_group = logs.LogGroup(self, "Logs", removal_policy=cdk.RemovalPolicy.DESTROY)
        set_retention(log_group, environment.log_retention_days)
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self._policy = iam.Policy(self, "Policy", roles=[role])
        self.allow(
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log_group.log_group_arn]
            )
        )
        stack_name = cdk.Stack.of(self).stack_name
        self.function = lambda_.Function(
            self,
            "Function",
            description=description,
            runtime=lambda_.Runtime(f"python{service.python}", lambda_.RuntimeFamily.PYTHON),
            architecture=architecture(service),
            code=lambda_.Code.from_asset(str(build.asset(build.code()))),
            handler=f"{module}.lambda_handler",
            layers=[self._layer(scope, service, build)],
            role=role.without_policy_updates(),
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=lambda_.Tracing.DISABLED if environment.is_local else lambda_.Tracing.ACTIVE,
            timeout=TIMEOUT,
            memory_size=MEMORY_MIB,
            environment={
                "ENVIRONMENT": environment.name,
                "POWERTOOLS_SERVICE_NAME": service.name,
                "POWERTOOLS_LOG_LEVEL": "INFO",
                "POWERTOOLS_METRICS_NAMESPACE": stack_name,
                "POWERTOOLS_TRACE_DISABLED": "true" if environment.is_local else "false",
                **_start(environment.region),
                **variables,
            },
        )
        if not environment.is_local:
            self._allow_tracing(role)
        if service.python != NEWEST_PYTHON:
            acknowledge(self.function, "L1", f"service.toml chooses Python {service.python}, a supported runtime.")
        # Without its policy a function fails on its first request, and CloudFormation doesn't see the dependency.
        self.function.node.add_dependency(self._policy)
        self.alias = lambda_.Alias(self, "Live", alias_name=ALIAS, version=self.function.current_version)

    @property
    def arns(self) -> list[str]:
        """The ARNs of the function and of its alias."""
        return [self.function.function_arn, f"{self.function.function_arn}:{ALIAS}"]

    def allow(self, *statements: iam.PolicyStatement) -> None:
        """Adds statements to the function's role."""
        for statement in statements:
            self._policy.add_statements(statement)

    def _layer(self, scope: Construct, service: Service, build: Build) -> lambda_.ILayerVersion:
        """The stack's one layer of dependencies, made by the first function that asks for it."""
        layer = scope.node.try_find_child("Dependencies")
        if isinstance(layer, lambda_.LayerVersion):
            return layer
        return lambda_.LayerVersion(
            scope,
            "Dependencies",
            description=f"The dependencies of {service.name}",
            code=lambda_.Code.from_asset(str(build.asset(build.layer()))),
            compatible_runtimes=[lambda_.Runtime(f"python{service.python}", lambda_.RuntimeFamily.PYTHON)],
            compatible_architectures=[architecture(service)],
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )

    def _allow_tracing(self, role: iam.Role) -> None:
        policy = iam.Policy(
            self,
            "Tracing",
            roles=[role],
            statements=[
                iam.PolicyStatement(actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources=["*"])
            ],
        )
        acknowledge_wildcard(policy, "*", "X-Ray's Put actions accept no resource but *: they have no ARN.")


def _start(region: str) -> dict[str, str]:
    """START as far as it fits the region: AWS's own roots are those of its commercial partition's endpoints."""
    if region_info.RegionInfo.get(region).partition == "aws":
        return START
    return {name: value for name, value in START.items() if name != "AWS_CA_BUNDLE"}


def architecture(service: Service) -> lambda_.Architecture:
    """The settings' architecture as CDK takes it."""
    return {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}[service.architecture]


def set_retention(log_group: logs.LogGroup, days: int) -> None:
    """Keeps the group's events for that many days; LogGroup itself takes names instead of days."""
    resource = log_group.node.default_child
    assert isinstance(resource, logs.CfnLogGroup)
    resource.retention_in_days = days
