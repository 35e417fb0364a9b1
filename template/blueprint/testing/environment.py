"""The deployed environment that ENVIRONMENT names: local by default."""

import json
import os
import sys
from functools import cache

import boto3
from botocore.credentials import Credentials

from blueprint import settings as service_settings
from blueprint.local_cloud import deployment
from blueprint.operations import target
from blueprint.settings import LOCAL, Environment, Settings


@cache
def settings() -> Settings:
    return service_settings.load()


@cache
def environment() -> Environment:
    return settings().environment(os.environ.get("ENVIRONMENT", LOCAL))


def reach() -> None:
    """Lets the AWS SDK of this process reach the environment: the local cloud by its address and root user.

    Ends the process, or the run of the tests, with a sentence where that can't be.
    """
    try:
        target.reach(environment())
    except target.OperationError as error:
        sys.exit(f"error: {error}")


def caller() -> Credentials:
    """The credentials that call the API: on the local cloud those of a user who may do nothing else."""
    if environment().is_local:
        key = json.loads(deployment.CALLER.read_text())
        return Credentials(key["id"], key["secret"])
    credentials = boto3.Session().get_credentials()
    assert credentials, "There are no AWS credentials."
    return credentials


@cache
def outputs() -> dict[str, str]:
    """The outputs of the environment's stack; the address of a local API is one that works."""
    if environment().is_local:
        local: dict[str, str] = json.loads(deployment.OUTPUTS.read_text())
        return local
    name = settings().stack_name(environment(), os.environ.get("STACK_SUFFIX", ""))
    stack = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
