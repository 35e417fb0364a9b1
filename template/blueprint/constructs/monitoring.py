"""What an environment is watched by: its alarms and its two dashboards.

The high-level dashboard shows the objective, the API and the business metrics, the low-level one the functions and
the tables. The thresholds are in `blueprint.settings`; service.toml changes them.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

from blueprint.constructs.alarms import Alarms
from blueprint.constructs.api_metrics import ApiMetrics, count_refused
from blueprint.constructs.dashboards import Dashboard
from blueprint.constructs.database import Database
from blueprint.constructs.event_sources import Watch
from blueprint.constructs.functions import ServiceFunction
from blueprint.constructs.objective import burn_alarms, objective_row
from blueprint.constructs.standard_alarms import MINUTE, api_alarms, fallback_alarm, function_alarms, table_alarms
from blueprint.runtime.configuration import FALLBACK_METRIC
from blueprint.settings import Environment, Settings


class Monitoring(Construct):
    """Both dashboards and the alarms, with an optional e-mail receiver."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        rest_api: apigateway.RestApi,
        access_log: logs.LogGroup,
        database: Database,
        metrics: type[StrEnum],
        settings: Settings,
        environment: Environment,
    ):
        super().__init__(scope, construct_id)
        name = cdk.Stack.of(self).stack_name
        dimensions = {"service": settings.service.name}
        custom = {
            metric: cloudwatch.Metric(
                namespace=name, metric_name=metric, dimensions_map=dimensions, statistic="Sum", period=MINUTE
            )
            for metric in [*metrics, FALLBACK_METRIC]
        }
        count_refused(access_log)
        api = ApiMetrics(rest_api, environment.name)
        thresholds = settings.alarms
        self.alarms = Alarms(self, "Alarms", email=environment.alarm_email)
        high_alarms = [
            *burn_alarms(self.alarms, api, settings.objective),
            *api_alarms(self.alarms, api, thresholds, environment),
            fallback_alarm(self.alarms, custom[FALLBACK_METRIC], thresholds),
        ]
        self.high = Dashboard(self, "High", name=f"{name}-high")
        self.high.add(*objective_row(api, settings.objective))
        self.high.add_alarms(high_alarms, f"{name}-")
        self.high.add_api(rest_api, environment.name)
        self.high.add_metrics([*custom.values(), api.refused(MINUTE)])
        self._database, self._thresholds = database, thresholds

    def watch(self, functions: Mapping[str, ServiceFunction], watches: Sequence[Watch]) -> None:
        """Adds the functions' and the tables' alarms, those of what starts functions, and their dashboard."""
        name, thresholds = cdk.Stack.of(self).stack_name, self._thresholds
        declared = [function.declared for function in functions.values()]
        alarms: list[cloudwatch.Alarm] = []
        for handler, function in functions.items():
            alarms += function_alarms(self.alarms, handler, function, thresholds)
        for table, resource in self._database.tables.items():
            alarms += table_alarms(self.alarms, table, resource, declared, thresholds)
        alarms += [self.alarms.add(*watch) for watch in watches]
        self.low = Dashboard(self, "Low", name=f"{name}-low")
        self.low.add_alarms(alarms, f"{name}-")
        for handler, function in functions.items():
            self.low.add_function(handler, function.alias)
        for table, resource in self._database.tables.items():
            self.low.add_table(table.name, resource)
        self.low.add_metrics([metric for _, _, metric, _ in watches])
