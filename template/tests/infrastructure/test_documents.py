"""What `make documents` writes says what is in the templates."""

import json
import re
from pathlib import Path

import pytest

from infra.documents import __main__ as documents
from infra.documents import architecture
from infra.routes import ROUTES
from infra.settings import Settings, load
from service.models.metrics import BusinessMetric
from tests.support.synthesis import template


@pytest.fixture(scope="module")
def current() -> dict[str, str]:
    return documents.current(lambda _, environment: template(environment).to_json()["Resources"])


def test_the_diagram_shows_every_function_and_what_it_reaches(current: dict[str, str]) -> None:
    text = current["architecture.md"]
    for route in ROUTES:
        assert f'f_{route.handler}["{route.method} {route.path}<br>{route.handler}"]' in text
        for table in route.tables:
            assert re.search(rf"f_{route.handler} -->\|(reads|writes|reads, writes)\| t_{table.name}\b", text)
        assert (f"f_{route.handler} -->|reads| appconfig" in text) == route.configuration
    settings = load()
    assert ("AWS WAF" in text.split("## Monitoring")[0]) == any(e.waf for e in settings.environments.values())
    for environment in settings.environments:
        assert environment in text


@pytest.mark.parametrize(
    ("authorization", "expected", "other"),
    [
        ("iam", "signed by an AWS principal", "token"),
        ("cognito", "Cognito user pool", "signed"),
        ("none", "HTTPS", "sign"),
    ],
)
def test_the_diagrams_follow_the_settings(authorization: str, expected: str, other: str) -> None:
    settings = Settings.model_validate(
        {
            "service": {"name": "parcels", "authorization": authorization},
            "environments": {"test": {"waf": True, "alarm_email": "on@call.example"}, "live": {"production": True}},
        }
    )
    text = architecture.document(settings, ROUTES)
    assert expected in text
    assert other not in text
    assert "AWS WAF<br>in test" in text
    assert "on@call.example" in text
    assert "roll back a deployment in live" in text
    assert "local --> e0[test] --> e1[live]" in text


def test_the_pictures_of_the_dashboards_show_every_function_table_and_business_metric(current: dict[str, str]) -> None:
    low = current["dashboard-low.svg"]
    for name in (*(route.handler for route in ROUTES), *(table.name for route in ROUTES for table in route.tables)):
        assert re.search(rf">[\w ]+ {name}</text>", low)
    for name in BusinessMetric:
        assert f">{name}</text>" in current["dashboard-high.svg"]


def test_every_grant_of_the_route_table_is_a_row(current: dict[str, str]) -> None:
    rows = current["permissions.md"].splitlines()
    granted = {
        (route.handler, f"`dynamodb:{action}`") for route in ROUTES for _, actions in route.grants for action in actions
    }
    written = {(row.split(" | ")[0].strip("| "), row.split(" | ")[1]) for row in rows if "`dynamodb:" in row}
    assert written == granted


def test_the_security_snapshot_shows_what_a_review_must_see(current: dict[str, str]) -> None:
    [(environment, parts)] = json.loads(current["security.json"]).items()
    assert environment == list(load().environments)[-1]
    kinds = {part["Type"] for part in parts.values()}
    assert {"AWS::IAM::Role", "AWS::IAM::Policy", "AWS::Lambda::Permission", "AWS::KMS::Key"} <= kinds
    methods = [part for part in parts.values() if part["Type"] == "AWS::ApiGateway::Method"]
    assert len(methods) == len(ROUTES)
    tables = [part for part in parts.values() if part["Type"] == "AWS::DynamoDB::Table"]
    assert any(table["DeletionPolicy"] == "Retain" and table["DeletionProtectionEnabled"] for table in tables)


def test_sums_are_the_sums_of_their_lines(current: dict[str, str]) -> None:
    tables = current["costs.md"].split("| --- | ---: | ---: |")[1:]
    assert tables
    for table in tables:
        *lines, total = [line for line in table.split("\n\n")[0].splitlines() if line]
        costs = [float(line.split("|")[3]) for line in lines]
        assert float(total.split("**")[3]) == pytest.approx(sum(costs), abs=0.01 * len(costs))
        for line in lines:
            quantity = float(line.split("|")[1].split()[0].replace(",", ""))
            assert quantity * float(line.split("|")[2]) == pytest.approx(float(line.split("|")[3]), abs=0.006)


def test_what_is_missing_is_written_and_what_is_stale_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, current: dict[str, str]
) -> None:
    monkeypatch.setattr(documents, "FOLDER", tmp_path)
    monkeypatch.setattr(documents, "current", lambda: current)
    documents.check()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == current
    documents.check()
    (tmp_path / "permissions.md").write_text("# Permissions\n")
    with pytest.raises(SystemExit, match=r"docs/permissions\.md stale; run `make documents`"):
        documents.check()
