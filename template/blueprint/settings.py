"""Reads and validates `service.toml`: the service and its deployment environments."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.types import NonNegativeInt, PositiveInt, StrictBool
from pydantic_core import ErrorDetails

ROOT = Path(__file__).parents[1]
LOCAL = "local"
ALIAS = "live"
"""Of each function: what the API and the other triggers call."""
QUEUE_OUTPUT, DEAD_LETTERS_OUTPUT, SCHEDULE = "QueueUrl", "DeadLettersUrl", "Schedule"
"""How the names of the outputs end by which `make redrive` finds the queues."""
PROGRAM = "infra.app"
"""The team's module that hands its declarations to the blueprint's commands."""
NEWEST_PYTHON: Final = "3.14"
DEFAULT_REGION = "us-east-1"
DEFAULT_QUALIFIER: Final = "hnb659fds"
"""The CDK's own."""


def _text(pattern: str, what: str) -> BeforeValidator:
    """Takes text of the pattern alone, and says of anything else what it must be."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError(f"is {value!r}, but must be {what}")
        return value

    return BeforeValidator(check)


_WORDS = "lower-case letters, digits and single hyphens, starting with a letter"
_NAME = r"(?=.{%s}$)[a-z][a-z0-9]*(-[a-z0-9]+)*"
# A stack's name is service-environment[-suffix], and starts every other name. The narrowest of them is that of
# the caller's role, STACK-caller, with at most 64 characters: 28 + 1 + 12 + 1 + 8 + 7 = 57.
ServiceName = Annotated[str, _text(_NAME % "2,28", f"2 to 28 of {_WORDS}")]
EnvironmentName = Annotated[str, _text(_NAME % "1,12", f"at most 12 of {_WORDS}")]
_SUFFIX = r"(?=.{1,8}$)[a-z0-9]+(-[a-z0-9]+)*"
Email = Annotated[str, _text(r"([^@\s]+@[^@\s]+\.[^@\s]+)?", "an e-mail address, or empty")]
GitHubId = Annotated[str, _text(r"[0-9]*", "a number in quotes, or empty")]
Repository = Annotated[str, _text(r"([A-Za-z0-9-]+/[A-Za-z0-9_.-]+)?", "owner/name on GitHub, or empty")]
Qualifier = Annotated[str, _text(r"[a-z0-9]{1,10}", "1 to 10 lower-case letters and digits, as `cdk bootstrap` takes")]
Region = Annotated[str, _text(r"[a-z]{2}(-[a-z]+)+-[0-9]", "a region's code, eu-central-1 say")]
Account = Annotated[str, _text(r"[0-9]{12}", "an account's id, 12 digits")]
Domain = Annotated[str, _text(r"(([a-z0-9-]+\.)+[a-z]{2,})?", "a domain name, or empty")]
Certificate = Annotated[str, _text(r"(arn:[a-z-]+:acm:.+)?", "the ARN of an ACM certificate, or empty")]
Origin = Annotated[
    str,
    _text(r"https?://[a-z0-9.-]+(:[0-9]+)?", "an origin, such as https://shop.example.com, without a slash at the end"),
]
AdoptedTable = Annotated[
    str, _text(r"(arn:\S+:table/)?[A-Za-z0-9_.-]{3,255}(/stream/\S+)?", "a table's name, or the ARN of its stream")
]
Percent = Annotated[float, Field(gt=0, lt=100)]

# What an environment gets, where service.toml doesn't say otherwise, in place of the fields' own values.
_LOCAL: Mapping[str, Any] = {
    "log_retention_days": 1,
    "configuration_max_age": 0,
    "allowed_origins": ["http://localhost:3000"],
    "bootstrap_qualifier": DEFAULT_QUALIFIER,
}
_PRODUCTION: Mapping[str, Any] = {
    "swagger": False,
    "retain_data": True,
    "log_retention_days": 365,
    "configuration_max_age": 300,
    "delivery": "canary",
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
    repository: Repository = ""
    repository_owner_id: GitHubId = ""
    """With `repository_id`, what `gh api repos/OWNER/NAME --jq .owner.id,.id` prints: no other repository, of the same
    name later, is trusted then."""
    repository_id: GitHubId = ""
    production_shares_account: StrictBool = False
    """Accept other environments in production's account, whose pipelines and previews can then change production."""
    bootstrap_qualifier: Qualifier = DEFAULT_QUALIFIER
    region: str = DEFAULT_REGION
    python: Literal["3.11", "3.12", "3.13", "3.14"] = NEWEST_PYTHON
    architecture: Literal["arm64", "x86_64"] = "arm64"
    authorization: Literal["iam", "cognito", "none"] = "iam"
    alarm_email: Email = ""


class Objective(_Model):
    """The table `[objective]`: how available the API is to be, in each environment, over a month."""

    availability: Annotated[float, Field(ge=90, le=99.999)] = 99.9
    """The percentage of requests that are not answered with 5XX; what is missing to 100 is the error budget."""
    minimum_requests: PositiveInt = 100
    """Requests in a window of an hour, or of six, below which no alarm judges how fast the budget burns."""


