"""Reads and validates `service.toml`: the service and its deployment environments."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import ErrorDetails

ROOT = Path(__file__).parents[1]
LOCAL = "local"
PROGRAM = "infra.app"
"""The team's module that hands its declarations to the blueprint's commands."""
NEWEST_PYTHON: Final = "3.14"
DEFAULT_REGION = "us-east-1"

# A stack's name is service-environment[-suffix], and starts every other name. The narrowest of them is that of
# the caller's role, STACK-caller, with at most 64 characters: 28 + 1 + 12 + 1 + 8 + 7 = 57.
_WORDS = "lower-case letters, digits and single hyphens, starting with a letter"
ServiceName = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", min_length=2, max_length=28, description=f"2 to 28 of {_WORDS}"),
]
EnvironmentName = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=12, description=f"at most 12 of {_WORDS}")
]
StackSuffix = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=8)]
Email = Annotated[str, Field(pattern=r"^([^@\s]+@[^@\s]+\.[^@\s]+)?$", description="an e-mail address, or empty")]

# What an environment gets when service.toml doesn't say otherwise.
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    LOCAL: {
        "swagger": True,
        "retain_data": False,
        "log_retention_days": 1,
        "configuration_max_age": 0,
        "delivery": "all_at_once",
    },
    "development": {
        "swagger": True,
        "retain_data": False,
        "log_retention_days": 14,
        "configuration_max_age": 60,
        "delivery": "all_at_once",
    },
    "production": {
        "swagger": False,
        "retain_data": True,
        "log_retention_days": 365,
        "configuration_max_age": 300,
        "delivery": "canary",
    },
}


class SettingsError(Exception):
    """`service.toml`, or what was asked for, can't be used; the message says why and what is allowed."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Service(_Model):
    """The table `[service]`."""

    name: ServiceName
    description: str = ""
    owner: str = ""
    repository: Annotated[
        str, Field(pattern=r"^([A-Za-z0-9-]+/[A-Za-z0-9_.-]+)?$", description="owner/name on GitHub, or empty")
    ] = ""
    region: str = DEFAULT_REGION
    python: Literal["3.11", "3.12", "3.13", "3.14"] = NEWEST_PYTHON
    architecture: Literal["arm64", "x86_64"] = "arm64"
    authorization: Literal["iam", "cognito", "none"] = "iam"
    alarm_email: Email = ""


class Alarms(_Model):
    """The table `[alarms]`: the thresholds above which an alarm goes off, for every environment.

    Counts are those of a minute, latencies the p90 of five minutes.
    """

    api_errors: Annotated[int, Field(ge=0)] = 0
    """Answers with 5XX."""
    api_latency_ms: Annotated[int, Field(gt=0)] = 3000
    function_errors: Annotated[int, Field(ge=0)] = 0
    """Of one function."""
    function_latency_ms: Annotated[int, Field(gt=0)] = 2500
    """Of one function."""
    function_throttles: Annotated[int, Field(ge=0)] = 0
    """Of one function."""
    table_throttles: Annotated[int, Field(ge=0)] = 0
    """Of reading from, or writing to, one table."""
    table_errors: Annotated[int, Field(ge=0)] = 0
    """DynamoDB's own, of one table."""
    configuration_fallbacks: Annotated[int, Field(ge=0)] = 0
    """Requests that were served without the current configuration."""
    message_age_seconds: Annotated[int, Field(gt=0)] = 900
    """How long the oldest message of one queue has waited."""
    dead_letters: Annotated[int, Field(ge=0)] = 0
    """Messages in one dead-letter queue."""
    iterator_age_ms: Annotated[int, Field(gt=0)] = 300_000
    """How long ago the change was made that one function gets from a table's stream."""
    failed_schedules: Annotated[int, Field(ge=0)] = 0
    """Runs of one function that EventBridge Scheduler could not start."""


