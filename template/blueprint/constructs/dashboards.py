"""The dashboards' rows, each as wide as the dashboard, for whoever was woken up."""

from collections.abc import Sequence

import cdk_monitoring_constructs as monitoring
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

_WIDTH = 24
_HEIGHT = 5
_ALARMS = 100
"""As many as a widget shows: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html"""


class Dashboard(Construct):
    """A dashboard by rows, from the top."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str):
        super().__init__(scope, construct_id)
        self._facade = monitoring.MonitoringFacade(
            self,
            "Facade",
            metric_factory_defaults=monitoring.MetricFactoryDefaults(namespace=name),
            dashboard_factory=monitoring.DefaultDashboardFactory(self, "Dashboard", dashboard_name_prefix=name),
        )

    def add(self, *row: cloudwatch.IWidget) -> None:
        """A row of widgets."""
        self._facade.add_widget(cloudwatch.Row(*row))  # type: ignore[arg-type]  # in CDK a Row is an IWidget

    def add_alarms(self, alarms: Sequence[cloudwatch.Alarm], prefix: str) -> None:
        """The state of the alarms, by their names, which needs no condition where the local cloud leaves one out."""
        found = [cloudwatch.Alarm.from_alarm_name(self, alarm.node.id, prefix + alarm.node.id) for alarm in alarms]
        for start in range(0, len(found), _ALARMS):
            self.add(cloudwatch.AlarmStatusWidget(alarms=found[start : start + _ALARMS], title="Alarms", width=_WIDTH))

    def add_api(self, api: apigateway.RestApi, stage: str) -> None:
        """Requests, latency, and the rates of errors of the service and of its clients."""
        found = monitoring.ApiGatewayMonitoring(self._facade, api=api, api_stage=stage, human_readable_name="API")
        self.add(found.create_title_widget())
        width = _WIDTH // 3
        self.add(
            found.create_tps_widget(width, _HEIGHT),
            found.create_latency_widget(width, _HEIGHT),
            found.create_error_rate_widget(width, _HEIGHT),
        )

    def add_function(self, name: str, alias: lambda_.Alias) -> None:
        """Invocations, latency, failures and throttles."""
        found = monitoring.LambdaFunctionMonitoring(self._facade, lambda_function=alias, human_readable_name=name)
        self.add(found.create_title_widget())
        throttles = alias.metric_throttles(statistic="Sum", label="Throttles")
        width = _WIDTH // 4
        self.add(
            found.create_tps_widget(width, _HEIGHT),
            found.create_latency_widget(width, _HEIGHT),
            found.create_error_rate_widget(width, _HEIGHT),
            _graph("Throttles", [throttles], width),
        )

    def add_table(self, name: str, table: dynamodb.ITable) -> None:
        """Capacity, latency, throttles and errors."""
        found = monitoring.DynamoTableMonitoring(
            self._facade,
            table=table,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            human_readable_name=name,
            alarm_friendly_name=name,
        )
        self.add(found.create_title_widget())
        capacity = [table.metric_consumed_read_capacity_units(), table.metric_consumed_write_capacity_units()]
        width = _WIDTH // 4
        self.add(
            _graph("Consumed capacity units", capacity, width),
            found.create_latency_widget(width, _HEIGHT),
            found.create_throttles_widget(width, _HEIGHT),
            found.create_errors_widget(width, _HEIGHT),
        )

    def add_metrics(self, metrics: Sequence[cloudwatch.Metric]) -> None:
        """A graph of each, as many in a row as fit, and as wide as the row allows."""
        for start in range(0, len(metrics), 4):
            row = metrics[start : start + 4]
            self.add(*(_graph(metric.metric_name, [metric], _WIDTH // len(row)) for metric in row))


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric], width: int) -> cloudwatch.GraphWidget:
    axis = cloudwatch.YAxisProps(min=0)
    return cloudwatch.GraphWidget(title=title, left=[*metrics], left_y_axis=axis, width=width, height=_HEIGHT)
