"""What an environment needs in its template, and in service.toml, so that an operator can go back."""

import dataclasses
from typing import Any

import aws_cdk as cdk
import boto3
import pytest
from aws_cdk.assertions import Template
from blueprint import settings as service_settings
from blueprint.constructs.at_once import deliver_at_once
from blueprint.constructs.stack import ServiceStack
from blueprint.declare import Function, Stream
from blueprint.operations import rollback
from blueprint.operations.target import Target
from blueprint.settings import Settings, SettingsError
from blueprint.tests.synthesis import template_of
from botocore.stub import Stubber
from infra.app import DECLARATIONS

NAME = "production"


def settings(*, adopted: dict[str, str] | None = None, **production: Any) -> Settings:
    return Settings.model_validate(
        {
            "service": service_settings.load().service.model_dump(),
            "environments": {"dev": {}, NAME: {"production": True, **production}},
            "adopted_tables": {NAME: adopted or {}},
        }
    )


def of_type(template: Template, resource_type: str) -> dict[str, Any]:
    return dict(template.find_resources(resource_type))


def test_versions_are_kept() -> None:
    versions = of_type(template_of(settings(), "dev"), "AWS::Lambda::Version")
    assert versions
    assert {version["DeletionPolicy"] for version in versions.values()} == {"Retain"}


def test_an_adopted_table_serves_and_the_former_one_is_kept() -> None:
    plain, adopting = (template_of(settings(adopted=adopted), NAME) for adopted in ({}, {"Orders": "orders-of-monday"}))
    # The functions get the adopted table's name,
    for function in of_type(adopting, "AWS::Lambda::Function").values():
        name = function["Properties"]["Environment"]["Variables"].get("ORDERS_TABLE_NAME", "orders-of-monday")
        assert name == "orders-of-monday"
    # may use it, and its indexes, as the former one,
    policies = str(of_type(adopting, "AWS::IAM::Policy"))
    assert ":table/orders-of-monday'" in policies
    assert ":table/orders-of-monday/index/by_customer'" in policies
    assert "DatabaseOrders" in policies
    # which stays in the stack, as it was.
    assert of_type(plain, "AWS::DynamoDB::Table") == of_type(adopting, "AWS::DynamoDB::Table")
    # And the alarms and the dashboard look at what serves.
    watched = str(of_type(adopting, "AWS::CloudWatch::Alarm"))
    assert "orders-of-monday" in watched
    assert "DatabaseOrders" not in watched


def test_the_stream_of_an_adopted_table_starts_what_the_former_one_started() -> None:
    stream = "arn:aws:dynamodb:us-east-1:123456789012:table/orders-of-monday/stream/2026-11-24T03:00:00.000"
    (orders,) = [table for table in DECLARATIONS.tables if table.name == "Orders"]
    listening = dataclasses.replace(
        DECLARATIONS, functions=[*DECLARATIONS.functions, Function("publish", Stream(orders))]
    )
    found = template_of(settings(adopted={"Orders": stream}), NAME, declarations=listening)
    (source,) = of_type(found, "AWS::Lambda::EventSourceMapping").values()
    assert source["Properties"]["EventSourceArn"] == stream
    names = [
        function["Properties"]["Environment"]["Variables"].get("ORDERS_TABLE_NAME")
        for function in of_type(found, "AWS::Lambda::Function").values()
    ]
    assert set(names) <= {None, "orders-of-monday"}
    assert len(names) > names.count(None)


def test_adopting_for_what_does_not_exist_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"adopts a table for Order, which infra/tables\.py doesn't declare"):
        template_of(settings(adopted={"Order": "orders-of-monday"}), NAME)
    with pytest.raises(ValueError, match="adopted_tables names prod, which is not an environment"):
        Settings.model_validate(
            {"service": {"name": "orders"}, "environments": {"dev": {}}, "adopted_tables": {"prod": {"Orders": "x-y"}}}
        )


