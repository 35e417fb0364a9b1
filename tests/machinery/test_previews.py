"""Which stacks `make previews-sweep` removes, and that it continues after one that it can't remove."""

from typing import TYPE_CHECKING

import boto3
import pytest
from blueprint import settings as service_settings
from blueprint.accounts import previews
from blueprint.settings import LOCAL
from botocore.stub import Stubber

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

SETTINGS = service_settings.load()
ENVIRONMENT = next(found for name, found in SETTINGS.environments.items() if name != LOCAL)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> "CloudFormationClient":
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    return boto3.client("cloudformation", region_name="us-east-1")


def stack(name: str, status: str) -> dict[str, str]:
    return {"StackName": name, "StackStatus": status, "CreationTime": "2026-01-01T00:00:00Z"}


def test_what_could_not_be_deleted_is_tried_again_and_what_goes_is_left_alone(client: "CloudFormationClient") -> None:
    copy = SETTINGS.stack_name(ENVIRONMENT, "pr-")
    stacks = [
        stack(f"{copy}1", "DELETE_FAILED"),
        stack(f"{copy}2", "DELETE_IN_PROGRESS"),
        stack(f"{copy}3", "ROLLBACK_COMPLETE"),
        stack(f"{copy}4", "UPDATE_COMPLETE"),
        stack(f"{copy}5-mine", "UPDATE_COMPLETE"),
        stack(SETTINGS.stack_name(ENVIRONMENT), "UPDATE_COMPLETE"),
    ]
    with Stubber(client) as stubber:
        stubber.add_response("describe_stacks", {"Stacks": stacks}, {})
        assert previews.left_behind(client, SETTINGS, ENVIRONMENT, {4}) == [f"{copy}1", f"{copy}3"]


def test_one_that_is_refused_does_not_keep_the_others(
    client: "CloudFormationClient", capsys: pytest.CaptureFixture[str]
) -> None:
    with Stubber(client) as stubber:
        stubber.add_client_error("delete_stack", "ValidationError", "TerminationProtection is enabled")
        stubber.add_response("delete_stack", {}, {"StackName": "other"})
        stubber.add_client_error("describe_stacks", "ValidationError", "Stack with id other does not exist")
        assert previews.sweep(client, ["protected", "other"]) == ["protected"]
        stubber.assert_no_pending_responses()
    assert "TerminationProtection is enabled" in capsys.readouterr().out
