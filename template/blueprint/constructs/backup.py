"""Backups that nobody can delete, beside point-in-time recovery: AWS Backup with a locked vault."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_backup as backup
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from blueprint.constructs.findings import acknowledge_wildcard

_LOCKED_AFTER = cdk.Duration.days(3)
"""How long the lock can still be taken off again; AWS takes no less."""

# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForBackup.html
_ON_TABLES = ("CreateBackup", "DescribeTable", "ListTagsOfResource", "StartAwsBackupJob")


class Backups(Construct):
    """A backup of the tables each night, kept for `days`.

    Three days after it was made the vault's lock is final: no one, the account's root user and AWS included, deletes
    a backup before its time. https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, tables: Sequence[dynamodb.ITable], days: int):
        super().__init__(scope, construct_id)
        keep = cdk.Duration.days(days)
        vault = backup.BackupVault(
            self,
            "Vault",
            lock_configuration=backup.LockConfiguration(min_retention=keep, changeable_for=_LOCKED_AFTER),
            # CloudFormation couldn't delete a vault that holds backups.
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        plan = backup.BackupPlan(self, "Plan", backup_vault=vault)
        nightly = events.Schedule.cron(hour="3", minute="0")
        plan.add_rule(backup.BackupPlanRule(rule_name="nightly", schedule_expression=nightly, delete_after=keep))
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("backup.amazonaws.com"))
        backup.BackupSelection(
            self,
            "Selection",
            backup_plan=plan,
            resources=[backup.BackupResource.from_arn(table.table_arn) for table in tables],
            role=role,
            disable_default_backup_policy=True,
        )
        archived = [f"{table.table_arn}/backup/*" for table in tables]
        policy = iam.Policy(
            self,
            "Policy",
            roles=[role],
            statements=[
                iam.PolicyStatement(
                    actions=[f"dynamodb:{action}" for action in _ON_TABLES],
                    resources=[table.table_arn for table in tables],
                ),
                iam.PolicyStatement(actions=["dynamodb:DescribeBackup", "dynamodb:DeleteBackup"], resources=archived),
            ],
        )
        for resource in archived:
            acknowledge_wildcard(policy, resource, "The backups of this one table, whose names AWS Backup makes.")
