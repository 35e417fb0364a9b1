"""What every environment gets, and what tells them apart."""

import itertools
import json
from typing import Any

import pytest
from aws_cdk.assertions import Template

from blueprint import settings as service_settings
from blueprint.constructs.waf import REDACTED_HEADERS
from blueprint.settings import LOCAL, Settings
from blueprint.tests.synthesis import template, template_of
from infra.app import DECLARATIONS

SETTINGS = service_settings.load()
DEPLOYED = [name for name in SETTINGS.environments if name != LOCAL]
# https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html, each service's own page
NAME_LIMITS = {
    "AWS::ApiGateway::RestApi": ("Name", 128),
    "AWS::AppConfig::Application": ("Name", 64),
    "AWS::AppConfig::DeploymentStrategy": ("Name", 64),
    "AWS::AppConfig::Environment": ("Name", 64),
    "AWS::CloudWatch::Alarm": ("AlarmName", 255),
    "AWS::CloudWatch::Dashboard": ("DashboardName", 255),
    "AWS::IAM::Role": ("RoleName", 64),
    "AWS::Logs::LogGroup": ("LogGroupName", 512),
}


def resources(template: Template, resource_type: str) -> list[dict[str, Any]]:
    return [found["Properties"] for found in template.find_resources(resource_type).values()]


@pytest.mark.parametrize("environment", DEPLOYED)
def test_the_api_calls_nothing_but_aliases(environment: str) -> None:
    aliases = set(template(environment).find_resources("AWS::Lambda::Alias"))
    methods = [method["Integration"] for method in resources(template(environment), "AWS::ApiGateway::Method")]
    integrations = [found for found in methods if found["Type"] != "MOCK"]
    called = {part["Ref"] for found in integrations for part in found["Uri"]["Fn::Join"][1] if "Live" in str(part)}
    assert called <= aliases
    routes = sum(len(function.routes) for function in DECLARATIONS.functions)
    swagger = SETTINGS.environment(environment).swagger
    assert len(integrations) == routes + swagger
    assert len(called) == sum(bool(function.routes) for function in DECLARATIONS.functions) + swagger
    assert len(aliases) >= len(DECLARATIONS.functions) + swagger
    invokers = resources(template(environment), "AWS::Lambda::Permission")
    assert {invoker["FunctionName"]["Ref"] for invoker in invokers} == called


@pytest.mark.parametrize("environment", DEPLOYED)
def test_the_stage_is_throttled_logged_and_reached_by_tls_with_forward_secrecy(environment: str) -> None:
    (stage,) = resources(template(environment), "AWS::ApiGateway::Stage")
    (settings,) = stage["MethodSettings"]
    assert settings["ThrottlingRateLimit"] == SETTINGS.environment(environment).throttling_rate_limit
    assert settings["ThrottlingBurstLimit"] == SETTINGS.environment(environment).throttling_burst_limit
    assert settings["DataTraceEnabled"] is False
    assert json.loads(stage["AccessLogSetting"]["Format"])["requestId"] == "$context.requestId"
    (api,) = resources(template(environment), "AWS::ApiGateway::RestApi")
    assert api["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"


@pytest.mark.parametrize("environment", DEPLOYED)
def test_delivery_is_as_the_settings_say(environment: str) -> None:
    groups = resources(template(environment), "AWS::CodeDeploy::DeploymentGroup")
    aliases = template(environment).find_resources("AWS::Lambda::Alias").values()
    if SETTINGS.environment(environment).delivery == "all_at_once":
        assert not groups
        assert all("UpdatePolicy" not in alias for alias in aliases)
        return
    assert len(groups) == len(aliases)
    assert all("CodeDeployLambdaAliasUpdate" in alias["UpdatePolicy"] for alias in aliases)
    for group in groups:
        assert group["AutoRollbackConfiguration"] == {
            "Enabled": True,
            "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"],
        }
        assert len(group["AlarmConfiguration"]["Alarms"]) == 2
    # The alarms watch the version that is delivered, under a name that no other version's alarm has.
    alarms = template(environment).find_resources("AWS::CloudWatch::Alarm")
    watching = [alarm["Properties"] for name, alarm in alarms.items() if name.startswith("Delivery")]
    assert len(watching) == 2 * len(groups)
    for alarm in watching:
        assert "CurrentVersion" in json.dumps(alarm["AlarmName"])
        for metric in (found["MetricStat"]["Metric"] for found in alarm["Metrics"] if "MetricStat" in found):
            versions = [d for d in metric["Dimensions"] if d["Name"] in {"version", "ExecutedVersion"}]
            assert "CurrentVersion" in json.dumps(versions)


