"""The service's stack: everything that one environment consists of."""

import aws_cdk as cdk
from constructs import Construct

from blueprint.constructs.api import Api
from blueprint.constructs.authorization import Authorization, authorization
from blueprint.constructs.backup import Backups
from blueprint.constructs.caller_role import CallerRole
from blueprint.constructs.configuration import DynamicConfiguration
from blueprint.constructs.database import Database
from blueprint.constructs.delivery import CanaryDelivery
from blueprint.constructs.domain import Domain
from blueprint.constructs.event_sources import EventSources
from blueprint.constructs.functions import Functions, ServiceFunction
from blueprint.constructs.monitoring import Monitoring
from blueprint.constructs.snap_start import refuse_conflicts
from blueprint.constructs.waf import Waf
from blueprint.declare import Declarations, Function, Stream
from blueprint.packaging.build import Build
from blueprint.settings import Environment, Service, Settings


class ServiceStack(cdk.Stack):
    """The service in one environment; `suffix` makes a second, independent copy of it.

    Without `protected`, the stack can be deleted in any environment.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        declarations: Declarations,
        settings: Settings,
        environment: Environment,
        suffix: str = "",
        protected: bool = True,
    ):
        service = settings.service
        super().__init__(
            scope,
            settings.stack_name(environment, suffix),
            env=cdk.Environment(account=environment.account or None, region=environment.region),
            synthesizer=cdk.DefaultStackSynthesizer(qualifier=environment.bootstrap_qualifier),
            description=service.description or None,
            termination_protection=environment.retain_data and protected,
        )
        self.environment_settings = environment
        streamed = {stream.table for each in declarations.functions for stream in each.started_by(Stream)}
        self.database = Database(
            self, "Database", tables=declarations.tables, streamed=streamed, environment=environment
        )
        self.configuration = DynamicConfiguration(
            self, "DynamicConfiguration", model=declarations.configuration, environment=environment
        )
        access = authorization(self, service=service, environment=environment)
        self._event_sources = EventSources(
            self, environment=environment, database=self.database, thresholds=settings.alarms
        )
        self._functions = Functions(
            self,
            service=service,
            environment=environment,
            build=Build(service, aws_services=declarations.aws_services, for_this_machine=environment.is_local),
            database=self.database,
            configuration=self.configuration,
        )
        self.api = Api(
            self,
            "Api",
            declared=[each for each in declarations.functions if each.routes],
            functions=self._functions,
            service=service,
            environment=environment,
            authorization=access,
        )
        self.monitoring = Monitoring(
            self,
            "Monitoring",
            rest_api=self.api.rest_api,
            access_log=self.api.access_log,
            database=self.database,
            metrics=declarations.metrics,
            settings=settings,
            environment=environment,
        )
        if environment.backup_days:
            kept = [resource for table, resource in self.database.tables.items() if table.holds_data]
            Backups(self, "Backups", tables=kept, days=environment.backup_days)
        if environment.waf:
            Waf(self, "Waf", stage=self.api.rest_api.deployment_stage, environment=environment)
        self._tag(settings, environment)
        url = self.api.rest_api.url
        if environment.domain:
            url = Domain(self, "Domain", rest_api=self.api.rest_api, environment=environment).url
        cdk.CfnOutput(self, "ApiUrl", value=url)
        for declared in declarations.functions:
            if declared.routes:
                self._connect(self.functions[declared.name])
            else:
                self.add_function(declared)
        self.caller = self._create_caller(access, service)
        declarations.resources(self)
        if self.caller and not environment.production:
            self.caller.allow_logs(self.functions.values())
        self.monitoring.watch(self.functions, self._event_sources.watches)
        if environment.delivery == "canary":
            CanaryDelivery(self, "Delivery", functions=self.functions, service=service)
        for handler, function in self.functions.items():
            cdk.CfnOutput(
                self, f"{function.node.id}FunctionName", value=function.function.function_name, description=handler
            )
        if environment.snap_start:
            refuse_conflicts(self)
        self.configuration.deploy_after(self.api, *self.functions.values())

    @property
    def functions(self) -> dict[str, ServiceFunction]:
        """The functions by their names."""
        return self._functions.by_name

    def add_function(self, declared: Function) -> ServiceFunction:
        """Makes a function that serves no route, with what starts it and all that every function has.

        Without a trigger it is for `resources` to say what starts its alias. Raises ValueError for one with routes.
        """
        if declared.routes:
            raise ValueError(f"{declared.name}: a function with routes belongs in infra/functions.py.")
        function = self._functions.add(declared)
        self._connect(function)
        return function

    def _create_caller(self, access: Authorization, service: Service) -> CallerRole | None:
        if not service.repository or self.environment_settings.is_local:
            return None
        return CallerRole(
            self,
            "Caller",
            rest_api=self.api.rest_api,
            authorization=access,
            service=service,
            environment=self.environment_settings,
        )

    def _connect(self, function: ServiceFunction) -> None:
        try:
            self._event_sources.connect(function)
        except RuntimeError as error:
            # The CDK's own sentence on a value, without what its JavaScript has to say.
            raise ValueError(f"{function.declared.name}: {str(error).partition(chr(10))[0]}") from None

    def _tag(self, settings: Settings, environment: Environment) -> None:
        cdk.Tags.of(self).add("service", settings.service.name)
        cdk.Tags.of(self).add("environment", environment.name)
        if settings.service.owner:
            cdk.Tags.of(self).add("owner", settings.service.owner)