class Environment(_Model):
    """A table `[environments.NAME]`.

    Fields without a value take the one of their kind: local, development or production (`DEFAULTS`).
    """

    name: EnvironmentName
    account: Annotated[str, Field(pattern=r"^(\d{12})?$", description="an account's id, 12 digits, or empty")] = ""
    """The account's id; without one, the credentials decide. Production is not deployed without one."""
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="a region's code, eu-central-1 say")]
    production: bool = False
    alarm_email: Email = ""
    """Who gets the alarms; the service's receiver unless it is given here."""
    waf: bool = False
    """AWS WAF in front of the API."""
    waf_rate_limit: Annotated[int, Field(ge=10, le=2_000_000_000)] = 10_000
    """Requests from one address in five minutes, above which WAF blocks it for a while."""
    swagger: bool
    """Serve Swagger UI and the OpenAPI document at /swagger, to everyone."""
    retain_data: bool
    """Tables outlive the stack, refuse deletion and can be restored to any second of the last 35 days."""
    delivery: Literal["all_at_once", "canary"]
    """`canary`: new code gets a tenth of the requests for five minutes, then all of them, unless an alarm goes off."""
    log_retention_days: Literal[
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
    ]
    throttling_rate_limit: Annotated[int, Field(gt=0)] = 100
    """Requests a second that the API serves in the long run."""
    throttling_burst_limit: Annotated[int, Field(gt=0)] = 200
    """Requests that the API serves at once."""
    configuration_max_age: Annotated[int, Field(ge=0)]
    """Seconds for which a function uses the configuration before it asks AppConfig again."""

    @property
    def is_local(self) -> bool:
        return self.name == LOCAL


class Settings(_Model):
    """All of `service.toml`, with the environment `local`, which is always there."""

    service: Service
    alarms: Alarms = Alarms()
    environments: Annotated[dict[str, Environment], Field(min_length=2)]
    """`local` first, then those of service.toml, in its order."""

    @model_validator(mode="before")
    @classmethod
    def _complete_the_environments(cls, values: dict[str, Any]) -> dict[str, Any]:
        service, environments = values.get("service"), values.get("environments", {})
        if not isinstance(service, dict) or not isinstance(environments, dict):
            return values
        if not environments:
            raise ValueError("it names no environment; add one, such as [environments.dev]")
        if LOCAL in environments:
            raise ValueError(f"the environment {LOCAL} is built in; choose another name")
        inherited = {name: service[name] for name in ("region", "alarm_email") if name in service}
        complete = {
            name: {"region": DEFAULT_REGION, **inherited, **_defaults(name, table), **table, "name": name}
            if isinstance(table, dict)
            else table
            for name, table in {LOCAL: {}, **environments}.items()
        }
        return {**values, "environments": complete}

    def environment(self, name: str) -> Environment:
        """The environment of that name; raises SettingsError, which lists the right ones, when there is none."""
        try:
            return self.environments[name]
        except KeyError:
            raise SettingsError(
                f"There is no environment {name!r}; choose one of: {', '.join(self.environments)}."
            ) from None

    def copy_of(self, environment: Environment, suffix: str) -> Environment:
        """The environment as a second copy of it has it, one that keeps no data, or itself without a suffix.

        Raises SettingsError when there can't be such a copy.
        """
        if not suffix:
            return environment
        try:
            TypeAdapter(StackSuffix).validate_python(suffix)
        except ValidationError:
            raise SettingsError(
                f"STACK_SUFFIX is {suffix!r}; use at most 8 lower-case letters, digits and single hyphens, as in pr-42."
            ) from None
        if environment.production or environment.is_local:
            raise SettingsError(f"There is only one {environment.name}: leave out STACK_SUFFIX.")
        return environment.model_copy(update={"retain_data": False})

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
        raise SettingsError(f"{path} is not valid: {'; '.join(map(_sentence, error.errors()))}.") from None


def _defaults(name: str, table: Mapping[str, Any]) -> Mapping[str, Any]:
    return DEFAULTS[LOCAL if name == LOCAL else "production" if table.get("production") is True else "development"]


_TABLES: Mapping[str, type[BaseModel]] = {"service": Service, "alarms": Alarms, "environments": Environment}


def _sentence(error: ErrorDetails) -> str:
    """What is wrong, and what is allowed there."""
    *tables, name = error["loc"] or ("",)
    model = _TABLES.get(str(tables[0])) if tables else None
    if model and error["type"] == "extra_forbidden":
        problem = f"is unknown; choose one of {', '.join(model.model_fields)}"
    elif error["type"] == "missing":
        problem = "is missing"
    elif model and (field := model.model_fields.get(str(name))) and field.description:
        problem = f"is {error['input']!r}, but must be {field.description}"
    else:
        problem = error["msg"].removeprefix("Value error, ")
    return f"{'.'.join(map(str, error['loc']))}: {problem}".removeprefix(": ")


if __name__ == "__main__":
    print("\n".join(name for name in load().environments if name != LOCAL))
