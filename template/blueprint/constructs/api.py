"""The REST API in API Gateway: the route table's endpoints and their functions."""

import json
from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_logs as logs
from constructs import Construct

from blueprint.constructs.authorization import Authorization, Open
from blueprint.constructs.configuration import DynamicConfiguration
from blueprint.constructs.database import Database
from blueprint.constructs.findings import acknowledge
from blueprint.constructs.functions import ServiceFunction, set_retention
from blueprint.constructs.gateway_responses import GatewayResponses
from blueprint.declare.route import HANDLERS, Route
from blueprint.packaging.build import Build
from blueprint.settings import Environment, Service

SWAGGER = Route("GET", "/swagger", handler="swagger")
"""Swagger UI and the OpenAPI document, where the environment serves them."""

TLS_POLICY = "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
"""TLS 1.2 with forward secrecy, or 1.3. The default also takes TLS 1.0.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-list.html
"""

# The functions log the same request id, as correlation_id. No address: it would identify a person.
_ACCESS_LOG = {
    "requestId": "$context.requestId",
    "caller": "$context.identity.user",
    "client": "$context.authorizer.claims.client_id",
    "method": "$context.httpMethod",
    "resource": "$context.resourcePath",
    "status": "$context.status",
    "error": "$context.error.responseType",
    "latency": "$context.responseLatency",
    "integrationLatency": "$context.integrationLatency",
    "integrationStatus": "$context.integration.status",
    "wafResponse": "$context.wafResponseCode",
    "traceId": "$context.xrayTraceId",
    "responseLength": "$context.responseLength",
    "time": "$context.requestTime",
}


class Api(Construct):
    """The API and a function for each of its routes, by the name of the route's handler."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        routes: Sequence[Route],
        service: Service,
        environment: Environment,
        authorization: Authorization,
        database: Database,
        configuration: DynamicConfiguration,
        build: Build,
    ):
        super().__init__(scope, construct_id)
        _refuse_duplicates(routes)
        self.functions: dict[str, ServiceFunction] = {}
        self._service, self._environment, self._build = service, environment, build
        self._database, self._configuration = database, configuration
        self.rest_api = self._create_rest_api()
        GatewayResponses(self, "GatewayResponses", rest_api=self.rest_api)
        for route in routes:
            self._add(route, self._function(route, route.module, self._variables(route)), authorization)
        if environment.swagger:
            # The document is made from the handlers, and importing them needs their variables.
            variables = {name: value for route in routes for name, value in self._variables(route).items()}
            variables |= {"AUTHORIZATION": service.authorization, "HANDLERS": HANDLERS, "START_PRIMED": "false"}
            function = self._function(SWAGGER, "blueprint.runtime.swagger", variables)
            self._add(SWAGGER, function, Open("The documentation is public outside production."))

    def _create_rest_api(self) -> apigateway.RestApi:
        environment = self._environment
        access_log = logs.LogGroup(self, "AccessLog", removal_policy=cdk.RemovalPolicy.DESTROY)
        set_retention(access_log, environment.log_retention_days)
        rest_api = apigateway.RestApi(
            self,
            "RestApi",
            rest_api_name=cdk.Stack.of(self).stack_name,
            description=self._service.description or f"The API of {self._service.name}",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            deploy_options=apigateway.StageOptions(
                stage_name=environment.name,
                throttling_rate_limit=environment.throttling_rate_limit,
                throttling_burst_limit=environment.throttling_burst_limit,
                tracing_enabled=not environment.is_local,
                metrics_enabled=False,
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                data_trace_enabled=False,
                access_log_destination=apigateway.LogGroupLogDestination(access_log),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(_ACCESS_LOG)),
            ),
        )
        resource = rest_api.node.default_child
        assert isinstance(resource, apigateway.CfnRestApi)
        resource.security_policy, resource.endpoint_access_mode = TLS_POLICY, "STRICT"
        acknowledge(
            rest_api,
            "APIG2",
            "The functions validate every part of a request, with pydantic.",
        )
        if not environment.waf:
            acknowledge(rest_api.deployment_stage, "APIG3", "service.toml leaves AWS WAF out of this environment.")
        return rest_api

    def _variables(self, route: Route) -> dict[str, str]:
        variables = {table.environment_variable: self._database.name(table) for table in route.tables}
        return variables | (self._configuration.variables if route.configuration else {})

    def _function(self, route: Route, module: str, variables: dict[str, str]) -> ServiceFunction:
        name = "".join(word.capitalize() for word in route.handler.split("_"))
        function = ServiceFunction(
            cdk.Stack.of(self),
            name,
            module=module,
            description=f"{self._service.name}: {route.method} {route.path}",
            service=self._service,
            environment=self._environment,
            build=self._build,
            variables=variables,
        )
        for target, actions in route.grants:
            function.allow(self._database.statement(target, actions))
        if route.configuration:
            function.allow(self._configuration.statement())
        self.functions[route.handler] = function
        return function

    def _add(self, route: Route, function: ServiceFunction, authorization: Authorization) -> None:
        method = self.rest_api.root.resource_for_path(route.path).add_method(
            route.method,
            apigateway.LambdaIntegration(function.alias, allow_test_invoke=False),
            **authorization.options(route.method),
        )
        authorization.acknowledge(method)


def _refuse_duplicates(routes: Sequence[Route]) -> None:
    for what, keys in (
        ("endpoint", [f"{route.method} {route.path}" for route in routes]),
        ("handler", [route.handler for route in routes]),
    ):
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"infra/routes.py has the {what} {', '.join(twice)} more than once.")
