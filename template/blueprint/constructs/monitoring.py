"""Dashboards, alarms, and the topic that the alarms are sent to.

The high-level dashboard shows the API and the business metrics, the low-level one the functions and the tables.
The thresholds are in `blueprint.settings.Alarms`; service.toml changes them.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

import aws_cdk as cdk
import cdk_monitoring_constructs as monitoring
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from blueprint.constructs.database import Database
from blueprint.constructs.event_monitoring import Watch
from blueprint.constructs.functions import ServiceFunction
from blueprint.declare import Function
from blueprint.declare.table import Table
from blueprint.runtime.configuration import FALLBACK_METRIC
from blueprint.settings import Environment, Settings

MINUTE = cdk.Duration.minutes(1)
FIVE_MINUTES = cdk.Duration.minutes(5)
_P90 = "p90"


class Monitoring(Construct):
    """Both dashboards, the alarms and their encrypted topic, with an optional e-mail receiver.

    `rollback_alarms` has, for each function that is watched, the alarms that tell that its new code is broken.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        rest_api: apigateway.RestApi,
        database: Database,
        metrics: type[StrEnum],
        settings: Settings,
        environment: Environment,
    ):
        super().__init__(scope, construct_id)
        self._name, self._service, self._thresholds = cdk.Stack.of(self).stack_name, settings.service, settings.alarms
        self.topic = self._create_topic(environment.alarm_email)
        api_errors, *api_alarms = self._api_alarms(rest_api, environment)
        high = self._dashboard("high", [api_errors, *api_alarms, self._fallback_alarm()])
        high.monitor_api_gateway(
            api=rest_api, api_stage=environment.name, human_readable_name="API", alarm_friendly_name="api"
        )
        self._show_metrics(high, "Business", [*metrics])
        self._show_metrics(high, "Dynamic configuration", [FALLBACK_METRIC])

        self._database, self._api_errors = database, api_errors
        self.rollback_alarms: dict[str, list[cloudwatch.Alarm]] = {}

    def watch(self, functions: Mapping[str, ServiceFunction], watches: Sequence[Watch]) -> None:
        """Adds the functions' and the tables' alarms, those of what starts functions, and their dashboard."""
        database, declared = self._database, [function.declared for function in functions.values()]
        function_alarms = {name: self._function_alarms(name, function) for name, function in functions.items()}
        table_alarms = [alarm for table in database.tables for alarm in self._table_alarms(table, database, declared)]
        event_alarms = [
            self._alarm(watch.name, watch.description, watch.metric, watch.limit(self._thresholds)) for watch in watches
        ]
        low = self._dashboard(
            "low",
            [*(alarm for alarms in function_alarms.values() for alarm in alarms), *table_alarms, *event_alarms],
        )
        for name, function in functions.items():
            low.monitor_lambda_function(
                lambda_function=function.alias, human_readable_name=name, alarm_friendly_name=name
            )
        for table, resource in database.tables.items():
            low.monitor_dynamo_table(
                table=resource,
                billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
                human_readable_name=table.name,
                alarm_friendly_name=table.name,
            )
        for watch in watches:
            low.monitor_custom(
                human_readable_name=watch.name,
                alarm_friendly_name=watch.name,
                metric_groups=[monitoring.CustomMetricGroup(title=watch.name, metrics=[watch.metric])],
            )
        for name, (errors, *_) in function_alarms.items():
            serves = functions[name].declared.routes
            self.rollback_alarms[name] = [errors, self._api_errors] if serves else [errors]

    def _create_topic(self, email: str) -> sns.Topic:
        key = kms.Key(
            self,
            "Key",
            description=f"Encrypts the alarms of {self._name}",
            enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        # Without the key's grant CloudWatch can't encrypt what it publishes, and no alarm arrives.
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        cloudwatch_of_this_account = iam.ServicePrincipal(
            "cloudwatch.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
        )
        key.grant(cloudwatch_of_this_account, "kms:Decrypt", "kms:GenerateDataKey*")
        topic.grant_publish(cloudwatch_of_this_account)
        if email:
            topic.add_subscription(subscriptions.EmailSubscription(email))
        return topic

    def _dashboard(self, level: str, alarms: Sequence[cloudwatch.IAlarm]) -> monitoring.MonitoringFacade:
        """A dashboard that starts with the state of the alarms."""
        facade = monitoring.MonitoringFacade(
            self,
            level.capitalize(),
            metric_factory_defaults=monitoring.MetricFactoryDefaults(namespace=self._name),
            dashboard_factory=monitoring.DefaultDashboardFactory(
                self, f"{level.capitalize()}Dashboards", dashboard_name_prefix=f"{self._name}-{level}"
            ),
        )
        # By their names, which needs no condition where the local cloud leaves an alarm out.
        named = [
            cloudwatch.Alarm.from_alarm_name(facade, alarm.node.id, f"{self._name}-{alarm.node.id}") for alarm in alarms
        ]
        facade.add_widget(cloudwatch.AlarmStatusWidget(alarms=named, title="Alarms", width=24))
        return facade

    def _show_metrics(self, facade: monitoring.MonitoringFacade, title: str, names: Sequence[str]) -> None:
        groups = [monitoring.CustomMetricGroup(title=name, metrics=[self._metric(name)]) for name in names]
        facade.monitor_custom(human_readable_name=title, alarm_friendly_name=title, metric_groups=groups)

    def _metric(self, name: str) -> cloudwatch.Metric:
        """A metric that the functions emit with Powertools."""
        dimensions = {"service": self._service.name}
        return cloudwatch.Metric(
            namespace=self._name, metric_name=name, dimensions_map=dimensions, statistic="Sum", period=MINUTE
        )

    def _api_alarms(self, rest_api: apigateway.RestApi, environment: Environment) -> list[cloudwatch.Alarm]:
        # The stage by its name: a reference to it would close a circle over the aliases and their delivery.
        dimensions = {"ApiName": rest_api.rest_api_name, "Stage": environment.name}
        return [
            self._alarm(
                "ApiErrors",
                "The API answers with 5XX.",
                rest_api.metric_server_error(dimensions_map=dimensions, statistic="Sum", period=MINUTE),
                self._thresholds.api_errors,
            ),
            self._alarm(
                "ApiLatency",
                "The API is slow (p90).",
                rest_api.metric_latency(dimensions_map=dimensions, statistic=_P90, period=FIVE_MINUTES),
                self._thresholds.api_latency_ms,
            ),
        ]

    def _fallback_alarm(self) -> cloudwatch.Alarm:
        return self._alarm(
            "ConfigurationFallback",
            "The functions can't read their configuration and work with an older one, or with its defaults.",
            self._metric(FALLBACK_METRIC),
            self._thresholds.configuration_fallbacks,
        )

    def _function_alarms(self, name: str, function: ServiceFunction) -> list[cloudwatch.Alarm]:
        alias, words = function.alias, function.node.id
        return [
            self._alarm(
                f"{words}Errors",
                f"The function {name} fails.",
                alias.metric_errors(statistic="Sum", period=MINUTE),
                self._thresholds.function_errors,
            ),
            self._alarm(
                f"{words}Latency",
                f"The function {name} is slow (p90).",
                alias.metric_duration(statistic=_P90, period=FIVE_MINUTES),
                self._thresholds.function_latency_ms,
            ),
            self._alarm(
                f"{words}Throttles",
                f"Lambda refuses to run the function {name}: the account's concurrency is used up.",
                alias.metric_throttles(statistic="Sum", period=MINUTE),
                self._thresholds.function_throttles,
            ),
        ]

    def _table_alarms(self, table: Table, database: Database, declared: Sequence[Function]) -> list[cloudwatch.Alarm]:
        name, resource, operations = table.name, database.tables[table], _operations(table, declared)
        if not operations:
            return []
        return [
            self._alarm(
                f"{name}TableThrottles",
                f"DynamoDB refuses requests to the table {name}: they are too many.",
                resource.metric_throttled_requests_for_operations(operations=operations, period=MINUTE),
                self._thresholds.table_throttles,
            ),
            self._alarm(
                f"{name}TableErrors",
                f"DynamoDB fails on requests to the table {name}.",
                resource.metric_system_errors_for_operations(operations=operations, period=MINUTE),
                self._thresholds.table_errors,
            ),
        ]

    def _alarm(self, name: str, description: str, metric: cloudwatch.IMetric, threshold: float) -> cloudwatch.Alarm:
        """An alarm for what is above the threshold, sent to the topic, and again when it is over."""
        is_percentile = isinstance(metric, cloudwatch.Metric) and metric.statistic == _P90
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=f"{self._name}-{name}",
            alarm_description=f"{description} What to do: blueprint/docs/runbook.md.",
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            # No request, no metric: silence is no reason to wake somebody, nor is one slow request in the night.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            evaluate_low_sample_count_percentile="ignore" if is_percentile else None,
        )
        action = actions.SnsAction(self.topic)
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)
        return alarm


def _operations(table: Table, declared: Sequence[Function]) -> list[dynamodb.Operation]:
    """The operations that the functions may call on the table, of those that DynamoDB has metrics for."""
    granted = {action for function in declared for action in function.actions_on(table)}
    names = (re.sub(r"(?<!^)(?=[A-Z])", "_", action).upper() for action in sorted(granted))
    return [dynamodb.Operation[name] for name in names if name in dynamodb.Operation.__members__]