class Alarms(_Model):
    """The table `[alarms]`: the thresholds above which an alarm goes off, for every environment.

    One error in a quiet night wakes nobody: rates and counts must be above their threshold in three of five
    minutes, latencies, the p90 of five minutes, in two of three such periods.
    """

    api_error_percent: Percent = 5  # answers with 5XX, of all
    api_latency_ms: PositiveInt = 3000
    function_error_percent: Percent = 5  # failed invocations of one function, of all of it
    function_latency_ms: PositiveInt = 2500  # of one function
    function_throttles: NonNegativeInt = 0  # of one function, in a minute
    table_throttles: NonNegativeInt = 0  # of reading from, or writing to, one table, in a minute
    table_errors: NonNegativeInt = 0  # DynamoDB's own, of one table, in a minute
    configuration_fallbacks: NonNegativeInt = 0
    """Requests that were served without the current configuration, in each of two periods of five minutes."""
    blocked_requests: PositiveInt = 100
    """Requests in a quarter of an hour below which no alarm judges whether all of them are refused."""
    message_age_seconds: PositiveInt = 900  # how long the oldest message of one queue has waited
    dead_letters: NonNegativeInt = 0  # messages in one dead-letter queue
    iterator_age_ms: PositiveInt = 300_000  # how long ago the change was made that a function gets from a stream
    failed_schedules: NonNegativeInt = 0  # runs of one function that EventBridge Scheduler could not start


class Environment(_Model):
    """A table `[environments.NAME]`.

    Production and `local` have other values (above) where a table says nothing. The environment before production is
    delivered as production is.
    """

    name: EnvironmentName
    account: Annotated[str, _text(r"([0-9]{12})?", "an account's id, 12 digits, or empty")] = ""
    """The account's id; without one, the credentials decide. Production is not deployed without one."""
    region: Region
    bootstrap_qualifier: Qualifier = DEFAULT_QUALIFIER
    """What `cdk bootstrap --qualifier` was called with in this account and region; the service's unless given here."""
    production: StrictBool = False
    domain: Domain = ""
    """The API's own domain, whose DNS record is yours to make; the execute-api address is switched off behind it."""
    certificate: Certificate = ""  # the domain's, of the environment's region
    alarm_email: Email = ""  # who gets the alarms; the service's receiver unless it is given here
    silence_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    """Minutes without any request after which an alarm goes off, where there always are some; 0 for never."""
    waf: StrictBool = False  # AWS WAF in front of the API
    waf_rate_limit: Annotated[int, Field(ge=10, le=2_000_000_000)] = 10_000
    """Requests from one address in five minutes, above which WAF blocks it for a while."""
    allowed_origins: tuple[Origin, ...] = ()
    """The origins of the front ends whose users' browsers may call the API (CORS)."""
    allowed_accounts: tuple[Account, ...] = ()
    """The other AWS accounts whose principals may call the API, where their own policies allow it too (iam alone)."""
    swagger: StrictBool = True  # serve Swagger UI and the OpenAPI document at /swagger, to everyone
    retain_data: StrictBool = False
    """Tables outlive the stack, refuse deletion and can be restored to any second of the last 35 days."""
    backup_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    """Days for which AWS Backup keeps a nightly backup in a vault that is locked for good after three days; 0 for no
    such vault. Point-in-time recovery, which `retain_data` turns on, doesn't depend on it."""
    adopted_tables: dict[str, AdoptedTable] = {}
    """Restored tables that serve in place of the stack's own, by their name in infra/tables.py: their real names, or
    the ARN of their stream where that starts a function. `make restore` prints the line for `[adopted_tables]`."""
    delivery: Literal["all_at_once", "canary"] = "all_at_once"
    """`canary`: new code gets a tenth of the requests for five minutes, then all of them, unless an alarm goes off."""
    log_retention_days: Literal[
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
    ] = 14
    throttling_rate_limit: PositiveInt = 100  # requests a second that the API serves in the long run
    throttling_burst_limit: PositiveInt = 200  # requests that the API serves at once
    configuration_max_age: NonNegativeInt = 60
    """Seconds for which a function uses the configuration before it asks AppConfig again."""
    snap_start: StrictBool = False
    """Functions start from a snapshot of a started one. blueprint/docs/performance.md says what it costs."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if bool(self.domain) != bool(self.certificate):
            raise ValueError("domain and certificate are given together, or neither")
        if self.backup_days and not self.retain_data:
            raise ValueError("backup_days needs retain_data = true")
        return self

    def adopted_table(self, table: str) -> str | None:
        """The real name of the table that is adopted in place of the stack's own, if one is."""
        found = self.adopted_tables.get(table)
        return found.partition("/stream/")[0].rpartition("/")[2] if found else None

    @property
    def is_local(self) -> bool:
        return self.name == LOCAL


