"""What API Gateway and AWS WAF answer themselves, and whom of elsewhere they let in."""

import json
from http import HTTPStatus
from typing import Any

import pytest
from aws_cdk import aws_apigateway as apigateway
from blueprint import settings as service_settings
from blueprint.runtime.contract import BODY_LIMIT_BYTES
from blueprint.settings import Environment, Settings
from blueprint.synthesis import create_app
from blueprint.tests.synthesis import template, template_of
from infra.app import DECLARATIONS

ROUTES = [route for each in DECLARATIONS.functions for route in each.routes]
SETTINGS = service_settings.load()
PRODUCTION = list(SETTINGS.environments)[-1]
DEVELOPMENT = list(SETTINGS.environments)[1]
ORIGINS = ("https://shop.example", "https://admin.example:8443")
ACCOUNT = "123456789012"


def resources(environment: str, resource_type: str) -> list[dict[str, Any]]:
    return [found["Properties"] for found in template(environment).find_resources(resource_type).values()]


def opened(**settings: Any) -> Settings:
    """The settings with others for the development environment, where IAM authorizes."""
    environment: Environment = SETTINGS.environment(DEVELOPMENT).model_copy(update=settings)
    service = SETTINGS.service.model_copy(update={"authorization": "iam"})
    return SETTINGS.model_copy(
        update={"service": service, "environments": {**SETTINGS.environments, DEVELOPMENT: environment}}
    )


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The resources of an environment with front ends and callers of another account, after all checks."""
    folder = tmp_path_factory.mktemp("opened")
    with pytest.MonkeyPatch.context() as patch:
        settings = opened(allowed_origins=ORIGINS, allowed_accounts=(ACCOUNT,))
        patch.setattr(service_settings, "load", lambda: settings)
        create_app(DECLARATIONS, DEVELOPMENT, outdir=str(folder)).synth()
    (file,) = folder.glob("*.template.json")
    return list(json.loads(file.read_text())["Resources"].values())


def of_type(found: list[dict[str, Any]], resource_type: str) -> list[dict[str, Any]]:
    return [resource["Properties"] for resource in found if resource["Type"] == resource_type]


def test_every_error_of_the_gateway_is_a_problem_document() -> None:
    responses = resources(PRODUCTION, "AWS::ApiGateway::GatewayResponse")
    kinds = {kind for kind in vars(apigateway.ResponseType) if kind.isupper()}
    assert len(responses) == len(kinds)
    for response in responses:
        problem = json.loads(response["ResponseTemplates"]["application/json"])
        assert (problem["type"], problem["status"]) == ("about:blank", int(response["StatusCode"]))
        assert problem["request_id"] == "$context.requestId"
        headers = {name.split(".")[-1]: value for name, value in response["ResponseParameters"].items()}
        assert headers["Content-Type"] == "'application/problem+json'"
        assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("'no-store'", "'nosniff'")
        assert ("WWW-Authenticate" in headers) == (problem["status"] == HTTPStatus.UNAUTHORIZED)
        assert not [name for name in headers if name.startswith("Access-Control")]


def test_the_firewall_refuses_the_bodies_that_the_functions_do_not_read_in_the_same_words() -> None:
    (acl,) = resources(PRODUCTION, "AWS::WAFv2::WebACL")
    (rule,) = [rule for rule in acl["Rules"] if rule["Name"] == "BodySize"]
    assert rule["Priority"] == 0
    assert rule["Statement"]["SizeConstraintStatement"]["Size"] == BODY_LIMIT_BYTES
    response = rule["Action"]["Block"]["CustomResponse"]
    assert response["ResponseCode"] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert {header["Name"] for header in response["ResponseHeaders"]} == {"Cache-Control", "X-Content-Type-Options"}
    problem = json.loads(acl["CustomResponseBodies"][response["CustomResponseBodyKey"]]["Content"])
    assert (problem["title"], problem["status"]) == ("Content Too Large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    counted = [
        override["Name"]
        for each in acl["Rules"]
        for override in each["Statement"].get("ManagedRuleGroupStatement", {}).get("RuleActionOverrides", [])
    ]
    assert "SizeRestrictions_BODY" in counted


def test_every_path_names_its_methods_to_a_request_with_another_one() -> None:
    others = [found for found in resources(PRODUCTION, "AWS::ApiGateway::Method") if found["HttpMethod"] == "ANY"]
    (*allowed,) = (
        found["Integration"]["IntegrationResponses"][0]["ResponseParameters"]["method.response.header.Allow"]
        for found in others
    )
    paths = {route.path for route in ROUTES}
    expected = [", ".join(route.method for route in ROUTES if route.path == path) for path in paths]
    assert sorted(allowed) == sorted(f"'{methods}'" for methods in expected)
    for found in others:
        (answer,) = found["Integration"]["IntegrationResponses"]
        assert json.loads(answer["ResponseTemplates"]["application/json"])["status"] == int(answer["StatusCode"]) == 405


def test_front_ends_of_the_origins_named_may_call(stack: list[dict[str, Any]]) -> None:
    variables = [function["Environment"]["Variables"] for function in of_type(stack, "AWS::Lambda::Function")]
    assert {each.get("ALLOWED_ORIGINS") for each in variables} == {",".join(ORIGINS)}
    preflights = [method for method in of_type(stack, "AWS::ApiGateway::Method") if method["HttpMethod"] == "OPTIONS"]
    assert len(preflights) == len({route.path for route in ROUTES})
    for preflight in preflights:
        assert all(origin in json.dumps(preflight) for origin in ORIGINS)
        assert "Idempotency-Key" in json.dumps(preflight)
    for response in of_type(stack, "AWS::ApiGateway::GatewayResponse"):
        assert response["ResponseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"


def test_callers_of_the_accounts_named_may_call_and_of_no_others(stack: list[dict[str, Any]]) -> None:
    assert "Policy" not in resources(DEVELOPMENT, "AWS::ApiGateway::RestApi")[0]
    (api,) = of_type(stack, "AWS::ApiGateway::RestApi")
    callers, anyone = api["Policy"]["Statement"]
    assert f"iam::{ACCOUNT}:root" in json.dumps(callers["Principal"])
    assert (callers["Action"], callers["Resource"]) == ("execute-api:Invoke", "execute-api:/*")
    assert anyone["Principal"] == {"AWS": "*"}
    # Nothing that needs a signature: no route's method is OPTIONS, and no route is /swagger.
    assert anyone["Resource"] == ["execute-api:/*/OPTIONS/*", "execute-api:/*/GET/swagger"]


def test_a_changed_policy_is_deployed() -> None:
    deployments = [
        json.dumps(template_of(opened(allowed_accounts=accounts), DEVELOPMENT).find_resources("AWS::ApiGateway::Stage"))
        for accounts in ((ACCOUNT,), (ACCOUNT, "210987654321"))
    ]
    assert deployments[0] != deployments[1]
