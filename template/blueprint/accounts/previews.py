"""`make previews-sweep`: removes ENVIRONMENT's copies of pull requests that are closed.

Each pull request destroys its own copy when it is done; this removes what a cancelled or broken run has left. It acts
as the CDK does, in the role that `cdk bootstrap` has made for deployments: the pipeline's own role may do nothing else.
"""

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from blueprint import settings as service_settings
from blueprint.accounts import roles
from blueprint.settings import LOCAL, Environment, Settings, SettingsError

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.type_defs import WaiterConfigTypeDef

_GOING = ("DELETE_IN_PROGRESS", "DELETE_COMPLETE")
"""States of a stack of which nothing has to be removed: it goes, or has gone."""
_HALF_AN_HOUR: "WaiterConfigTypeDef" = {"Delay": 10, "MaxAttempts": 180}


def left_behind(
    client: "CloudFormationClient", settings: Settings, environment: Environment, still_open: set[int]
) -> list[str]:
    """The names of the stacks that are a copy, for a pull request that isn't open, of the environment.

    One that could not be deleted is among them, so that it is tried again.
    """
    ours = re.compile(rf"{re.escape(settings.stack_name(environment, 'pr-'))}(\d+)")
    pages = client.get_paginator("describe_stacks").paginate()
    stacks = {stack["StackName"] for page in pages for stack in page["Stacks"] if stack["StackStatus"] not in _GOING}
    return sorted(name for name in stacks if (found := ours.fullmatch(name)) and int(found[1]) not in still_open)


def sweep(client: "CloudFormationClient", names: list[str]) -> list[str]:
    """Deletes the stacks one after the other; returns the names of those that CloudFormation could not delete."""
    failed = []
    for name in names:
        print(f"Deleting {name}", flush=True)
        try:
            client.delete_stack(StackName=name)
            client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=_HALF_AN_HOUR)
        except (ClientError, WaiterError) as error:
            print(f"  {error}", flush=True)
            failed.append(name)
    return failed


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m blueprint.accounts.previews", description="Removes left previews.")
    parser.add_argument("open", type=Path, help="the open pull requests: what `gh pr list --json number` prints")
    try:
        still_open = {int(request["number"]) for request in json.loads(parser.parse_args().open.read_text())}
        settings = service_settings.load()
        environment = settings.environment(os.environ.get("ENVIRONMENT", LOCAL))
        client = roles.assume("deploy", environment).client("cloudformation")
        failed = sweep(client, left_behind(client, settings, environment, still_open))
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"error: the list of open pull requests can't be read, so nothing is deleted: {error}")
    except (SettingsError, BotoCoreError, ClientError) as error:
        sys.exit(f"error: {error}")
    if failed:
        sys.exit(f"error: CloudFormation could not delete {', '.join(failed)}.")


if __name__ == "__main__":
    main()
