"""The roles that `cdk bootstrap` makes: what a pipeline's own role may do is to assume them, and nothing else."""

import boto3

from blueprint.settings import Environment


def cdk_role_name(kind: str, environment: Environment, account: str) -> str:
    """The name of the role of that kind: deploy, file-publishing or lookup."""
    return f"cdk-{environment.bootstrap_qualifier}-{kind}-role-{account}-{environment.region}"


def account_of(environment: Environment) -> str:
    """The environment's account, else that of the credentials."""
    sts = boto3.client("sts", region_name=environment.region)
    return environment.account or sts.get_caller_identity()["Account"]


def assume(kind: str, environment: Environment) -> boto3.Session:
    """A session in the CDK's role of that kind, in the environment's account and region.

    Raises ClientError where the account isn't bootstrapped, or its credentials may not assume that role.
    """
    session, account = boto3.Session(region_name=environment.region), account_of(environment)
    partition = session.get_partition_for_region(environment.region)
    role = f"arn:{partition}:iam::{account}:role/{cdk_role_name(kind, environment, account)}"
    found = session.client("sts").assume_role(RoleArn=role, RoleSessionName="make")["Credentials"]
    return boto3.Session(
        aws_access_key_id=found["AccessKeyId"],
        aws_secret_access_key=found["SecretAccessKey"],
        aws_session_token=found["SessionToken"],
        region_name=environment.region,
    )
