"""Where one function for each route ends: how much 60 routes take, and that synthesis says so in time."""

import json
from dataclasses import replace
from typing import Any

import pytest
from blueprint import settings as service_settings
from blueprint import synthesis
from blueprint.constructs import limits
from blueprint.declare import Function, Http, Table
from blueprint.declare.table import TableIndex
from blueprint.settings import ROOT
from blueprint.tests.synthesis import template_of
from infra.app import DECLARATIONS
from infra.tables import ORDERS

SETTINGS = service_settings.load()
*_, PRODUCTION = SETTINGS.environments
READS: dict[Table | TableIndex, list[str]] = {ORDERS: ["GetItem"]}


def template(routes: int, functions: int) -> dict[str, Any]:
    """Production's template with so many routes, in so many functions."""
    https = [Http("GET", f"/api/things{number}/{{thing_id}}") for number in range(routes)]
    shared = [Function(f"things_{each}", *https[each::functions], reads=READS) for each in range(functions)]
    return dict(template_of(SETTINGS, PRODUCTION, declarations=replace(DECLARATIONS, functions=shared)).to_json())


@pytest.mark.parametrize(("routes", "functions"), [(4, 4), (20, 20), (60, 4)])
def test_the_numbers_of_the_page_are_measured(routes: int, functions: int) -> None:
    resources = len(template(routes, functions)["Resources"])
    page = (ROOT / "blueprint" / "docs" / "many-functions.md").read_text()
    assert f"| {routes} | {functions} | {resources} |" in page, resources


def test_sixty_routes_in_a_few_functions_are_near_no_limit() -> None:
    few = template(60, 4)
    assert limits.sentences(few) == []
    permissions = [each for each in few["Resources"].values() if each["Type"] == "AWS::Lambda::Permission"]
    assert len(permissions) == 4


def test_twenty_four_functions_are_near_the_limit_of_resources() -> None:
    sentences = limits.sentences(template(24, 24))
    assert any(
        sentence.endswith("resources in the stack, of 500 at most: see " + limits.PAGE + ".") for sentence in sentences
    )


def test_synthesis_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(limits._LIMITS, "outputs of the stack", 3)
    monkeypatch.setenv("ENVIRONMENT", "local")
    synthesis.main(DECLARATIONS, [])
    assert "note: " in (said := capsys.readouterr().err)
    assert "outputs of the stack, of 3 at most: see blueprint/docs/many-functions.md." in said


def test_policies_and_variables_count_by_their_length_and_alarms_by_their_arns() -> None:
    policy = {"Roles": [{"Ref": "Role"}], "PolicyDocument": {"Statement": ["x" * 5000]}}
    resources: dict[str, Any] = {
        "One": {"Type": "AWS::IAM::Policy", "Properties": policy},
        "Two": {"Type": "AWS::IAM::Policy", "Properties": policy},
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Environment": {"Variables": {"HANDLERS": "x" * 4000}}},
        },
    }
    resources["Dashboard"] = {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {"DashboardBody": {"Fn::Join": ["", ["arn:aws:cloudwatch:eu-central-1:1:alarm:x"] * 85]}},
    }
    sentences = json.dumps(limits.sentences({"Resources": resources}))
    assert "85 alarms in a widget of a dashboard, of 100 at most" in sentences
    assert "characters in the policies of a role, of 10240 at most" in sentences
    assert "bytes in the variables of a function, of 4096 at most" in sentences
