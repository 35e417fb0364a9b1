"""AWS Lambda SnapStart, where service.toml turns it on: what Lambda doesn't allow together with it is refused."""

import aws_cdk as cdk
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_lambda as lambda_
from constructs import IConstruct

from blueprint.settings import SettingsError

_TMP_MIB = 512


def refuse_conflicts(stack: cdk.Stack) -> None:
    """Raises SettingsError for a resource of the stack that SnapStart excludes.

    https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
    """
    for resource in stack.node.find_all():
        if conflict := _conflict(resource):
            raise SettingsError(
                f"{resource.node.path} has {conflict}, which Lambda doesn't allow together with SnapStart: "
                "leave it out, or snap_start in service.toml."
            )


def _conflict(resource: IConstruct) -> str | None:
    match resource:
        case lambda_.CfnAlias() | lambda_.CfnVersion() if resource.provisioned_concurrency_config:
            return "provisioned concurrency"
        case autoscaling.CfnScalableTarget() if "ProvisionedConcurrency" in str(resource.scalable_dimension):
            return "provisioned concurrency"
        case lambda_.CfnFunction() if resource.snap_start and resource.file_system_configs:
            return "a file system"
        case lambda_.CfnFunction() if resource.snap_start and _tmp_mib(resource) > _TMP_MIB:
            return f"more than {_TMP_MIB} MB of /tmp"
    return None


def _tmp_mib(function: lambda_.CfnFunction) -> float:
    storage = function.ephemeral_storage
    return storage.size if isinstance(storage, lambda_.CfnFunction.EphemeralStorageProperty) else 0
