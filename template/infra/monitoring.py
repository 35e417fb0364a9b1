"""Alarms and the topic that they are sent to."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.functions import ServiceFunction

PERIOD = cdk.Duration.minutes(1)


class Monitoring(Construct):
    """Alarms on the API's and the functions' errors, and their encrypted topic, with an optional e-mail receiver."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        rest_api: apigateway.RestApi,
        functions: Mapping[str, ServiceFunction],
        alarm_email: str,
    ):
        super().__init__(scope, construct_id)
        self.topic = self._create_topic()
        if alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(alarm_email))
        self._alarm(
            "ApiErrors", "The API answers with 5XX.", rest_api.metric_server_error(period=PERIOD, statistic="Sum")
        )
        for name, function in functions.items():
            self._alarm(
                f"Errors-{name}",
                f"The function {name} fails.",
                function.function.metric_errors(period=PERIOD, statistic="Sum"),
            )

    def _create_topic(self) -> sns.Topic:
        key = kms.Key(self, "Key", enable_key_rotation=True, removal_policy=cdk.RemovalPolicy.DESTROY)
        topic = sns.Topic(self, "Alarms", master_key=key, enforce_ssl=True)
        # Without the key's grant CloudWatch can't encrypt what it publishes, and no alarm arrives.
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        cloudwatch_principal = iam.ServicePrincipal(
            "cloudwatch.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
        )
        key.grant(cloudwatch_principal, "kms:Decrypt", "kms:GenerateDataKey*")
        topic.grant_publish(cloudwatch_principal)
        return topic

    def _alarm(self, name: str, description: str, metric: cloudwatch.Metric) -> None:
        alarm = metric.create_alarm(
            self,
            name,
            alarm_description=description,
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
