"""The Lambda functions, each with a role, a log group and an alias of its own."""

from collections.abc import Mapping

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import region_info
from constructs import Construct

from blueprint.constructs.configuration import DynamicConfiguration
from blueprint.constructs.database import Database
from blueprint.constructs.findings import acknowledge, acknowledge_wildcard
from blueprint.declare import Function
from blueprint.packaging.build import Build
from blueprint.packaging.levers import START
from blueprint.settings import ALIAS, NEWEST_PYTHON, Environment, Service


@jsii.implements(iam.IGrantable)
class ServiceFunction(Construct):
    """A declared function behind its alias, `ALIAS`; it may write its log and traces, and what is granted to it.

    `module` is the Python module whose `lambda_handler` serves its events.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        declared: Function,
        module: str,
        description: str,
        service: Service,
        environment: Environment,
        build: Build,
        variables: Mapping[str, str],
    ):
        super().__init__(scope, construct_id)
        self.declared = declared
        self.log_group = log_group = logs.LogGroup(self, "Logs", removal_policy=cdk.RemovalPolicy.DESTROY)
        set_retention(log_group, environment.log_retention_days)
        self.role = role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
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
            runtime=_runtime(service),
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if environment.snap_start else None,
            architecture=architecture(service),
            code=lambda_.Code.from_asset(str(build.asset(build.code()))),
            handler=f"{module}.lambda_handler",
            layers=[self._layer(scope, service, build)],
            role=role,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            timeout=cdk.Duration.seconds(declared.timeout),
            memory_size=declared.memory,
            # `make rollback` goes back to them. They go with the function, and take a few hundred KB each.
            current_version_options=lambda_.VersionOptions(removal_policy=cdk.RemovalPolicy.RETAIN),
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
            self._trace(role)
        if service.python != NEWEST_PYTHON:
            acknowledge(self.function, "L1", f"service.toml chooses Python {service.python}, a supported runtime.")
        # Without its policy a function fails on its first request, and CloudFormation doesn't see the dependency.
        self.function.node.add_dependency(self._policy)
        self.alias = lambda_.Alias(self, "Live", alias_name=ALIAS, version=self.function.current_version)

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """Lets the CDK grant something to it, as in `bucket.grant_put(stack.functions["report"])`."""
        return self.function.grant_principal

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
            compatible_runtimes=[_runtime(service)],
            compatible_architectures=[architecture(service)],
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )

    def _trace(self, role: iam.Role) -> None:
        resource = self.function.node.default_child
        assert isinstance(resource, lambda_.CfnFunction)
        # Not by the function's own property, which would put the wildcard into the policy of all that the CDK grants.
        resource.tracing_config = lambda_.CfnFunction.TracingConfigProperty(mode="Active")
        policy = iam.Policy(
            self,
            "Tracing",
            roles=[role],
            statements=[
                iam.PolicyStatement(actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources=["*"])
            ],
        )
        acknowledge_wildcard(policy, "*", "X-Ray's Put actions accept no resource but *: they have no ARN.")


class Functions:
    """The stack's functions, each with the variables and the grants that its declaration asks for."""

    def __init__(
        self,
        stack: cdk.Stack,
        *,
        service: Service,
        environment: Environment,
        build: Build,
        database: Database,
        configuration: DynamicConfiguration,
    ):
        self.by_name: dict[str, ServiceFunction] = {}
        self._stack, self._service, self._environment, self._build = stack, service, environment, build
        self._database, self._configuration = database, configuration

    def variables(self, declared: Function) -> dict[str, str]:
        """What the function reads at import."""
        variables = {table.environment_variable: self._database.name(table) for table in declared.tables}
        if declared.routes and self._environment.allowed_origins:
            variables["ALLOWED_ORIGINS"] = ",".join(self._environment.allowed_origins)
        return variables | (self._configuration.variables if declared.configuration else {})

    def add(
        self, declared: Function, *, module: str | None = None, variables: Mapping[str, str] | None = None
    ) -> ServiceFunction:
        """The function, made; raises ValueError when there is one of its name."""
        if declared.name in self.by_name:
            raise ValueError(f"There are two functions {declared.name}.")
        function = ServiceFunction(
            self._stack,
            "".join(word.capitalize() for word in declared.name.split("_")),
            declared=declared,
            module=module or declared.module,
            description=f"{self._service.name}: {declared.name.replace('_', ' ')}",
            service=self._service,
            environment=self._environment,
            build=self._build,
            variables=self.variables(declared) if variables is None else variables,
        )
        for target, actions in declared.grants:
            function.allow(self._database.statement(target, actions))
        if declared.configuration:
            function.allow(self._configuration.statement())
        self.by_name[declared.name] = function
        return function


def _start(region: str) -> dict[str, str]:
    """START as far as it fits the region: AWS's own roots are those of its commercial partition's endpoints."""
    if region_info.RegionInfo.get(region).partition == "aws":
        return START
    return {name: value for name, value in START.items() if name != "AWS_CA_BUNDLE"}


def _runtime(service: Service) -> lambda_.Runtime:
    # settings.py refuses SnapStart where the runtime has none.
    return lambda_.Runtime(f"python{service.python}", lambda_.RuntimeFamily.PYTHON, supports_snap_start=True)


def architecture(service: Service) -> lambda_.Architecture:
    """The settings' architecture as CDK takes it."""
    return {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}[service.architecture]


def set_retention(log_group: logs.LogGroup, days: int) -> None:
    """Keeps the group's events for that many days; LogGroup itself takes names instead of days."""
    resource = log_group.node.default_child
    assert isinstance(resource, logs.CfnLogGroup)
    resource.retention_in_days = days
