"""Feature flags and settings from AWS AppConfig, with something to fall back on when they can't be fetched.

The configuration is a pydantic model. When AppConfig is unreachable, empty or holds what the model refuses, the
last known configuration serves, then the model's own defaults, which are packaged with the code. A metric counts
each request that was served so, for the alarm.
"""

from time import monotonic
from typing import Any, Generic, Self, TypeVar, cast

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.feature_flags import FeatureFlags
from aws_lambda_powertools.utilities.feature_flags.base import StoreProvider
from aws_lambda_powertools.utilities.feature_flags.exceptions import SchemaValidationError
from aws_lambda_powertools.utilities.feature_flags.schema import SchemaValidator
from aws_lambda_powertools.utilities.parameters import AppConfigProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_serializer, model_validator

from blueprint.runtime import aws, start
from blueprint.runtime.environment_variables import EnvironmentVariables
from blueprint.runtime.observability import logger, metrics

FALLBACK_METRIC = "ConfigurationFallback"
"""Requests that were served with an older configuration, or with the defaults."""

RETRY_AFTER_SECONDS = 10
"""How long AppConfig is left alone after a failure, so that its time limits don't slow down every request."""


_MODEL = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)
"""Unknown names are refused at synthesis, not here: during a deployment, versions of the code that know a flag and
versions that don't read the same configuration."""


class Feature(BaseModel):
    """A feature flag as Powertools' feature flags utility defines it: a default and rules that override it.

    https://docs.aws.amazon.com/powertools/python/latest/utilities/feature_flags/
    """

    model_config = _MODEL

    default: bool
    rules: dict[str, dict[str, Any]] = Field(default_factory=dict)

    @model_serializer
    def _as_powertools_reads_it(self) -> dict[str, Any]:
        # Powertools takes a feature without rules, but not one with an empty set of them.
        return {"default": self.default, **({"rules": self.rules} if self.rules else {})}


class Features(BaseModel):
    """The base of the model of a service's feature flags: each field is a `Feature` with its packaged default."""

    model_config = _MODEL

    @model_validator(mode="after")
    def _rules_are_valid(self) -> Self:
        try:
            SchemaValidator(schema=self.model_dump()).validate()
        except SchemaValidationError as error:
            raise ValueError(str(error)) from None
        return self


class Configuration(BaseModel):
    """The base of a service's configuration: its `features`, and what it adds."""

    model_config = _MODEL

    features: Features

    def is_enabled(self, feature: str, **context: str | float | bool) -> bool:
        """Whether the feature, a field of `features`, is on for the context that its rules look at."""
        return bool(FeatureFlags(store=_Store(self.features)).evaluate(name=feature, context=context, default=False))


class _AppConfigSettings(EnvironmentVariables):
    appconfig_application: str
    appconfig_environment: str
    appconfig_profile: str
    appconfig_max_age_seconds: int = Field(ge=0)


ConfigurationType = TypeVar("ConfigurationType", bound=Configuration)


class DynamicConfiguration(Generic[ConfigurationType]):
    """The current configuration of a service, kept for as long as the environment's settings say."""

    def __init__(self, model: type[ConfigurationType]):
        self._model = model
        self._settings = _AppConfigSettings.from_environment()
        self._current = model()  # type: ignore[call-arg]
        self._is_fallback = True
        self._fresh_until = float("-inf")
        self._provider: AppConfigProvider | None = None
        start.prime(self._refresh)

    def get(self) -> ConfigurationType:
        """The configuration for this request, to be asked for once in it; never raises."""
        if monotonic() >= self._fresh_until:
            self._refresh()
        if self._is_fallback:
            metrics.add_metric(name=FALLBACK_METRIC, unit=MetricUnit.Count, value=1)
        return self._current

    def _refresh(self) -> None:
        self._is_fallback = not self._fetch()
        age = RETRY_AFTER_SECONDS if self._is_fallback else self._settings.appconfig_max_age_seconds
        self._fresh_until = monotonic() + age

    def _fetch(self) -> bool:
        try:
            self._provider = self._provider or AppConfigProvider(
                application=self._settings.appconfig_application,
                environment=self._settings.appconfig_environment,
                boto3_client=aws.appconfigdata(),
            )
            content = self._provider.get(self._settings.appconfig_profile, force_fetch=True)
            self._current = self._model.model_validate_json(cast("bytes", content))
        except (GetParameterError, ValidationError) as error:
            self._provider = None  # A failed session's token may be of no use any more.
            logger.error("configuration fallback", error=type(error).__name__, cause=type(error.__cause__).__name__)
            return False
        return True


class _Store(StoreProvider):
    """Hands features that are there already to Powertools' rules engine."""

    def __init__(self, features: Features):
        self._features = features.model_dump()

    @property
    def get_raw_configuration(self) -> dict[str, Any]:
        return self._features

    def get_configuration(self) -> dict[str, Any]:
        return self._features
