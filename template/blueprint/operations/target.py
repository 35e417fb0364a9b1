"""The deployed stack that an operation acts on."""

import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from blueprint import settings as service_settings
from blueprint.local_cloud import deployment, server
from blueprint.settings import Environment, Settings, SettingsError

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import StackTypeDef


PROGRESS_SECONDS = 5


class OperationError(Exception):
    """The operation can't be done; the message says why, and what to do instead."""


def reach(environment: Environment) -> None:
    """Lets the AWS SDK of this process reach the environment: the local cloud by its address and root user.

    Raises OperationError when the local cloud isn't running, or the credentials are those of another account.
    """
    if environment.is_local:
        running = server.running()
        if running is None or not deployment.OUTPUTS.exists():
            raise OperationError("The service isn't deployed onto the local cloud; run `make local`.")
        deployment.reach(running, environment.region)
        return
    os.environ["AWS_DEFAULT_REGION"] = os.environ["AWS_REGION"] = environment.region
    if environment.account:
        account = boto3.client("sts").get_caller_identity()["Account"]
        if account != environment.account:
            raise OperationError(
                f"These credentials are of account {account}, but {environment.name} is in {environment.account}."
            )


@dataclass(frozen=True)
class Target:
    """The stack of the environment that ENVIRONMENT and STACK_SUFFIX name."""

    environment: Environment
    stack_name: str

    @classmethod
    def chosen(cls, settings: Settings) -> "Target":
        """The stack, within reach of the AWS SDK. Raises SettingsError or OperationError."""
        environment, stack_name = settings.chosen()
        reach(environment)
        return cls(environment, stack_name)

    @property
    def stack(self) -> "StackTypeDef":
        """The stack as CloudFormation describes it now. Raises ClientError when there is none."""
        return boto3.client("cloudformation").describe_stacks(StackName=self.stack_name)["Stacks"][0]

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The values of the stack's outputs, by their names."""
        return {output["OutputKey"]: output["OutputValue"] for output in self.stack.get("Outputs", [])}

    @property
    def last_updated(self) -> datetime:
        """When CloudFormation last began to change the stack."""
        stack = self.stack
        return stack.get("LastUpdatedTime", stack["CreationTime"])

    @cached_property
    def _resources(self) -> list[tuple[str, str, str]]:
        pages = boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.stack_name)
        return [
            (found["ResourceType"], found["LogicalResourceId"], found["PhysicalResourceId"])
            for page in pages
            for found in page["StackResourceSummaries"]
            if "PhysicalResourceId" in found
        ]

    def resources(self, resource_type: str) -> dict[str, str]:
        """The physical ids of the stack's resources of the type, by their logical ids."""
        return {logical: physical for found, logical, physical in self._resources if found == resource_type}


class Clock:
    """Says how long an operation takes, every few seconds."""

    def __init__(self) -> None:
        self._began = self._spoken = time.monotonic()

    def __str__(self) -> str:
        return f"{time.monotonic() - self._began:.0f} s"

    def is_due(self) -> bool:
        """Whether nothing was said for `PROGRESS_SECONDS`; then something is said now."""
        due = time.monotonic() - self._spoken >= PROGRESS_SECONDS
        self._spoken = time.monotonic() if due else self._spoken
        return due


def run(operation: Callable[[Settings], Iterable[str]]) -> None:
    """Prints what the operation says as it goes on; ends the process with a sentence when it fails."""
    try:
        for line in operation(service_settings.load()):
            print(line, flush=True)
    except (SettingsError, OperationError, BotoCoreError, ClientError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; the same command continues from here.")
