"""The dynamic configuration in AWS AppConfig: one JSON an environment, beside this module."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_appconfig as appconfig
from aws_cdk import aws_iam as iam
from constructs import Construct
from pydantic import ValidationError

from infra.settings import Environment, SettingsError
from service.models.configuration import ServiceConfiguration

FOLDER = Path(__file__).parent
PROFILE = "configuration"


def content(environment: Environment) -> str:
    """The environment's JSON, validated by the model that the functions read it with.

    Raises SettingsError when there is none, or when the model refuses it.
    """
    path = FOLDER / f"{environment.name}.json"
    try:
        text = path.read_text()
        ServiceConfiguration.model_validate_json(text)
    except FileNotFoundError:
        raise SettingsError(
            f"The environment {environment.name} has no configuration: write {path} (a copy of local.json will do)."
        ) from None
    except ValidationError as error:
        raise SettingsError(f"{path} is not valid: {error}") from None
    return text


class DynamicConfiguration(Construct):
    """The AppConfig application whose configuration is deployed with the stack."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment):
        super().__init__(scope, construct_id)
        self._application = appconfig.Application(self, "Application", application_name=cdk.Stack.of(self).stack_name)
        self._environment = self._application.add_environment("Environment", environment_name=environment.name)
        self._profile = appconfig.HostedConfiguration(
            self,
            "Configuration",
            application=self._application,
            name=PROFILE,
            content=appconfig.ConfigurationContent.from_inline_json(content(environment)),
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
        self.variables = {
            "APPCONFIG_APPLICATION": self._application.application_id,
            "APPCONFIG_ENVIRONMENT": self._environment.environment_id,
            "APPCONFIG_PROFILE": self._profile.configuration_profile_id,
            "APPCONFIG_MAX_AGE_SECONDS": str(environment.configuration_max_age),
        }

    def statement(self) -> iam.PolicyStatement:
        """Allows to read the configuration."""
        arn = (
            f"{self._application.application_arn}/environment/{self._environment.environment_id}"
            f"/configuration/{self._profile.configuration_profile_id}"
        )
        return iam.PolicyStatement(
            actions=["appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration"], resources=[arn]
        )
