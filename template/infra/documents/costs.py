"""docs/costs.md: what an environment costs when idle, and what a million requests cost on top."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from infra.functions import MEMORY_MIB
from infra.settings import Service
from service.models.metrics import BusinessMetric

_INPUTS = tomllib.loads(Path(__file__).with_name("prices.toml").read_text())
_MILLION = 1_000_000


class Item(NamedTuple):
    """A line of a bill."""

    what: str
    quantity: float
    price: str

    @property
    def unit_usd(self) -> float:
        return float(_INPUTS["prices"][self.price]["usd"])

    @property
    def usd(self) -> float:
        return self.quantity * self.unit_usd


def document(service: Service, environments: Mapping[str, Mapping[str, Any]]) -> str:
    """The costs of each environment, whose template's resources are given, as Markdown."""
    lines = [
        "# Costs",
        "",
        "In USD, before taxes, without free tiers. Written by `make documents` from the resources in the templates",
        f"and from infra/documents/prices.toml ({_INPUTS['read']}), which names the source of each",
        "price and what a request is assumed to take. What is stored, the code and the tables, is left out.",
    ]
    for name, resources in environments.items():
        lines += ["", f"## {name}", "", "Idle, a month:", "", *_table(list(_idle(resources)))]
        lines += [
            "",
            f"A million requests on top, {_INPUTS['request']['what']}:",
            "",
            *_table(list(_million_requests(service, resources))),
        ]
    return "\n".join(lines) + "\n"


def _idle(resources: Mapping[str, Any]) -> Iterator[Item]:
    def count(resource_type: str) -> int:
        return sum(resource["Type"] == resource_type for resource in resources.values())

    alarms = [r["Properties"] for r in resources.values() if r["Type"] == "AWS::CloudWatch::Alarm"]
    watched = sum(len([m for m in alarm.get("Metrics", [{"MetricStat": 1}]) if "MetricStat" in m]) for alarm in alarms)
    rules = [rule for r in resources.values() if r["Type"] == "AWS::WAFv2::WebACL" for rule in r["Properties"]["Rules"]]
    yield Item("metrics that alarms watch", watched, "alarm_metric_month")
    yield Item("dashboards", count("AWS::CloudWatch::Dashboard"), "dashboard_month")
    yield Item("KMS keys", count("AWS::KMS::Key"), "kms_key_month")
    yield Item("web ACLs", count("AWS::WAFv2::WebACL"), "waf_acl_month")
    yield Item("rules and rule groups of AWS WAF", len(rules), "waf_rule_month")
    yield Item("Cognito clients for machines", count("AWS::Cognito::UserPoolClient"), "cognito_client_month")


def _million_requests(service: Service, resources: Mapping[str, Any]) -> Iterator[Item]:
    request = _INPUTS["request"]
    has_waf = any(resource["Type"] == "AWS::WAFv2::WebACL" for resource in resources.values())
    yield Item("requests to API Gateway", _MILLION, "api_request")
    yield Item("requests to AWS WAF", _MILLION if has_waf else 0, "waf_request")
    yield Item("requests to Lambda", _MILLION, "lambda_request")
    gb_seconds = _MILLION * request["billed_ms"] / 1000 * MEMORY_MIB / 1024
    yield Item("GB-seconds of Lambda", gb_seconds, f"lambda_gb_second_{service.architecture}")
    yield Item("write units of DynamoDB", _MILLION * request["write_units"], "dynamodb_write_unit")
    yield Item("GB of logs", _MILLION * request["log_bytes"] / 1e9, "log_gb")
    yield Item("traces", _MILLION * request["traced_share"], "xray_trace")
    yield Item("business metrics", len(BusinessMetric), "custom_metric_month")


def _table(items: list[Item]) -> list[str]:
    used = [item for item in items if item.quantity]
    rows = [f"| {item.quantity:,.0f} {item.what} | {_decimal(item.unit_usd)} | {item.usd:.2f} |" for item in used]
    total = sum(item.usd for item in used)
    return ["| what | USD each | USD |", "| --- | ---: | ---: |", *rows, f"| **together** | | **{total:.2f}** |"]


def _decimal(number: float) -> str:
    return f"{number:.10f}".rstrip("0").rstrip(".")