class Settings(_Model):
    """All of `service.toml`, with the environment `local`, which is always there."""

    service: Service
    objective: Objective = Objective()
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
        adopted = values.get("adopted_tables", {})
        if not isinstance(adopted, dict):
            raise ValueError("adopted_tables must be tables, such as [adopted_tables.production]")
        if unknown := set(adopted) - {LOCAL, *environments}:
            raise ValueError(f"adopted_tables names {', '.join(sorted(unknown))}, which is not an environment")
        inherited = {
            name: service[name] for name in ("region", "alarm_email", "bootstrap_qualifier") if name in service
        }
        kinds = _kinds(environments)
        complete = {
            name: {"region": DEFAULT_REGION, "adopted_tables": adopted.get(name, {})}
            | {**inherited, **kinds.get(name, {}), **table, "name": name}
            if isinstance(table, dict)
            else table
            for name, table in {LOCAL: {}, **environments}.items()
        }
        return {key: value for key, value in values.items() if key != "adopted_tables"} | {"environments": complete}

    @model_validator(mode="after")
    def _environments_fit_the_service(self) -> Self:
        for name, environment in self.environments.items():
            if environment.snap_start and self.service.python == "3.11":
                raise ValueError(f"{name} has snap_start, which Lambda has from Python 3.12 on")
            if environment.allowed_accounts and self.service.authorization != "iam":
                raise ValueError(
                    f"environments.{name}.allowed_accounts: only authorization iam knows callers' accounts"
                )
        return self

    def environment(self, name: str) -> Environment:
        """The environment of that name; raises SettingsError, which lists the right ones, when there is none."""
        try:
            return self.environments[name]
        except KeyError:
            raise SettingsError(
                f"There is no environment {name!r}; choose one of: {', '.join(self.environments)}."
            ) from None

    def copy_of(self, environment: Environment, suffix: str) -> Environment:
        """The environment as a second copy of it has it, or itself without a suffix.

        A copy keeps no data, sends no mail, has no domain and is delivered at once: those are the original's.

        Raises SettingsError when there can't be such a copy.
        """
        if not suffix:
            return environment
        if not re.fullmatch(_SUFFIX, suffix):
            raise SettingsError(
                f"STACK_SUFFIX is {suffix!r}; use at most 8 lower-case letters, digits and single hyphens, as in pr-42."
            )
        if environment.production or environment.is_local:
            raise SettingsError(f"There is only one {environment.name}: leave out STACK_SUFFIX.")
        return environment.model_copy(
            update={"retain_data": False, "backup_days": 0, "adopted_tables": {}, "delivery": "all_at_once"}
            | {"alarm_email": "", "domain": "", "certificate": ""}
        )

    def chosen(self) -> tuple[Environment, str]:
        """The environment that ENVIRONMENT (`local`) names, as the copy that STACK_SUFFIX names, and its stack's name.

        Raises SettingsError when there isn't any.
        """
        suffix = os.environ.get("STACK_SUFFIX", "")
        environment = self.copy_of(self.environment(os.environ.get("ENVIRONMENT", LOCAL)), suffix)
        return environment, self.stack_name(environment, suffix)

    def stack_name(self, environment: Environment, suffix: str = "") -> str:
        """The CloudFormation stack's name: service, environment and, for a copy of its own, a suffix."""
        return "-".join(filter(None, (self.service.name, environment.name, suffix)))


def load(path: Path = ROOT / "service.toml") -> Settings:
    """The settings in the file; raises SettingsError when it is missing or not valid."""
    try:
        return Settings.model_validate(tomllib.loads(path.read_text()))
    except FileNotFoundError:
        raise SettingsError(f"{path} is missing.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from None
    except ValidationError as error:
        raise SettingsError(f"{path} is not valid: {'; '.join(map(_sentence, error.errors()))}.") from None


def _kinds(environments: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What the environments get that aren't of the usual kind. The one before production is delivered as production."""
    names, kinds = list(environments), {LOCAL: _LOCAL}
    production = [
        name for name in names if isinstance(environments[name], dict) and environments[name].get("production") is True
    ]
    kinds |= dict.fromkeys(production, _PRODUCTION)
    if production and (first := names.index(production[0])):
        kinds[names[first - 1]] = {"delivery": _PRODUCTION["delivery"]}
    return kinds


_TABLES: Mapping[str, type[BaseModel]] = {
    "service": Service,
    "objective": Objective,
    "alarms": Alarms,
    "environments": Environment,
}


def _sentence(error: ErrorDetails) -> str:
    """What is wrong, and what is allowed there."""
    problem = error["msg"].removeprefix("Value error, ")
    if error["type"] == "missing":
        problem = "is missing"
    elif error["type"] == "extra_forbidden" and (model := _TABLES.get(str(error["loc"][0]))):
        problem = f"is unknown; choose one of {', '.join(model.model_fields)}"
    return f"{'.'.join(map(str, error['loc']))}: {problem}".removeprefix(": ")


if __name__ == "__main__":
    print("\n".join(name for name in load().environments if name != LOCAL))
