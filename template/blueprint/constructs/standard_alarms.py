"""The alarms that every service has: on its API, its functions, its tables and its configuration."""

import re
from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb

from blueprint.constructs.alarms import P90, Alarms
from blueprint.constructs.api_metrics import ApiMetrics
from blueprint.constructs.functions import ServiceFunction
from blueprint.declare import Function
from blueprint.declare.table import Table
from blueprint.settings import Alarms as Thresholds
from blueprint.settings import Environment

MINUTE = cdk.Duration.minutes(1)
FIVE_MINUTES = cdk.Duration.minutes(5)
_QUARTER = cdk.Duration.minutes(15)
_REFUSED_PERCENT = 99
_ERRORS, _LATENCIES = (3, 5), (2, 3)
"""How many of the last periods must be above the threshold: of five minutes, and of three times five."""


def api_alarms(
    alarms: Alarms, api: ApiMetrics, thresholds: Thresholds, environment: Environment
) -> list[cloudwatch.Alarm]:
    """Errors, latency, a total block, and silence where the environment expects requests."""
    found = [
        alarms.add(
            "ApiErrors",
            "Too many of the API's answers are 5XX.",
            api.error_rate(MINUTE),
            thresholds.api_error_percent / 100,
            breaching=_ERRORS,
        ),
        alarms.add(
            "ApiLatency",
            "The API is slow (p90).",
            api.latency(FIVE_MINUTES),
            thresholds.api_latency_ms,
            breaching=_LATENCIES,
        ),
        alarms.add(
            "TotalBlock",
            "AWS WAF, authorization or throttling refuses all requests.",
            cloudwatch.MathExpression(
                expression=f"IF(requests >= {thresholds.blocked_requests}, 100 * FILL(refused, 0) / requests, 0)",
                using_metrics={"refused": api.refused(_QUARTER), "requests": api.requests(_QUARTER)},
                period=_QUARTER,
                label="Refused, %",
            ),
            _REFUSED_PERCENT,
        ),
    ]
    if environment.silence_minutes:
        period = cdk.Duration.minutes(environment.silence_minutes)
        description = f"No request has arrived for {environment.silence_minutes} minutes."
        found.append(alarms.add("Silence", description, api.requests(period), 1, below=True))
    return found


def function_alarms(
    alarms: Alarms, name: str, function: ServiceFunction, thresholds: Thresholds
) -> list[cloudwatch.Alarm]:
    """Errors first, then latency and throttles."""
    alias, prefix = function.alias, function.node.id
    return [
        alarms.add(
            f"{prefix}Errors",
            f"The function {name} fails too often.",
            cloudwatch.MathExpression(
                expression="100 * errors / invocations",
                using_metrics={
                    "errors": alias.metric_errors(statistic="Sum", period=MINUTE),
                    "invocations": alias.metric_invocations(statistic="Sum", period=MINUTE),
                },
                period=MINUTE,
                label="Failed, %",
            ),
            thresholds.function_error_percent,
            breaching=_ERRORS,
        ),
        alarms.add(
            f"{prefix}Latency",
            f"The function {name} is slow (p90).",
            alias.metric_duration(statistic=P90, period=FIVE_MINUTES),
            thresholds.function_latency_ms,
            breaching=_LATENCIES,
        ),
        alarms.add(
            f"{prefix}Throttles",
            f"Lambda refuses to run the function {name}: the account's concurrency is used up.",
            alias.metric_throttles(statistic="Sum", period=MINUTE),
            thresholds.function_throttles,
            breaching=_ERRORS,
        ),
    ]


def table_alarms(
    alarms: Alarms, table: Table, resource: dynamodb.ITable, declared: Sequence[Function], thresholds: Thresholds
) -> list[cloudwatch.Alarm]:
    """Throttles and DynamoDB's own errors, of the operations that the functions may call."""
    name, operations = table.name, _operations(table, declared)
    if not operations:
        return []
    return [
        alarms.add(
            f"{name}TableThrottles",
            f"DynamoDB refuses requests to the table {name}: they are too many.",
            resource.metric_throttled_requests_for_operations(operations=operations, period=MINUTE),
            thresholds.table_throttles,
            breaching=_ERRORS,
        ),
        alarms.add(
            f"{name}TableErrors",
            f"DynamoDB fails on requests to the table {name}.",
            resource.metric_system_errors_for_operations(operations=operations, period=MINUTE),
            thresholds.table_errors,
            breaching=_ERRORS,
        ),
    ]


def fallback_alarm(alarms: Alarms, fallbacks: cloudwatch.Metric, thresholds: Thresholds) -> cloudwatch.Alarm:
    """On requests that are served without the current configuration."""
    return alarms.add(
        "ConfigurationFallback",
        "The functions can't read their configuration and work with an older one, or with its defaults.",
        fallbacks.with_(period=FIVE_MINUTES),
        thresholds.configuration_fallbacks,
        breaching=(2, 2),
    )


def _operations(table: Table, declared: Sequence[Function]) -> list[dynamodb.Operation]:
    """The operations that the functions may call on the table, of those that DynamoDB has metrics for."""
    granted = {action for function in declared for action in function.actions_on(table)}
    names = (re.sub(r"(?<!^)(?=[A-Z])", "_", action).upper() for action in sorted(granted))
    return [dynamodb.Operation[name] for name in names if name in dynamodb.Operation.__members__]