def test_the_environment_before_production_is_delivered_as_production_is() -> None:
    for name, after in itertools.pairwise(DEPLOYED):
        if SETTINGS.environment(after).production and not SETTINGS.environment(name).production:
            assert SETTINGS.environment(name).delivery == SETTINGS.environment(after).delivery


@pytest.mark.parametrize("environment", DEPLOYED)
def test_the_configuration_is_deployed_after_the_code_that_reads_it(environment: str) -> None:
    (deployment,) = template(environment).find_resources("AWS::AppConfig::Deployment").values()
    assert set(template(environment).find_resources("AWS::Lambda::Alias")) <= set(deployment["DependsOn"])


@pytest.mark.parametrize("environment", DEPLOYED)
def test_waf_logs_no_credentials_and_no_query(environment: str) -> None:
    acls = resources(template(environment), "AWS::WAFv2::WebACL")
    if not SETTINGS.environment(environment).waf:
        assert not acls
        return
    assert len(resources(template(environment), "AWS::WAFv2::WebACLAssociation")) == len(acls) == 1
    (logging,) = resources(template(environment), "AWS::WAFv2::LoggingConfiguration")
    expected = [*({"SingleHeader": {"Name": header}} for header in REDACTED_HEADERS), {"QueryString": {}}]
    assert logging["RedactedFields"] == expected
    names = [group.get("LogGroupName", "") for group in resources(template(environment), "AWS::Logs::LogGroup")]
    assert f"aws-waf-logs-{SETTINGS.service.name}-{environment}" in names
    # Its policy is its own: of an account's there can be ten in a region, for all services.
    assert not resources(template(environment), "AWS::Logs::ResourcePolicy")
    managed = [rule for rule in acls[0]["Rules"] if "ManagedRuleGroupStatement" in rule["Statement"]]
    assert len(managed) == 4


def test_the_longest_names_fit_their_limits() -> None:
    settings = Settings.model_validate(
        {
            "service": {**SETTINGS.service.model_dump(), "name": "s" * 28, "repository": "acme/orders"},
            "environments": {"e" * 12: {"waf": True, "delivery": "canary"}},
        }
    )
    found = template_of(settings, "e" * 12, suffix="x" * 8)
    named = 0
    for resource_type, (attribute, limit) in NAME_LIMITS.items():
        for resource in resources(found, resource_type):
            if isinstance(name := resource.get(attribute), str):
                named += 1
                assert len(name) <= limit, name
    assert named > len(NAME_LIMITS)


def test_a_copy_shares_no_name_with_its_original() -> None:
    environment = next((name for name in DEPLOYED if not SETTINGS.environment(name).production), None)
    if environment is None:
        pytest.skip("Production, the only environment, has no copies.")
    original, copy = template(environment), template_of(SETTINGS, environment, suffix="pr-42")
    for resource_type, (attribute, _) in NAME_LIMITS.items():
        if resource_type != "AWS::AppConfig::Environment":  # is in an application of its own
            # A name with a reference in it holds an id of its own stack's.
            names = [
                {name for found in resources(t, resource_type) if isinstance(name := found.get(attribute), str)}
                for t in (original, copy)
            ]
            assert not names[0] & names[1]
