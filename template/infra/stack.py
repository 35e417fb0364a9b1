"""The service's stack: everything that one environment consists of."""

import aws_cdk as cdk
from constructs import Construct

from infra.api import Api
from infra.authorization import authorization
from infra.build import Build
from infra.configuration import DynamicConfiguration
from infra.database import Database
from infra.functions import ServiceFunction
from infra.monitoring import Monitoring
from infra.routes import ROUTES
from infra.settings import Environment, Settings
from infra.tables import TABLES
from infra.waf import Waf


class ServiceStack(cdk.Stack):
    """The service in one environment; `suffix` makes a second, independent copy of it."""

    def __init__(
        self, scope: Construct, *, settings: Settings, environment: Environment, build: Build, suffix: str = ""
    ):
        name = settings.stack_name(environment, suffix)
        super().__init__(
            scope,
            name,
            env=cdk.Environment(account=environment.account, region=environment.region),
            description=settings.service.description or None,
            termination_protection=environment.retain_data and not suffix,
        )
        service = settings.service
        self.environment_settings = environment
        self.database = Database(self, "Database", tables=TABLES, environment=environment)
        self.configuration = DynamicConfiguration(self, "DynamicConfiguration", environment=environment)
        self.api = Api(
            self,
            "Api",
            routes=ROUTES,
            service=service,
            environment=environment,
            authorization=authorization(self, service=service, environment=environment),
            database=self.database,
            configuration=self.configuration,
            build=build,
        )
        self.monitoring = Monitoring(
            self,
            "Monitoring",
            rest_api=self.api.rest_api,
            functions=self.api.functions,
            alarm_email=service.alarm_email,
        )
        if environment.waf:
            Waf(self, "Waf", stage=self.api.rest_api.deployment_stage)
        cdk.Tags.of(self).add("service", service.name)
        cdk.Tags.of(self).add("environment", environment.name)
        if service.owner:
            cdk.Tags.of(self).add("owner", service.owner)
        cdk.CfnOutput(self, "ApiUrl", value=self.api.rest_api.url)
        for handler, function in self.functions.items():
            cdk.CfnOutput(
                self, f"{function.node.id}FunctionName", value=function.function.function_name, description=handler
            )

    @property
    def functions(self) -> dict[str, ServiceFunction]:
        """The routes' functions by the name of their handler."""
        return self.api.functions
