"""What a security review asks of every template: who may do what, who may come in, what happens to data."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest

from blueprint import settings as service_settings
from blueprint.settings import LOCAL, ROOT
from blueprint.tests.synthesis import template, template_of
from infra.app import DECLARATIONS

SETTINGS = service_settings.load()
DEPLOYED = [name for name in SETTINGS.environments if name != LOCAL]
# What AWS accepts no other resource for, and what each allows.
WITHOUT_RESOURCE = {
    "xray:PutTraceSegments": "writes traces",
    "xray:PutTelemetryRecords": "writes traces",
    "cloudwatch:DescribeAlarms": "reads the state of alarms",
}


def resources(environment: str, resource_type: str) -> Mapping[str, Mapping[str, Any]]:
    return template(environment).find_resources(resource_type)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(environment: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of a policy for a principal of this account."""
    for name, resource in resources(environment, "AWS::IAM::Policy").items():
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
            yield name, statement


def resource_policies(environment: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement that says who may come: the roles' trust, the topic's, the key's and the log's policy."""
    for name, resource in template(environment).to_json()["Resources"].items():
        properties = resource.get("Properties", {})
        for attribute in ("AssumeRolePolicyDocument", "KeyPolicy", "PolicyDocument", "ResourcePolicyDocument"):
            document = properties.get(attribute)
            for statement in document["Statement"] if isinstance(document, dict) else []:
                if "Principal" in statement:
                    yield name, statement


@pytest.mark.parametrize("environment", DEPLOYED)
def test_no_policy_allows_a_wildcard_that_aws_does_not_require(environment: str) -> None:
    checked = 0
    for name, statement in statements(environment):
        checked += 1
        actions = as_list(statement["Action"])
        assert not [action for action in actions if "*" in action], name
        assert statement["Effect"] == "Allow"
        if "*" in as_list(statement["Resource"]):
            assert set(actions) <= set(WITHOUT_RESOURCE), name
    assert checked > len(resources(environment, "AWS::Lambda::Function"))


@pytest.mark.parametrize("environment", DEPLOYED)
def test_no_role_has_a_managed_policy(environment: str) -> None:
    for name, role in resources(environment, "AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role["Properties"], name


@pytest.mark.parametrize("environment", DEPLOYED)
def test_every_function_has_a_role_of_its_own(environment: str) -> None:
    functions = resources(environment, "AWS::Lambda::Function").values()
    roles = [json.dumps(function["Properties"]["Role"]) for function in functions]
    assert len(set(roles)) == len(roles) > 0


@pytest.mark.parametrize("environment", DEPLOYED)
def test_nobody_but_this_account_and_its_services_comes_in(environment: str) -> None:
    checked = 0
    for name, statement in resource_policies(environment):
        checked += 1
        principal = statement["Principal"]
        if statement["Effect"] == "Deny":
            continue
        assert principal != "*", name
        assert "*" not in as_list(principal.get("AWS", [])), name
        assert set(principal) <= {"Service", "AWS"}, name
        for account in as_list(principal.get("AWS", [])):
            assert {"Ref": "AWS::AccountId"} in account["Fn::Join"][1] or str(
                SETTINGS.environment(environment).account
            ) in str(account), name
    assert checked > 0


@pytest.mark.parametrize("environment", DEPLOYED)
def test_only_this_account_s_apis_invoke_functions(environment: str) -> None:
    for permission in resources(environment, "AWS::Lambda::Permission").values():
        assert permission["Properties"]["Principal"] == "apigateway.amazonaws.com"
        assert "Ref" in json.dumps(permission["Properties"]["SourceArn"])


@pytest.mark.parametrize("environment", DEPLOYED)
def test_alarms_reach_the_encrypted_topic(environment: str) -> None:
    """CloudWatch must be allowed to use the key, or every alarm is lost without a word."""
    (topic,) = resources(environment, "AWS::SNS::Topic").values()
    (key_name,) = resources(environment, "AWS::KMS::Key")
    assert topic["Properties"]["KmsMasterKeyId"] == {"Fn::GetAtt": [key_name, "Arn"]}
    grants = [s for name, s in resource_policies(environment) if name == key_name and "Service" in s["Principal"]]
    (grant,) = [grant for grant in grants if grant["Principal"]["Service"] == "cloudwatch.amazonaws.com"]
    assert set(grant["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}
    assert grant["Condition"]["StringEquals"]["aws:SourceAccount"]
    (topic_name,) = resources(environment, "AWS::SNS::Topic")
    for name, alarm in resources(environment, "AWS::CloudWatch::Alarm").items():
        if name.startswith("Delivery"):
            continue  # CodeDeploy watches these, and the deployment reports them
        assert alarm["Properties"]["AlarmActions"] == [{"Ref": topic_name}]
        assert alarm["Properties"]["OKActions"] == [{"Ref": topic_name}]


@pytest.mark.parametrize("environment", DEPLOYED)
def test_data_is_kept_where_it_must_be(environment: str) -> None:
    holding = {
        table.name: table.holds_data and SETTINGS.environment(environment).retain_data for table in DECLARATIONS.tables
    }
    tables = resources(environment, "AWS::DynamoDB::Table")
    assert len(tables) == len(DECLARATIONS.tables)
    for name, table in tables.items():
        (kept,) = [kept for table_name, kept in holding.items() if name.startswith(f"Database{table_name}")]
        properties = table["Properties"]
        assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == ("Retain" if kept else "Delete"), name
        assert properties["DeletionProtectionEnabled"] is kept, name
        recovery = properties["PointInTimeRecoverySpecification"]
        assert recovery["PointInTimeRecoveryEnabled"] is kept, name
        assert recovery.get("RecoveryPeriodInDays") == (35 if kept else None), name


def test_production_keeps_data_and_is_protected() -> None:
    production = [environment for environment in SETTINGS.environments.values() if environment.production]
    assert production, "service.toml has no production environment"
    for environment in production:
        assert environment.retain_data, f"{environment.name} is production and keeps no data"
        assert not environment.swagger, f"{environment.name} is production and shows its documentation to everyone"


@pytest.mark.parametrize("environment", DEPLOYED)
def test_every_log_ends(environment: str) -> None:
    groups = resources(environment, "AWS::Logs::LogGroup").values()
    assert len(groups) > len(resources(environment, "AWS::Lambda::Function"))
    for group in groups:
        days = SETTINGS.environment(environment).log_retention_days
        holds_addresses = "waf" in str(group["Properties"].get("LogGroupName", ""))
        assert group["Properties"]["RetentionInDays"] == (min(days, 30) if holds_addresses else days)


@pytest.mark.parametrize("environment", DEPLOYED)
def test_methods_authorize_as_service_toml_says(environment: str) -> None:
    expected = {"iam": "AWS_IAM", "cognito": "COGNITO_USER_POOLS", "none": "NONE"}[SETTINGS.service.authorization]
    swagger = {
        name
        for name, resource in resources(environment, "AWS::ApiGateway::Resource").items()
        if resource["Properties"]["PathPart"] == "swagger"
    }
    for method in resources(environment, "AWS::ApiGateway::Method").values():
        is_swagger = method["Properties"]["ResourceId"].get("Ref") in swagger
        reaches_nothing = method["Properties"]["Integration"]["Type"] == "MOCK"
        assert method["Properties"]["AuthorizationType"] == ("NONE" if is_swagger or reaches_nothing else expected)


# What stays when production's stack goes, by type: data, and the configuration that was deployed with it.
RETAINED_IN_PRODUCTION = {
    "AWS::DynamoDB::Table": [table.name for table in DECLARATIONS.tables if table.holds_data],
    "AWS::Cognito::UserPool": ["Pool"] if SETTINGS.service.authorization == "cognito" else [],
    "AWS::AppConfig::HostedConfigurationVersion": ["Configuration"],
}


@pytest.mark.parametrize("environment", DEPLOYED)
def test_nothing_stays_but_what_production_retains(environment: str) -> None:
    retained: dict[str, list[str]] = {}
    for name, resource in template(environment).to_json()["Resources"].items():
        # Kept for a rollback: a function's versions go with it.
        is_version = resource["Type"] == "AWS::Lambda::Version"
        policies = str(resource.get("DeletionPolicy")) + str(resource.get("UpdateReplacePolicy"))
        if "Retain" in policies and not is_version:
            retained.setdefault(resource["Type"], []).append(name)
    expected = RETAINED_IN_PRODUCTION if SETTINGS.environment(environment).retain_data else {}
    assert {kind: len(names) for kind, names in retained.items()} == {k: len(v) for k, v in expected.items() if v}
    for kind, names in retained.items():
        assert all(any(word in name for word in expected[kind]) for name in names), names


# Calls of the tests that take no permission of their own: a client's methods and the tests' own names.
CALLS = re.compile(r'\.(?:get_paginator\("(\w+)"\)|([a-z]+_[a-z_]+)\()')


@pytest.mark.parametrize("environment", [name for name in DEPLOYED if not SETTINGS.environment(name).production])
def test_the_caller_may_do_what_the_tests_call_and_nothing_else(environment: str) -> None:
    """A test that calls more of AWS gets the permission by `stack.caller.allow` in infra/resources.py."""
    settings = SETTINGS.model_copy(
        update={"service": SETTINGS.service.model_copy(update={"repository": "acme/orders"})}
    )
    found = template_of(settings, environment).find_resources("AWS::IAM::Policy")
    (policy,) = [resource for name, resource in found.items() if name.startswith("Caller")]
    granted = {action for s in policy["Properties"]["PolicyDocument"]["Statement"] for action in as_list(s["Action"])}
    folders = ("tests/e2e", "tests/orders", "blueprint/testing", "blueprint/tests/smoke")
    files = [file for folder in folders for file in (ROOT / folder).glob("*.py")]
    names = {name for file in files for pair in CALLS.findall(file.read_text()) for name in pair if name}
    clients = {name for file in files for name in re.findall(r'client\("([a-z-]+)"\)', file.read_text())}
    operations = {
        f"{client}:{operation}"
        for client in clients
        for method, operation in boto3.client(client, region_name="us-east-1").meta.method_to_api_mapping.items()
        if method in names
    }
    expected = operations | {"execute-api:Invoke"}
    if SETTINGS.service.authorization != "cognito":
        expected -= {"cognito-idp:DescribeUserPoolClient"}
    assert granted == expected


def test_productions_caller_reads_the_api_and_the_outputs_alone() -> None:
    settings = SETTINGS.model_copy(
        update={"service": SETTINGS.service.model_copy(update={"repository": "acme/orders"})}
    )
    for name in (name for name in DEPLOYED if SETTINGS.environment(name).production):
        found = template_of(settings, name).find_resources("AWS::IAM::Policy")
        (policy,) = [resource for resource_name, resource in found.items() if resource_name.startswith("Caller")]
        granted = {s["Action"]: json.dumps(s["Resource"]) for s in policy["Properties"]["PolicyDocument"]["Statement"]}
        signs_in = {"cognito-idp:DescribeUserPoolClient"} if SETTINGS.service.authorization == "cognito" else set()
        assert set(granted) == {"cloudformation:DescribeStacks", "execute-api:Invoke"} | signs_in
        assert f"/{name}/GET/*" in granted["execute-api:Invoke"]
