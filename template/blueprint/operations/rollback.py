"""`make rollback`: all functions serve the versions before the last release, with the configuration of that time.

It moves aliases and starts an AppConfig deployment, which takes seconds and minds no alarm; CloudFormation isn't
asked, so tables, routes, roles and alarms stay as they are.
"""

import os
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from blueprint import settings as service_settings
from blueprint.accounts import roles
from blueprint.operations.target import OperationError, Target, run
from blueprint.settings import Settings, SettingsError

if TYPE_CHECKING:
    from types_boto3_appconfig.type_defs import DeploymentSummaryTypeDef
    from types_boto3_codedeploy.literals import DeploymentStatusType

BAD_VERSIONS_TAG = "rolled-back-versions"
"""A function's tag that holds the numbers of the versions that were rolled back, so that none is gone back to."""

_RELEASES_SHOWN = 10
_MARGIN = timedelta(minutes=5)
"""The versions of one release are published within this time."""
_DESCRIPTION = "make rollback"
_UNDER_WAY: tuple["DeploymentStatusType", ...] = ("Created", "Queued", "InProgress", "Ready")


@dataclass(frozen=True)
class Function:
    """A function behind its alias."""

    name: str
    """As the stack calls it, such as CreateOrder."""
    arn: str
    alias: str
    current: int
    published: dict[int, datetime]
    """When each of its versions was published."""
    bad: frozenset[int]

    @classmethod
    def of(cls, logical_id: str, alias_arn: str) -> "Function":
        """The function of the stack's alias with this logical id and ARN."""
        client = boto3.client("lambda")
        arn, alias = alias_arn.rsplit(":", 1)
        pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=arn)
        published = {
            int(found["Version"]): datetime.fromisoformat(found["LastModified"])
            for page in pages
            for found in page["Versions"]
            if found["Version"] != "$LATEST"
        }
        bad = client.list_tags(Resource=arn)["Tags"].get(BAD_VERSIONS_TAG, "")
        current = int(client.get_alias(FunctionName=arn, Name=alias)["FunctionVersion"])
        return cls(logical_id.rpartition("Live")[0], arn, alias, current, published, frozenset(map(int, bad.split())))

    @property
    def before(self) -> int | None:
        """The newest version before the current one that wasn't rolled back."""
        earlier = [number for number in self.published if number < self.current and number not in self.bad]
        return max(earlier, default=None)

    @property
    def is_rolled_back(self) -> bool:
        """Whether a later version was rolled back, and none was deployed since."""
        return any(number > self.current for number in self.bad)

    def go_to(self, version: int) -> None:
        """Lets the alias point to the version, for all requests."""
        client = boto3.client("lambda")
        # First the tag: a run that is interrupted between the two goes back to the same version when it is repeated.
        # A tag's value holds 256 characters.
        bad = sorted({*self.bad, self.current})[-30:]
        client.tag_resource(Resource=self.arn, Tags={BAD_VERSIONS_TAG: " ".join(map(str, bad))})
        client.update_alias(
            FunctionName=self.arn,
            Name=self.alias,
            FunctionVersion=str(version),
            RoutingConfig={"AdditionalVersionWeights": {}},
        )


def roll_back(settings: Settings) -> Iterator[str]:
    """Takes the last release back and says what it does. Raises OperationError when there is nothing to go back to."""
    target = Target.chosen(settings)
    shifting = _stop_shifting(target)
    if not shifting and target.stack["StackStatus"].endswith("_IN_PROGRESS"):
        raise OperationError(
            f"CloudFormation is changing {target.stack_name}: wait until it has ended, or stop it with "
            f"`aws cloudformation cancel-update-stack --stack-name {target.stack_name}`."
        )
    if shifting:
        yield from (f"{name}: CodeDeploy takes the new version's requests back" for name in shifting)
        yield from _restore_configuration(target, target.last_updated)
        yield "CloudFormation now takes back the rest of the stack. Then deploy as always."
        return
    functions = _functions(target)
    if any(function.is_rolled_back for function in functions) and not os.environ.get("FURTHER"):
        raise OperationError(
            f"{target.stack_name} was rolled back since its last deployment; FURTHER=yes goes one release further back."
        )
    released, began = _last_release(target, functions)
    moves = [(function, function.before) for function in released]
    if all(version is None for _, version in moves):
        raise OperationError(
            f"There is nothing to go back to: {target.stack_name} has no version before the one that is served."
        )
    for function, version in moves:
        if version is None:
            yield f"{function.name}: stays at version {function.current}, its first"
            continue
        function.go_to(version)
        published = f"{function.published[version]:%Y-%m-%d %H:%M} UTC"
        yield f"{function.name}: version {function.current} -> {version}, of {published}"
    if unchanged := len(functions) - len(released):
        yield f"{unchanged} functions that the release didn't change stay as they are"
    yield from _restore_configuration(target, began)
    yield "The next deployment goes to all requests at once, with its own configuration, and then canaries come back."


def releases(settings: Settings) -> Iterator[str]:
    """Says when the stack changed last, and which versions were published together, the newest first."""
    target = Target.chosen(settings)
    status = target.stack["StackStatus"]
    yield f"{target.stack_name}: {status}, last changed {target.last_updated:%Y-%m-%d %H:%M:%S} UTC"
    by_minute: dict[str, list[str]] = {}
    for function in _functions(target):
        for version, published in function.published.items():
            mark = "*" if version == function.current else " (rolled back)" if version in function.bad else ""
            by_minute.setdefault(f"{published:%Y-%m-%d %H:%M} UTC", []).append(f"{function.name} {version}{mark}")
    for minute in sorted(by_minute, reverse=True)[:_RELEASES_SHOWN]:
        yield f"{minute}  {', '.join(by_minute[minute])}"
    yield "* is served"