def test_a_copy_adopts_nothing_and_makes_no_backups() -> None:
    chosen = settings()
    dev = chosen.environment("dev").model_copy(update={"adopted_tables": {"Orders": "x-y-z"}, "backup_days": 9})
    copy = chosen.copy_of(dev, "pr-1")
    assert (copy.adopted_tables, copy.backup_days) == ({}, 0)


def test_backups_that_nobody_can_delete_are_a_setting() -> None:
    assert not of_type(template_of(settings(), NAME), "AWS::Backup::BackupVault")
    found = template_of(settings(backup_days=90), NAME)
    (vault,) = of_type(found, "AWS::Backup::BackupVault").values()
    assert vault["Properties"]["LockConfiguration"] == {"MinRetentionDays": 90, "ChangeableForDays": 3}
    assert vault["DeletionPolicy"] == "Retain"
    (plan,) = of_type(found, "AWS::Backup::BackupPlan").values()
    (rule,) = plan["Properties"]["BackupPlan"]["BackupPlanRule"]
    assert rule["Lifecycle"] == {"DeleteAfterDays": 90}
    # Of the orders, and not of what is of no use tomorrow.
    (selection,) = of_type(found, "AWS::Backup::BackupSelection").values()
    assert "DatabaseOrders" in str(selection)
    assert "Idempotency" not in str(selection)


def test_backups_of_what_is_not_kept_are_refused() -> None:
    with pytest.raises(ValueError, match="backup_days needs retain_data = true"):
        settings(backup_days=90, retain_data=False)


def test_a_deployment_at_once_needs_neither_codedeploy_nor_a_changed_configuration() -> None:
    def stack(app: cdk.App) -> ServiceStack:
        chosen = settings()
        return ServiceStack(app, declarations=DECLARATIONS, settings=chosen, environment=chosen.environment(NAME))

    canary, at_once, later = stack(cdk.App()), stack(cdk.App()), stack(cdk.App())
    deliver_at_once(at_once, "2026-11-24T03:00:00Z")
    deliver_at_once(later, "2026-11-25T03:00:00Z")
    templates = [Template.from_stack(found) for found in (canary, at_once, later)]
    policies = [
        [alias.get("UpdatePolicy") for alias in of_type(found, "AWS::Lambda::Alias").values()] for found in templates
    ]
    assert all(policies[0])
    assert not any(policies[1])
    # The deployment groups stay, for the next time.
    assert of_type(templates[0], "AWS::CodeDeploy::DeploymentGroup")
    assert set(of_type(templates[0], "AWS::CodeDeploy::DeploymentGroup")) == set(
        of_type(templates[1], "AWS::CodeDeploy::DeploymentGroup")
    )
    deployments = [of_type(found, "AWS::AppConfig::Deployment") for found in templates]
    assert deployments[0] != deployments[1] != deployments[2]


def test_a_canary_under_way_is_stopped_so_that_codedeploy_shifts_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The local cloud has no CodeDeploy: the calls are held against its API's own model."""
    client = boto3.client("codedeploy", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")  # noqa: S106
    target = Target(settings().environment(NAME), "orders-production")
    target.__dict__["_resources"] = [
        ("AWS::CodeDeploy::Application", "Application", "application"),
        ("AWS::CodeDeploy::DeploymentGroup", "Create", "create"),
        ("AWS::CodeDeploy::DeploymentGroup", "Get", "get"),
    ]
    monkeypatch.setattr(boto3, "client", lambda _: client)
    with Stubber(client) as codedeploy:
        for group, under_way in (("create", ["d-1"]), ("get", [])):
            asked = {
                "applicationName": "application",
                "deploymentGroupName": group,
                "includeOnlyStatuses": ["Created", "Queued", "InProgress", "Ready"],
            }
            codedeploy.add_response("list_deployments", {"deployments": under_way}, asked)
            for deployment in under_way:
                stop = {"deploymentId": deployment, "autoRollbackEnabled": True}
                codedeploy.add_response("stop_deployment", {"status": "Pending"}, stop)
        assert rollback._stop_shifting(target) == ["create"]
        codedeploy.assert_no_pending_responses()
