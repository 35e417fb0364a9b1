"""Dashboards, alarms, and the topic that the alarms are sent to.

The high-level dashboard shows the API and the business metrics, the low-level one the functions and the tables.
"""

from collections.abc import Mapping

import aws_cdk as cdk
import cdk_monitoring_constructs as monitoring
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.functions import ServiceFunction
from infra.settings import Alarms, Environment, Service
from service.core.configuration import FALLBACK_METRIC
from service.models.metrics import BusinessMetric

PERIOD = cdk.Duration.minutes(5)
_QUIET = cloudwatch.TreatMissingData.NOT_BREACHING
"""No request, no metric: silence is no reason to wake somebody."""
_ROLLBACK = "rollback"
"""Tags the alarms that roll a deployment back."""


class Monitoring(Construct):
    """Both dashboards, the alarms and their encrypted topic, with an optional e-mail receiver."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        rest_api: apigateway.RestApi,
        functions: Mapping[str, ServiceFunction],
        tables: Mapping[str, dynamodb.Table],
        service: Service,
        environment: Environment,
        alarms: Alarms,
    ):
        super().__init__(scope, construct_id)
        self._service, self._alarms = service, alarms
        self.topic = self._create_topic()
        if environment.alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(environment.alarm_email))
        high, low = self._facade("high"), self._facade("low")
        self._watch_api(high, rest_api, environment.name)
        self._show_business(high)
        self._watch_configuration(high)
        for name, function in functions.items():
            self._watch_function(low, name, function)
        for name, table in tables.items():
            self._watch_table(low, name, table)
        self.api_alarms = [created.alarm for created in high.created_alarms_with_tag(_ROLLBACK)]
        self.function_alarms = {
            name: [created.alarm for created in low.created_alarms_with_tag(f"{_ROLLBACK}-{name}")]
            for name in functions
        }

    def _create_topic(self) -> sns.Topic:
        key = kms.Key(
            self,
            "Key",
            description=f"Encrypts the alarms of {cdk.Stack.of(self).stack_name}",
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
        return topic

    def _facade(self, level: str) -> monitoring.MonitoringFacade:
        name = cdk.Stack.of(self).stack_name
        dashboards = monitoring.DefaultDashboardFactory(
            self, f"{level.capitalize()}Dashboards", dashboard_name_prefix=f"{name}-{level}"
        )
        return monitoring.MonitoringFacade(
            self,
            level.capitalize(),
            alarm_factory_defaults=monitoring.AlarmFactoryDefaults(
                actions_enabled=True,
                alarm_name_prefix=name,
                action=monitoring.SnsAlarmActionStrategy(on_alarm_topic=self.topic, on_ok_topic=self.topic),
            ),
            metric_factory_defaults=monitoring.MetricFactoryDefaults(namespace=name),
            dashboard_factory=dashboards,
        )

    def _watch_api(self, facade: monitoring.MonitoringFacade, rest_api: apigateway.RestApi, stage_name: str) -> None:
        facade.monitor_api_gateway(
            api=rest_api,
            # The name itself: referring to the stage would close a circle over the alias and its deployment group.
            api_stage=stage_name,
            human_readable_name="API",
            alarm_friendly_name="api",
            add5_xx_fault_count_alarm={
                "Warning": monitoring.ErrorCountThreshold(
                    max_error_count=self._alarms.api_errors,
                    period=PERIOD,
                    treat_missing_data_override=_QUIET,
                    custom_tags=[_ROLLBACK],
                )
            },
            add_latency_p90_alarm={
                "Warning": monitoring.LatencyThreshold(
                    max_latency=cdk.Duration.millis(self._alarms.api_latency_ms),
                    period=PERIOD,
                    treat_missing_data_override=_QUIET,
                )
            },
        )

    def _show_business(self, facade: monitoring.MonitoringFacade) -> None:
        facade.monitor_custom(
            human_readable_name="Business",
            alarm_friendly_name="business",
            metric_groups=[
                monitoring.CustomMetricGroup(title=metric, metrics=[self._metric(facade, metric)])
                for metric in BusinessMetric
            ],
        )

    def _watch_configuration(self, facade: monitoring.MonitoringFacade) -> None:
        fallbacks = monitoring.CustomMetricWithAlarm(
            metric=self._metric(facade, FALLBACK_METRIC),
            alarm_friendly_name="configuration-fallback",
            add_alarm={
                "Warning": monitoring.CustomThreshold(
                    threshold=self._alarms.configuration_fallbacks,
                    comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
                    period=PERIOD,
                    treat_missing_data_override=_QUIET,
                )
            },
        )
        facade.monitor_custom(
            human_readable_name="Dynamic configuration",
            alarm_friendly_name="configuration",
            metric_groups=[monitoring.CustomMetricGroup(title="Requests on a fallback", metrics=[fallbacks])],
        )

    def _watch_function(self, facade: monitoring.MonitoringFacade, name: str, function: ServiceFunction) -> None:
        facade.monitor_lambda_function(
            lambda_function=function.alias,
            human_readable_name=name,
            alarm_friendly_name=name,
            add_fault_count_alarm={
                "Warning": monitoring.ErrorCountThreshold(
                    max_error_count=self._alarms.function_errors,
                    period=PERIOD,
                    treat_missing_data_override=_QUIET,
                    custom_tags=[f"{_ROLLBACK}-{name}"],
                )
            },
            add_latency_p90_alarm={
                "Warning": monitoring.LatencyThreshold(
                    max_latency=cdk.Duration.millis(self._alarms.function_latency_ms),
                    period=PERIOD,
                    treat_missing_data_override=_QUIET,
                )
            },
            add_throttles_count_alarm={
                "Warning": monitoring.ErrorCountThreshold(
                    max_error_count=self._alarms.function_throttles, period=PERIOD, treat_missing_data_override=_QUIET
                )
            },
        )

    def _watch_table(self, facade: monitoring.MonitoringFacade, name: str, table: dynamodb.Table) -> None:
        throttles = monitoring.ThrottledEventsThreshold(
            max_throttled_events_threshold=self._alarms.table_throttles,
            period=PERIOD,
            treat_missing_data_override=_QUIET,
        )
        facade.monitor_dynamo_table(
            table=table,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            human_readable_name=name,
            alarm_friendly_name=name,
            add_read_throttled_events_count_alarm={"Warning": throttles},
            add_write_throttled_events_count_alarm={"Warning": throttles},
            add_system_error_count_alarm={
                "Warning": monitoring.ErrorCountThreshold(
                    max_error_count=self._alarms.table_errors, period=PERIOD, treat_missing_data_override=_QUIET
                )
            },
        )

    def _metric(self, facade: monitoring.MonitoringFacade, name: str) -> cloudwatch.Metric:
        """A metric that the functions emit with Powertools, summed over the period."""
        metric = facade.create_metric_factory().create_metric(
            name, monitoring.MetricStatistic.SUM, name, {"service": self._service.name}, period=PERIOD
        )
        assert isinstance(metric, cloudwatch.Metric)
        return metric
