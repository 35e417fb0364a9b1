"""The REST API in API Gateway: the endpoints that functions declare."""

import json
from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_logs as logs
from constructs import Construct

from blueprint.constructs.authorization import Authorization, Open
from blueprint.constructs.findings import acknowledge
from blueprint.constructs.functions import Functions, ServiceFunction, set_retention
from blueprint.constructs.gateway_responses import GatewayResponses
from blueprint.declare import Function, Http
from blueprint.settings import Environment, Service

SWAGGER = Http("GET", "/swagger")
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
    """The API, the functions that serve it, and that of /swagger."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        declared: Sequence[Function],
        functions: Functions,
        service: Service,
        environment: Environment,
        authorization: Authorization,
    ):
        super().__init__(scope, construct_id)
        self._service, self._environment = service, environment
        self.rest_api = self._create_rest_api()
        GatewayResponses(self, "GatewayResponses", rest_api=self.rest_api)
        for each in declared:
            function = functions.add(each)
            for route in each.routes:
                self._add(route, function, authorization)
        if environment.swagger:
            # The document is made from the handlers, and importing them needs their variables.
            variables = {name: value for each in declared for name, value in functions.variables(each).items()}
            variables |= {
                "AUTHORIZATION": service.authorization,
                "HANDLERS": ",".join(each.module for each in declared),
                "START_PRIMED": "false",
            }
            swagger = Function("swagger", SWAGGER)
            function = functions.add(swagger, module="blueprint.runtime.swagger", variables=variables)
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

    def _add(self, route: Http, function: ServiceFunction, authorization: Authorization) -> None:
        method = self.rest_api.root.resource_for_path(route.path).add_method(
            route.method,
            apigateway.LambdaIntegration(
                function.alias,
                allow_test_invoke=False,
                # A permission for each route of many would not fit the function's policy, which has 20 KB.
                scope_permission_to_method=len(function.declared.routes) == 1,
            ),
            **authorization.options(route.method),
        )
        authorization.acknowledge(method)
