"""Alarms and the encrypted topic that they are sent to."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

P90 = "p90"


class Alarms(Construct):
    """The stack's alarms, all sent to `topic`, which an e-mail address may subscribe to."""

    def __init__(self, scope: Construct, construct_id: str, *, email: str):
        super().__init__(scope, construct_id)
        self._prefix = cdk.Stack.of(self).stack_name
        self.topic = self._create_topic(email)

    def add(
        self,
        name: str,
        description: str,
        metric: cloudwatch.IMetric,
        threshold: float,
        *,
        breaching: tuple[int, int] = (1, 1),
        below: bool = False,
    ) -> cloudwatch.Alarm:
        """An alarm that goes off when so many of so many last periods are above the threshold, or below it.

        It is sent again when it is over. Its name needs a section in the runbook.
        """
        is_percentile = isinstance(metric, cloudwatch.Metric) and metric.statistic == P90
        comparison, missing = cloudwatch.ComparisonOperator, cloudwatch.TreatMissingData
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=f"{self._prefix}-{name}",
            alarm_description=f"{description} What to do: blueprint/docs/runbook.md.",
            metric=metric,
            threshold=threshold,
            evaluation_periods=breaching[1],
            datapoints_to_alarm=breaching[0],
            comparison_operator=comparison.LESS_THAN_THRESHOLD if below else comparison.GREATER_THAN_THRESHOLD,
            # No request, no metric: only an alarm that waits for requests takes silence for a fault.
            treat_missing_data=missing.BREACHING if below else missing.NOT_BREACHING,
            # One slow request in the night is no reason to wake somebody.
            evaluate_low_sample_count_percentile="ignore" if is_percentile else None,
        )
        action = actions.SnsAction(self.topic)
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)
        return alarm

    def _create_topic(self, email: str) -> sns.Topic:
        key = kms.Key(
            self,
            "Key",
            description=f"Encrypts the alarms of {self._prefix}",
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
