"""What the functions emit is what the dashboards show and the alarms watch."""

import json
import re
from typing import Any

import pytest
from aws_cdk.assertions import Template
from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from blueprint import settings as service_settings
from blueprint.declare import Stream
from blueprint.runtime.configuration import FALLBACK_METRIC
from blueprint.settings import LOCAL, Settings
from blueprint.tests.synthesis import template, template_of
from infra.app import DECLARATIONS

SETTINGS = service_settings.load()
ENVIRONMENT = next(name for name in SETTINGS.environments if name != LOCAL)
STACK = SETTINGS.stack_name(SETTINGS.environment(ENVIRONMENT))


def alarms(found: Template) -> dict[str, dict[str, Any]]:
    """The alarms that reach somebody, by their names."""
    properties = (alarm["Properties"] for alarm in found.find_resources("AWS::CloudWatch::Alarm").values())
    return {alarm["AlarmName"]: alarm for alarm in properties if "AlarmActions" in alarm}


def dashboard(level: str) -> str:
    for found in template(ENVIRONMENT).find_resources("AWS::CloudWatch::Dashboard").values():
        if found["Properties"]["DashboardName"] == f"{STACK}-{level}":
            return "".join(
                part if isinstance(part, str) else "" for part in found["Properties"]["DashboardBody"]["Fn::Join"][1]
            )
    raise AssertionError(f"There is no dashboard {level}.")


def emitted(name: str, variables: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    """The namespace and the dimensions, with their values, of a metric as a function with these variables emits it."""
    metrics = Metrics(namespace=variables["POWERTOOLS_METRICS_NAMESPACE"], service=variables["POWERTOOLS_SERVICE_NAME"])
    metrics.clear_metrics()
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)
    record: dict[str, Any] = {**metrics.serialize_metric_set()}
    metrics.clear_metrics()
    (directive,) = record["_aws"]["CloudWatchMetrics"]
    return directive["Namespace"], [(key, record[key]) for key in directive["Dimensions"][0]]


def variables_of_a_function() -> dict[str, Any]:
    for function in template(ENVIRONMENT).find_resources("AWS::Lambda::Function").values():
        if function["Properties"]["Handler"].startswith("service.handlers."):
            variables: dict[str, Any] = function["Properties"]["Environment"]["Variables"]
            return variables
    raise AssertionError("There is no function.")


@pytest.mark.parametrize("name", [*DECLARATIONS.metrics, FALLBACK_METRIC])
def test_the_high_level_dashboard_shows_what_the_functions_emit(name: str) -> None:
    namespace, dimensions = emitted(name, variables_of_a_function())
    shown = json.dumps([namespace, name, *(part for dimension in dimensions for part in dimension)])[1:-1]
    assert shown.replace(" ", "") in dashboard("high").replace(" ", "")


def test_the_fallback_alarm_watches_what_the_functions_emit() -> None:
    namespace, dimensions = emitted(FALLBACK_METRIC, variables_of_a_function())
    alarm = alarms(template(ENVIRONMENT))[f"{STACK}-ConfigurationFallback"]
    assert (alarm["Namespace"], alarm["MetricName"]) == (namespace, FALLBACK_METRIC)
    assert alarm["Dimensions"] == [{"Name": key, "Value": value} for key, value in dimensions]


def test_the_low_level_dashboard_shows_every_function_and_table() -> None:
    text = dashboard("low")
    for name in (
        *(function.name for function in DECLARATIONS.functions),
        *(table.name for table in DECLARATIONS.tables),
    ):
        assert name in text


def test_thresholds_come_from_service_toml() -> None:
    settings = Settings.model_validate(
        {
            "service": SETTINGS.service.model_dump(),
            "alarms": {"api_error_percent": 7, "function_latency_ms": 1234},
            "objective": {"availability": 99.5, "minimum_requests": 30},
            "environments": {ENVIRONMENT: {"alarm_email": "on@call.example"}},
        }
    )
    found = template_of(settings, ENVIRONMENT)
    assert alarms(found)[f"{STACK}-ApiErrors"]["Threshold"] == 0.07
    burning = [str(alarms(found)[f"{STACK}-{name}"]["Metrics"]) for name in ("FastBurn", "SlowBurn")]
    assert all(">= 30," in expression and "/ 0.5," in expression for expression in burning)
    latencies = [
        alarm["Threshold"] for name, alarm in alarms(found).items() if name.endswith("Latency") and "Api" not in name
    ]
    assert latencies
    assert set(latencies) == {1234}
    found.has_resource_properties("AWS::SNS::Subscription", {"Protocol": "email", "Endpoint": "on@call.example"})


def test_the_alarms_are_those_that_operators_need() -> None:
    kinds = {name.removeprefix(f"{STACK}-") for name in alarms(template(ENVIRONMENT))}
    assert {"FastBurn", "SlowBurn", "ApiErrors", "ApiLatency", "TotalBlock", "ConfigurationFallback"} < kinds
    assert "Silence" not in kinds
    functions = {"".join(map(str.capitalize, function.name.split("_"))) for function in DECLARATIONS.functions}
    assert {f"{name}{kind}" for name in functions for kind in ("Errors", "Latency", "Throttles")} < kinds
    used = {table.name for function in DECLARATIONS.functions for table in function.tables}
    assert {f"{name}Table{kind}" for name in used for kind in ("Throttles", "Errors")} < kinds


def test_silence_is_an_alarm_where_requests_are_expected() -> None:
    settings = Settings.model_validate(
        {"service": SETTINGS.service.model_dump(), "environments": {ENVIRONMENT: {"silence_minutes": 30}}}
    )
    alarm = alarms(template_of(settings, ENVIRONMENT))[f"{STACK}-Silence"]
    assert (alarm["MetricName"], alarm["Period"], alarm["TreatMissingData"]) == ("Count", 1800, "breaching")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)


def test_refused_requests_are_counted_in_the_access_log() -> None:
    (counter,) = template(ENVIRONMENT).find_resources("AWS::Logs::MetricFilter").values()
    (transformation,) = counter["Properties"]["MetricTransformations"]
    block = alarms(template(ENVIRONMENT))[f"{STACK}-TotalBlock"]["Metrics"]
    watched = [found["MetricStat"]["Metric"] for found in block if "MetricStat" in found]
    assert (transformation["MetricNamespace"], transformation["MetricName"]) in [
        (metric["Namespace"], metric["MetricName"]) for metric in watched
    ]
    assert re.findall(r'\$\.(\w+) = "(\d+)"', counter["Properties"]["FilterPattern"]) == [
        ("status", "401"),
        ("status", "403"),
        ("status", "429"),
    ]


@pytest.mark.parametrize("level", ["high", "low"])
def test_a_dashboard_has_neither_holes_nor_what_its_functions_never_have(level: str) -> None:
    text = dashboard(level)
    widgets = json.loads(text)["widgets"]
    rows: dict[int, int] = {}
    for widget in widgets:
        rows[widget["y"]] = rows.get(widget["y"], 0) + widget["width"]
    assert set(rows.values()) == {24}
    reads_a_stream = any(function.started_by(Stream) for function in DECLARATIONS.functions)
    assert ("Iterator" in text) == (reads_a_stream and level == "low")
    assert "Provisioned" not in text
