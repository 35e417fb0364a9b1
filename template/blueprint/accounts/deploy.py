"""`make deploy` and `make diff`: the CDK's command line, after a look at what is deployed.

The account's own state decides what a template can't say: whether the stack is protected yet, what a failed first
deployment has left behind, and whether data would be lost. All of that is asked, and done, in
the CDK's deployment role.
"""

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from blueprint import settings as service_settings
from blueprint.accounts import contract, roles, safety
from blueprint.settings import ROOT, SettingsError

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

_CDK = str(ROOT / "node_modules" / ".bin" / "cdk")
_ASSEMBLY = "build/cdk.out"
_NEVER_DEPLOYED = ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
"""States of a stack whose first deployment has failed: the CDK deletes it and starts again."""


def status(client: "CloudFormationClient", stack_name: str) -> str | None:
    """The stack's status; None for one that doesn't exist."""
    try:
        return client.describe_stacks(StackName=stack_name)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def left_behind(client: "CloudFormationClient", stack_name: str) -> list[str]:
    """The tables and user pools that the failed stack has made and retained, by their physical ids."""
    latest: dict[str, str] = {}
    for page in client.get_paginator("describe_stack_events").paginate(StackName=stack_name):
        for event in page["StackEvents"]:  # the newest first
            if event.get("ResourceType") in contract.HOLDING_DATA and (physical_id := event.get("PhysicalResourceId")):
                latest.setdefault(physical_id, event["ResourceStatus"])
    return sorted(name for name, state in latest.items() if state in {"CREATE_COMPLETE", "DELETE_SKIPPED"})


def _cdk(*arguments: str, **variables: str) -> None:
    """Runs the CDK's command line; ends this process with its status when it fails."""
    if status := subprocess.run([_CDK, *arguments], cwd=ROOT, env={**os.environ, **variables}, check=False).returncode:
        sys.exit(status)


def run(command: str, *arguments: str) -> None:
    """`deploy` or `diff`, with more arguments for the CDK.

    Raises SettingsError when the deployment is refused, ClientError when the account refuses to be asked.
    """
    settings = service_settings.load()
    environment, stack_name = settings.chosen()
    safety.check_deployment(settings, environment, roles.account_of(environment))
    client = roles.assume("deploy", environment).client("cloudformation")
    found = status(client, stack_name)
    is_first = found is None or found in _NEVER_DEPLOYED
    _cdk("synth", "--quiet", "--output", _ASSEMBLY, FIRST_DEPLOYMENT=str(is_first).lower())
    if not is_first:
        wanted = json.loads((ROOT / _ASSEMBLY / f"{stack_name}.template.json").read_text())["Resources"]
        deployed: Any = client.get_template(StackName=stack_name, TemplateStage="Original")["TemplateBody"]
        if reasons := contract.breaches(deployed["Resources"], wanted):
            raise SettingsError("\n".join(reasons))
    if command == "deploy" and found in _NEVER_DEPLOYED:
        for name in left_behind(client, stack_name):
            print(f"A failed deployment has left {name} behind, which nothing uses: delete it when this one succeeds.")
        client.update_termination_protection(StackName=stack_name, EnableTerminationProtection=False)
    _cdk(command, "--all", "--app", _ASSEMBLY, *arguments)
    if command == "deploy" and is_first and environment.retain_data:
        # Not before: a protected stack whose first deployment fails can be neither deleted nor repeated.
        client = roles.assume("deploy", environment).client("cloudformation")  # whose session lasts for an hour
        client.update_termination_protection(StackName=stack_name, EnableTerminationProtection=True)


if __name__ == "__main__":
    try:
        run(*sys.argv[1:])
    except (SettingsError, BotoCoreError, ClientError) as error:
        sys.exit(f"error: {error}")
