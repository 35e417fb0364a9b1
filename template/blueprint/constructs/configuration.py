"""The dynamic configuration in AWS AppConfig: one JSON file for each environment, in infra/configuration/."""

from typing import TypeVar

import aws_cdk as cdk
from aws_cdk import aws_appconfig as appconfig
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct
from pydantic import ValidationError

from blueprint.runtime.configuration import Configuration
from blueprint.settings import ROOT, Environment, SettingsError

_Resource = TypeVar("_Resource", bound=cdk.CfnResource)

FOLDER = ROOT / "infra" / "configuration"
PROFILE = "configuration"


def content(environment: Environment, model: type[Configuration]) -> str:
    """The environment's JSON, validated by the model that the functions read it with; without one, its defaults.

    Raises SettingsError when the model refuses the JSON, or doesn't know a name in it.
    """
    path = FOLDER / f"{environment.name}.json"
    if not path.exists():
        return model.model_validate({}).model_dump_json(indent=2)
    text = path.read_text()
    try:
        model.model_validate_json(text, extra="forbid")
    except ValidationError as error:
        raise SettingsError(f"{path} is not valid: {error}") from None
    return text


class DynamicConfiguration(Construct):
    """The AppConfig application whose configuration is deployed with the stack."""

    def __init__(self, scope: Construct, construct_id: str, *, model: type[Configuration], environment: Environment):
        super().__init__(scope, construct_id)
        self._application = appconfig.Application(self, "Application", application_name=cdk.Stack.of(self).stack_name)
        self._environment = self._application.add_environment("Environment", environment_name=environment.name)
        self._profile = appconfig.HostedConfiguration(
            self,
            "Configuration",
            application=self._application,
            name=PROFILE,
            content=appconfig.ConfigurationContent.from_inline_json(content(environment, model)),
            deploy_to=[self._environment],
            deployment_strategy=appconfig.DeploymentStrategy(
                self,
                "Strategy",
                deployment_strategy_name=cdk.Stack.of(self).stack_name,
                rollout_strategy=appconfig.RolloutStrategy.linear(
                    growth_factor=100,
                    deployment_duration=cdk.Duration.minutes(0),
                    final_bake_time=cdk.Duration.minutes(0),
                ),
            ),
        )
        if not environment.retain_data:
            # CloudFormation can't delete a profile that still has a version, and the CDK retains them.
            _child(self._profile, appconfig.CfnHostedConfigurationVersion).apply_removal_policy(
                cdk.RemovalPolicy.DESTROY
            )
        self.variables = {
            "APPCONFIG_APPLICATION": self._application.application_id,
            "APPCONFIG_ENVIRONMENT": self._environment.environment_id,
            "APPCONFIG_PROFILE": self._profile.configuration_profile_id,
            "APPCONFIG_MAX_AGE_SECONDS": str(environment.configuration_max_age),
        }

    def deploy_after(self, *others: IConstruct) -> None:
        """Deploys the configuration after the others: the code that reads it, and what the code needs.

        By then all requests are served by that code, and a canary that fails takes no configuration back, which
        CloudFormation couldn't do.
        """
        _child(self._profile, appconfig.CfnDeployment).node.add_dependency(*others)

    def statement(self) -> iam.PolicyStatement:
        """Allows reading the configuration."""
        arn = (
            f"{self._application.application_arn}/environment/{self._environment.environment_id}"
            f"/configuration/{self._profile.configuration_profile_id}"
        )
        return iam.PolicyStatement(
            actions=["appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration"], resources=[arn]
        )


def _child(construct: IConstruct, kind: type[_Resource]) -> _Resource:
    """The one resource of that kind in the construct."""
    (found,) = (child for child in construct.node.find_all() if isinstance(child, kind))
    return found