def _functions(target: Target) -> list[Function]:
    return [Function.of(*found) for found in target.resources("AWS::Lambda::Alias").items()]


def _last_release(target: Target, functions: Collection[Function]) -> tuple[list[Function], datetime]:
    """The functions that the last release gave the version that they serve, and when that release began."""
    newest = max((function.published[function.current] for function in functions), default=None)
    if newest is None:
        raise OperationError(f"{target.stack_name} has no functions.")
    began, deployed = target.last_updated, set(target.resources("AWS::Lambda::Version").values())
    if began > newest or not any(f"{function.arn}:{function.current}" in deployed for function in functions):
        # The stack's last update was another one, of a dashboard say, or it is the local cloud, which gets code
        # without CloudFormation and never a configuration with it.
        served = (function.published[function.current] for function in functions)
        began = min(found for found in served if found >= newest - _MARGIN)
        began -= timedelta() if target.environment.is_local else _MARGIN
    return [function for function in functions if function.published[function.current] >= began], began


def _stop_shifting(target: Target) -> list[str]:
    """Stops CodeDeploy where it shifts an alias, so that it shifts back, and returns those deployment groups."""
    stopped = []
    for application in target.resources("AWS::CodeDeploy::Application").values():
        client = boto3.client("codedeploy")
        for group in target.resources("AWS::CodeDeploy::DeploymentGroup").values():
            found = client.list_deployments(
                applicationName=application, deploymentGroupName=group, includeOnlyStatuses=[*_UNDER_WAY]
            )
            for deployment in found["deployments"]:
                client.stop_deployment(deploymentId=deployment, autoRollbackEnabled=True)
                stopped.append(group)
    return stopped


def _configuration_ids(target: Target) -> list[str]:
    """The ids of the AppConfig application, environment, profile and strategy."""
    kinds = ("Application", "Environment", "ConfigurationProfile", "DeploymentStrategy")
    return [next(iter(target.resources(f"AWS::AppConfig::{kind}").values())) for kind in kinds]


def _deployments(application: str, environment: str) -> list["DeploymentSummaryTypeDef"]:
    """The configuration's deployments, the newest first."""
    paginator = boto3.client("appconfig").get_paginator("list_deployments")
    pages = paginator.paginate(ApplicationId=application, EnvironmentId=environment)
    found = [deployment for page in pages for deployment in page["Items"]]
    return sorted(found, key=lambda deployment: deployment["DeploymentNumber"], reverse=True)


def _restore_configuration(target: Target, began: datetime) -> Iterator[str]:
    """Deploys the configuration that was served when the release began."""
    application, environment, profile, strategy = _configuration_ids(target)
    deployments = _deployments(application, environment)
    whole = began.replace(microsecond=0)  # as AppConfig gives its times
    before = next((found for found in deployments if found["StartedAt"] < whole), None)
    if before is None or before["ConfigurationVersion"] == deployments[0]["ConfigurationVersion"]:
        yield "configuration: unchanged"
        return
    client, version = boto3.client("appconfig"), before["ConfigurationVersion"]
    try:
        client.get_hosted_configuration_version(
            ApplicationId=application, ConfigurationProfileId=profile, VersionNumber=int(version)
        )
    except client.exceptions.ResourceNotFoundException:
        yield f"configuration: stays, since {target.environment.name} keeps no older ones; check that the code reads it"
        return
    client.start_deployment(
        ApplicationId=application,
        EnvironmentId=environment,
        ConfigurationProfileId=profile,
        ConfigurationVersion=version,
        DeploymentStrategyId=strategy,
        Description=_DESCRIPTION,
    )
    yield f"configuration: version {deployments[0]['ConfigurationVersion']} -> {version}"


def _is_moved(target: Target) -> bool:
    """Whether an alias or the configuration is not where CloudFormation last put it."""
    deployed = set(target.resources("AWS::Lambda::Version").values())
    if any(f"{function.arn}:{function.current}" not in deployed for function in _functions(target)):
        return True
    application, environment, *_ = _configuration_ids(target)
    newest = next(iter(_deployments(application, environment)), None)
    if newest is None:
        return False
    deployment = boto3.client("appconfig").get_deployment(
        ApplicationId=application, EnvironmentId=environment, DeploymentNumber=newest["DeploymentNumber"]
    )
    return deployment.get("Description") == _DESCRIPTION


def state() -> str:
    """What AT_ONCE has to be for a deployment: the time, if there was a rollback since the last one, or empty.

    Where that can't be found out, it is empty, and standard error says why.
    """
    try:
        target = Target.chosen(service_settings.load())
        try:
            moved = _is_moved(target)
        except ClientError as error:
            if "AccessDenied" not in error.response["Error"]["Code"]:
                raise
            # A pipeline's own role may read nothing.
            boto3.DEFAULT_SESSION = roles.assume("lookup", target.environment)
            moved = _is_moved(target)
        return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}" if moved else ""
    except (SettingsError, OperationError, BotoCoreError, ClientError, StopIteration) as error:
        if "does not exist" not in str(error):  # the first deployment
            print(f"warning: can't tell whether there was a rollback: {error}", file=sys.stderr)
        return ""


if __name__ == "__main__":
    if sys.argv[1:] == ["state"]:
        print(state())
    else:
        run(releases if sys.argv[1:] == ["releases"] else roll_back)
