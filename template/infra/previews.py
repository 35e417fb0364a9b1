"""`make previews-sweep`: removes ENVIRONMENT's copies of pull requests that are closed.

Each pull request destroys its own copy when it is done; this removes what a cancelled or broken run has left.
"""

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from infra import settings as service_settings
from infra.settings import LOCAL, Settings, SettingsError

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient


def left_behind(
    client: "CloudFormationClient", settings: Settings, environment: str, still_open: set[int]
) -> list[str]:
    """The names of the stacks that are a copy, for a pull request that isn't open, of the environment."""
    prefix = settings.stack_name(settings.environment(environment), "pr-")
    pages = client.get_paginator("describe_stacks").paginate()
    stacks = {stack["StackName"] for page in pages for stack in page["Stacks"] if "DELETE" not in stack["StackStatus"]}
    numbers = {name: re.fullmatch(rf"{re.escape(prefix)}(\d+)", name) for name in stacks}
    return sorted(name for name, found in numbers.items() if found and int(found[1]) not in still_open)


def sweep(environment: str, still_open: set[int]) -> list[str]:
    """Deletes them, one after the other, and returns the names of those that CloudFormation could not delete."""
    settings = service_settings.load()
    client = boto3.client("cloudformation", region_name=settings.environment(environment).region)
    failed = []
    for name in left_behind(client, settings, environment, still_open):
        print(f"Deleting {name}", flush=True)
        try:
            client.delete_stack(StackName=name)
            client.get_waiter("stack_delete_complete").wait(StackName=name)
        except (ClientError, WaiterError) as error:
            print(f"  {error}", flush=True)
            failed.append(name)
    return failed


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.previews", description="Removes left previews.")
    parser.add_argument("open", type=Path, help="the open pull requests: what `gh pr list --json number` prints")
    try:
        still_open = {int(request["number"]) for request in json.loads(parser.parse_args().open.read_text())}
        failed = sweep(os.environ.get("ENVIRONMENT", LOCAL), still_open)
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"error: the list of open pull requests can't be read, so nothing is deleted: {error}")
    except (SettingsError, BotoCoreError, ClientError) as error:
        sys.exit(f"error: {error}")
    if failed:
        sys.exit(f"error: CloudFormation could not delete {', '.join(failed)}.")


if __name__ == "__main__":
    main()
