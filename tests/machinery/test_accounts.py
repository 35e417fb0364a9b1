"""What an account is asked for before a deployment, and whom its roles trust."""

import json
from pathlib import Path
from typing import Any

import pytest
from blueprint import settings as service_settings
from blueprint.accounts import contract, safety
from blueprint.accounts.pipeline import GITHUB, create_app
from blueprint.settings import LOCAL, Settings, SettingsError

SETTINGS = service_settings.load()
DEPLOYED = [name for name in SETTINGS.environments if name != LOCAL]
DEV, PRODUCTION = DEPLOYED[0], DEPLOYED[-1]
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "Retain",
    "Properties": {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "GlobalSecondaryIndexes": [{"IndexName": "by_name", "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}]}],
    },
}


def pipeline(
    environment: str, folder: Path, monkeypatch: pytest.MonkeyPatch, *, adopt_provider: bool = True, **service: Any
) -> dict[str, dict[str, Any]]:
    """The resources of the pipeline's stack, for a service with these settings."""
    changed = SETTINGS.service.model_copy(update={"repository": "acme/shop", **service})
    monkeypatch.setattr(service_settings, "load", lambda: SETTINGS.model_copy(update={"service": changed}))
    create_app(environment, role=True, adopt_provider=adopt_provider, outdir=str(folder)).synth()
    name = f"{changed.name}-{environment}-pipeline.template.json"
    resources: dict[str, dict[str, Any]] = json.loads((folder / name).read_text())["Resources"]
    return resources


def trusted(resources: dict[str, dict[str, Any]]) -> dict[str, Any]:
    (role,) = [found["Properties"] for found in resources.values() if found["Type"] == "AWS::IAM::Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    conditions: dict[str, Any] = statement["Condition"]
    return conditions


def test_the_pipelines_role_trusts_both_forms_of_the_subject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conditions = trusted(pipeline(DEV, tmp_path, monkeypatch))
    assert conditions == {
        "StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"},
        "StringLike": {f"{GITHUB}:sub": [f"repo:acme/shop:environment:{DEV}", f"repo:acme@*/shop@*:environment:{DEV}"]},
        "StringEqualsIfExists": {f"{GITHUB}:repository": "acme/shop"},
    }


def test_ids_in_service_toml_leave_no_wildcard_and_production_is_for_main(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resources = pipeline(PRODUCTION, tmp_path, monkeypatch, repository_owner_id="12", repository_id="34")
    conditions = trusted(resources)
    assert f"repo:acme@12/shop@34:environment:{PRODUCTION}" in conditions["StringLike"][f"{GITHUB}:sub"]
    assert "*" not in json.dumps(conditions)
    assert conditions["StringEqualsIfExists"][f"{GITHUB}:ref"] == "refs/heads/main"


@pytest.mark.parametrize("adopt_provider", [True, False])
def test_an_identity_provider_is_adopted_or_made_to_stay(
    adopt_provider: bool,  # noqa: FBT001
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resources = pipeline(DEV, tmp_path, monkeypatch, adopt_provider=adopt_provider)
    providers = [found for found in resources.values() if found["Type"] == "AWS::IAM::OIDCProvider"]
    assert [provider["DeletionPolicy"] for provider in providers] == ([] if adopt_provider else ["Retain"])


def test_a_role_in_productions_account_must_be_accepted() -> None:
    settings = Settings.model_validate(
        {
            "service": {"name": "shop"},
            "environments": {"dev": {}, "live": {"production": True, "account": "123456789012"}},
        }
    )
    dev = settings.environment("dev")
    safety.refuse_shared_account(settings, dev, "210987654321")
    safety.refuse_shared_account(settings, settings.environment("live"), "123456789012")
    with pytest.raises(SettingsError, match="could change production"):
        safety.refuse_shared_account(settings, dev, "123456789012")
    accepted = settings.service.model_copy(update={"production_shares_account": True})
    safety.refuse_shared_account(settings.model_copy(update={"service": accepted}), dev, "123456789012")


def changed(**properties: Any) -> dict[str, Any]:
    return {**TABLE, "Properties": {**TABLE["Properties"], **properties}}  # type: ignore[dict-item]


def index(name: str, key: str = "n") -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}]}


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"Renamed": TABLE}, "Orders (AWS::DynamoDB::Table), which is retained, would leave the stack"),
        (
            {
                "Orders": changed(
                    KeySchema=[{"AttributeName": "id2", "KeyType": "HASH"}],
                    AttributeDefinitions=[{"AttributeName": "id2", "AttributeType": "S"}],
                )
            },
            "would be replaced by an empty one, because KeySchema",
        ),
        (
            {"Orders": changed(AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}])},
            "because the type of its key",
        ),
        ({"Orders": changed(TableName="orders")}, "because TableName"),
        (
            {"Orders": changed(GlobalSecondaryIndexes=[index("by_name"), index("a"), index("b")])},
            "2 changes of its indexes (+a, +b)",
        ),
        (
            {"Orders": changed(GlobalSecondaryIndexes=[index("by_name", "other")])},
            "2 changes of its indexes (+by_name, -by_name)",
        ),
    ],
)
def test_what_would_lose_data_or_fail_is_refused_with_a_sentence(wanted: dict[str, Any], sentence: str) -> None:
    (found,) = contract.breaches({"Orders": TABLE}, wanted)
    assert sentence in found


@pytest.mark.parametrize(
    "wanted",
    [
        TABLE,
        changed(PointInTimeRecoverySpecification={}),
        changed(GlobalSecondaryIndexes=[index("by_name"), index("a")]),
        changed(GlobalSecondaryIndexes=[]),
    ],
)
def test_what_is_done_in_place_is_let_through(wanted: dict[str, Any]) -> None:
    assert not contract.breaches({"Orders": TABLE}, {"Orders": wanted})
    kept_nowhere = {**TABLE, "DeletionPolicy": "Delete"}
    assert not contract.breaches({"Orders": kept_nowhere}, {"Renamed": kept_nowhere})
