"""Reads and validates `service.toml`: the service and its deployment environments."""

import tomllib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

ROOT = Path(__file__).parents[1]
LOCAL = "local"
NEWEST_PYTHON = "3.14"

# A stack's name is service-environment[-suffix]. The narrowest name derived from it is a Cognito domain
# prefix, stack-account, with at most 63 characters: 28 + 1 + 12 + 1 + 8, and 13 for the account.
ServiceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", min_length=2, max_length=28)]
EnvironmentName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=12)]
StackSuffix = Annotated[str, Field(pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$", max_length=8)]

# What an environment gets when service.toml doesn't say otherwise.
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    LOCAL: {"swagger": True, "retain_data": False, "log_retention_days": 1, "configuration_max_age": 0},
    "development": {"swagger": True, "retain_data": False, "log_retention_days": 14, "configuration_max_age": 60},
    "production": {"swagger": False, "retain_data": True, "log_retention_days": 365, "configuration_max_age": 300},
}


class SettingsError(Exception):
    """`service.toml` can't be used; the message says why and what is allowed."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Service(_Model):
    """The table `[service]`."""

    name: ServiceName
    description: str = ""
    owner: str = ""
    repository: str = ""
    region: str = "us-east-1"
    python: Literal["3.11", "3.12", "3.13", "3.14"] = "3.14"
    architecture: Literal["arm64", "x86_64"] = "arm64"
    authorization: Literal["iam", "cognito", "none"] = "iam"
    alarm_email: str = ""


class Environment(_Model):
    """A table `[environments.NAME]`.

    Fields without a value take the one of their kind: local, development or production (`DEFAULTS`).
    """

    name: EnvironmentName
    account: Annotated[str, Field(pattern=r"^\d{12}$")] | None = None
    """The account's id; without one, the credentials decide."""
    region: str
    production: bool = False
    waf: bool = False
    """AWS WAF in front of the API."""
    swagger: bool
    """Serve Swagger UI and the OpenAPI document at /swagger, to everyone."""
    retain_data: bool
    """Tables outlive the stack, refuse deletion and can be restored to any second of the last 35 days."""
    log_retention_days: Literal[
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
    ]
    throttling_rate_limit: Annotated[int, Field(gt=0)] = 100
    """Requests a second that the API serves in the long run."""
    throttling_burst_limit: Annotated[int, Field(gt=0)] = 200
    """Requests that the API serves at once."""
    configuration_max_age: Annotated[int, Field(ge=0)]
    """Seconds for which a function uses the configuration before it asks AppConfig again."""

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_its_kind(cls, values: dict[str, Any]) -> dict[str, Any]:
        kind = "production" if values.get("production") else "development"
        return {**DEFAULTS[LOCAL if values.get("name") == LOCAL else kind], **values}

    @property
    def is_local(self) -> bool:
        return self.name == LOCAL


class Settings(_Model):
    """All of `service.toml`."""

    service: Service
    environments: dict[EnvironmentName, dict[str, Any]] = Field(min_length=1)

    @model_validator(mode="after")
    def _environments_are_valid(self) -> "Settings":
        if LOCAL in self.environments:
            raise ValueError(f"environments.{LOCAL} is built in; choose another name")
        _ = self.by_name
        return self

    @cached_property
    def by_name(self) -> dict[str, Environment]:
        """Every environment, `local` first, then in the order of service.toml."""
        tables = {LOCAL: {}, **self.environments}
        return {
            name: Environment.model_validate({"region": self.service.region, **table, "name": name})
            for name, table in tables.items()
        }

    def environment(self, name: str) -> Environment:
        """The environment of that name; raises SettingsError, which lists the right ones, when there is none."""
        try:
            return self.by_name[name]
        except KeyError:
            raise SettingsError(
                f"There is no environment {name!r}; choose one of: {', '.join(self.by_name)}."
            ) from None

    def stack_name(self, environment: Environment, suffix: str = "") -> str:
        """The CloudFormation stack's name: service, environment and, for a copy of its own, a suffix."""
        return "-".join(filter(None, (self.service.name, environment.name, suffix)))


def load(path: Path = ROOT / "service.toml") -> Settings:
    """The settings in the file; raises SettingsError when it is missing, no TOML or not valid."""
    try:
        return Settings.model_validate(tomllib.loads(path.read_text()))
    except FileNotFoundError:
        raise SettingsError(f"{path} is missing.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is no TOML: {error}.") from None
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, e['loc'])) or path.name}: {e['msg']}" for e in error.errors())
        raise SettingsError(f"{path} is not valid: {'; '.join(problems)}.") from None
