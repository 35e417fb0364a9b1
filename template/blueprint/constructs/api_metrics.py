"""What CloudWatch counts of the API."""

from collections.abc import Mapping
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs

from blueprint.constructs.alarms import P90

REFUSED_METRIC = "RequestsRefused"
"""Requests that WAF, authorization or throttling refused: 401, 403 and 429 in the access log."""


@dataclass(frozen=True)
class ApiMetrics:
    """The metrics of the API's stage."""

    rest_api: apigateway.RestApi
    stage: str

    @property
    def _dimensions(self) -> Mapping[str, str]:
        # The stage by its name: a reference to it would close a circle over the aliases and their delivery.
        return {"ApiName": self.rest_api.rest_api_name, "Stage": self.stage}

    def requests(self, period: cdk.Duration) -> cloudwatch.Metric:
        """How many there were."""
        return self.rest_api.metric_count(dimensions_map=self._dimensions, statistic="Sum", period=period)

    def errors(self, period: cdk.Duration) -> cloudwatch.Metric:
        """Answers with 5XX."""
        return self.rest_api.metric_server_error(dimensions_map=self._dimensions, statistic="Sum", period=period)

    def error_rate(self, period: cdk.Duration) -> cloudwatch.Metric:
        """Answers with 5XX, as a fraction of all: AWS's own meaning of the average.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
        """
        return self.rest_api.metric_server_error(dimensions_map=self._dimensions, statistic="Average", period=period)

    def latency(self, period: cdk.Duration) -> cloudwatch.Metric:
        """Milliseconds that nine of ten requests stay below."""
        return self.rest_api.metric_latency(dimensions_map=self._dimensions, statistic=P90, period=period)

    def refused(self, period: cdk.Duration) -> cloudwatch.Metric:
        """Requests that were refused before a function saw them; `count_refused` makes the metric."""
        namespace = cdk.Stack.of(self.rest_api).stack_name
        return cloudwatch.Metric(namespace=namespace, metric_name=REFUSED_METRIC, statistic="Sum", period=period)


def count_refused(access_log: logs.LogGroup) -> None:
    """Counts the refused requests of the access log in `REFUSED_METRIC`: API Gateway has no metric of them."""
    logs.MetricFilter(
        access_log,
        "Refused",
        log_group=access_log,
        filter_pattern=logs.FilterPattern.any(
            *(logs.FilterPattern.string_value("$.status", "=", status) for status in ("401", "403", "429"))
        ),
        metric_namespace=cdk.Stack.of(access_log).stack_name,
        metric_name=REFUSED_METRIC,
    )
