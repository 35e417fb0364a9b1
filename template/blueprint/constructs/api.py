"""The REST API in API Gateway: the endpoints that functions declare."""

import json
from collections.abc import Sequence
from http import HTTPStatus

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from blueprint.constructs.authorization import Authorization, Open
from blueprint.constructs.findings import acknowledge
from blueprint.constructs.functions import Functions, ServiceFunction, set_retention
from blueprint.constructs.gateway_responses import GatewayResponses, document, error_headers
from blueprint.declare import Function, Http
from blueprint.runtime.contract import CORS_REQUEST_HEADERS, CORS_RESPONSE_HEADERS
from blueprint.settings import Environment, Service

SWAGGER = Http("GET", "/swagger")
"""Swagger UI and the OpenAPI document, where the environment serves them."""

TLS_POLICY = "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
"""TLS 1.2 with forward secrecy, or 1.3. The default also takes TLS 1.0.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-list.html
"""

# The functions log the same request id, as correlation_id. No address: it would identify a person.
ACCESS_LOG = {
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
"""The access log's fields."""


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
        self.access_log = logs.LogGroup(self, "AccessLog", removal_policy=cdk.RemovalPolicy.DESTROY)
        set_retention(self.access_log, environment.log_retention_days)
        self.rest_api = self._create_rest_api()
        GatewayResponses(self, "GatewayResponses", rest_api=self.rest_api, allowed_origins=environment.allowed_origins)
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
        routes = [route for each in declared for route in each.routes]
        served = [*routes, SWAGGER] if environment.swagger else routes
        for path in dict.fromkeys(route.path for route in served):
            self._answer_other_methods(path, [route.method for route in served if route.path == path])

    def _create_rest_api(self) -> apigateway.RestApi:
        environment = self._environment
        rest_api = apigateway.RestApi(
            self,
            "RestApi",
            rest_api_name=cdk.Stack.of(self).stack_name,
            description=self._service.description or f"The API of {self._service.name}",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            policy=_policy(environment),
            disable_execute_api_endpoint=bool(environment.domain),
            deploy_options=apigateway.StageOptions(
                stage_name=environment.name,
                throttling_rate_limit=environment.throttling_rate_limit,
                throttling_burst_limit=environment.throttling_burst_limit,
                tracing_enabled=not environment.is_local,
                metrics_enabled=False,
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                data_trace_enabled=False,
                access_log_destination=apigateway.LogGroupLogDestination(self.access_log),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(ACCESS_LOG)),
            ),
        )
        # API Gateway would make this group itself, keep its events for ever and leave it behind.
        execution_log = logs.LogGroup(
            self,
            "ExecutionLog",
            log_group_name=f"API-Gateway-Execution-Logs_{rest_api.rest_api_id}/{environment.name}",
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        set_retention(execution_log, environment.log_retention_days)
        rest_api.deployment_stage.node.add_dependency(execution_log)
        resource = rest_api.node.default_child
        assert isinstance(resource, apigateway.CfnRestApi)
        if environment.allowed_accounts:
            # A changed policy takes effect with the next deployment of the stage.
            deployment = rest_api.latest_deployment
            assert deployment
            deployment.add_to_logical_id({"accounts": list(environment.allowed_accounts)})
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

    def _answer_other_methods(self, path: str, methods: Sequence[str]) -> None:
        """405 for the methods that the path lacks, and preflight requests where there are front ends (CORS)."""
        resource = self.rest_api.root.resource_for_path(path)
        origins = self._environment.allowed_origins
        if origins and path != SWAGGER.path:
            preflight = resource.add_cors_preflight(
                allow_origins=list(origins),
                allow_methods=list(methods),
                allow_headers=list(CORS_REQUEST_HEADERS),
                expose_headers=list(CORS_RESPONSE_HEADERS),
                max_age=cdk.Duration.hours(1),
            )
            Open("A browser asks without credentials whether a front end may call.").acknowledge(preflight)
            methods = [*methods, "OPTIONS"]
        status = HTTPStatus.METHOD_NOT_ALLOWED
        headers = {**error_headers(origins), "Allow": ", ".join(methods)}
        other = resource.add_method(
            "ANY",
            apigateway.MockIntegration(
                passthrough_behavior=apigateway.PassthroughBehavior.NEVER,
                request_templates={"application/json": json.dumps({"statusCode": status.value})},
                integration_responses=[
                    apigateway.IntegrationResponse(
                        status_code=str(status.value),
                        response_parameters={
                            f"method.response.header.{name}": f"'{value}'" for name, value in headers.items()
                        },
                        response_templates={
                            "application/json": document(status, f"Use one of these methods: {', '.join(methods)}.")
                        },
                    )
                ],
            ),
            authorization_type=apigateway.AuthorizationType.NONE,
            method_responses=[
                apigateway.MethodResponse(
                    status_code=str(status.value),
                    response_parameters={f"method.response.header.{name}": True for name in headers},
                )
            ],
        )
        Open("It only lists the methods that the path has.").acknowledge(other)


def _policy(environment: Environment) -> iam.PolicyDocument | None:
    """Lets callers of other accounts in; without a policy, API Gateway refuses them.

    Callers of this account need no more than their own policies. With a policy, what takes no signature has to be
    allowed, too: preflight requests and the documentation. 405 isn't, since a pattern of its paths could match a method
    that takes one.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
    """
    if not environment.allowed_accounts:
        return None

    def invoke(principals: Sequence[iam.IPrincipal], resources: Sequence[str]) -> iam.PolicyStatement:
        return iam.PolicyStatement(principals=principals, actions=["execute-api:Invoke"], resources=resources)

    callers = [iam.AccountPrincipal(account) for account in environment.allowed_accounts]
    unsigned = ["execute-api:/*/OPTIONS/*"] if environment.allowed_origins else []
    unsigned += [f"execute-api:/*/GET{SWAGGER.path}"] if environment.swagger else []
    statements = [invoke(callers, ["execute-api:/*"])]
    return iam.PolicyDocument(statements=[*statements, *([invoke([iam.AnyPrincipal()], unsigned)] if unsigned else [])])
