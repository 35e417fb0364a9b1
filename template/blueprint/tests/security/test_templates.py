"""What a security review asks of every template: who may do what, who may come in, what happens to data."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from blueprint import settings as service_settings
from blueprint.accounts.pipeline import create_app
from blueprint.settings import LOCAL
from blueprint.tests.synthesis import template
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
        for attribute in ("AssumeRolePolicyDocument", "KeyPolicy", "PolicyDocument"):
            document = properties.get(attribute)
            if attribute == "PolicyDocument" and resource["Type"] == "AWS::Logs::ResourcePolicy":
                document = json.loads(_joined(document))
            for statement in document["Statement"] if isinstance(document, dict) else []:
                if "Principal" in statement:
                    yield name, statement


def _joined(value: Any) -> str:
    """The text of a Fn::Join, with a stand-in for each reference."""
    if isinstance(value, str):
        return value
    return "".join(part if isinstance(part, str) else "REFERENCE" for part in value["Fn::Join"][1])


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
    for alarm in resources(environment, "AWS::CloudWatch::Alarm").values():
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


@pytest.mark.parametrize("adopt_provider", [True, False])
def test_the_pipeline_role_trusts_one_repository_and_one_environment(
    adopt_provider: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    service = SETTINGS.service.model_copy(update={"repository": "acme/shop"})
    monkeypatch.setattr(service_settings, "load", lambda: SETTINGS.model_copy(update={"service": service}))
    folder = tmp_path_factory.mktemp("pipeline")
    environment = DEPLOYED[0]
    create_app(environment, role=True, adopt_provider=adopt_provider, outdir=str(folder)).synth()
    stack = json.loads((folder / f"{service.name}-{environment}-pipeline.template.json").read_text())["Resources"]
    (role,) = [found["Properties"] for found in stack.values() if found["Type"] == "AWS::IAM::Role"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": f"repo:acme/shop:environment:{environment}",
        }
    }
    (policy,) = [
        found["Properties"]["PolicyDocument"] for found in stack.values() if found["Type"] == "AWS::IAM::Policy"
    ]
    (statement,) = policy["Statement"]
    assert statement["Action"] == "sts:AssumeRole"
    names = [_joined(arn).split("role/")[1] for arn in statement["Resource"]]
    assert [name.split("-role-")[0] for name in names[:-1]] == [
        "cdk-hnb659fds-deploy",
        "cdk-hnb659fds-file-publishing",
        "cdk-hnb659fds-lookup",
    ]
    assert names[-1] == f"{service.name}-{environment}*-caller"
    providers = [found for found in stack.values() if found["Type"] == "AWS::IAM::OIDCProvider"]
    assert [provider["DeletionPolicy"] for provider in providers] == ([] if adopt_provider else ["Retain"])
