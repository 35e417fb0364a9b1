"""What a deployment does differently after `make rollback`."""

import aws_cdk as cdk
from aws_cdk import aws_appconfig as appconfig
from aws_cdk import aws_lambda as lambda_


def deliver_at_once(stack: cdk.Stack, rolled_back: str) -> None:
    """Moves the aliases without CodeDeploy, and deploys the configuration even if it is the template's of before.

    CodeDeploy refuses an alias that somebody else has moved, and CloudFormation sees no change in a configuration
    that was only rolled back. `rolled_back` tells this deployment from any other: a time, say.
    """
    for node in stack.node.find_all():
        if isinstance(node, lambda_.CfnAlias):
            node.cfn_options.update_policy = None  # type: ignore[assignment]
        elif isinstance(node, appconfig.CfnDeployment):
            node.description = f"After the rollback of {rolled_back}"
