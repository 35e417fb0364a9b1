"""What must not happen to an environment: `make deploy`, `make destroy` and the tests that write ask here first.

A bare `cdk deploy` meets the same obstacles: the stack holds them as CloudFormation rules, so that CloudFormation
refuses the template and says why. Synthesising stays free of them, and `cdk destroy` meets the protections that
the stack and its tables have in CloudFormation and in DynamoDB.
"""

import argparse
import platform
import sys

import aws_cdk as cdk

from blueprint import settings as service_settings
from blueprint.packaging.build import runs_on
from blueprint.settings import Environment, Service, Settings, SettingsError


def obstacles(service: Service, environment: Environment) -> list[str]:
    """Why what this interpreter synthesises must not be deployed to AWS, a sentence each; none if it may."""
    found = []
    if not runs_on(service.python):
        found.append(
            f"The functions run on Python {service.python}, but this is Python {platform.python_version()}, whose "
            f"bytecode they can't use: install Python {service.python} and run `make dev`."
        )
    if environment.production and not environment.account:
        found.append(
            f"{environment.name}, which is production, has no account: write its id into service.toml, "
            f'[environments.{environment.name}], account = "...", so that no other account\'s credentials deploy it.'
        )
    return found


def refuse_shared_account(settings: Settings, environment: Environment, account: str = "") -> None:
    """Raises SettingsError when the environment's account, else the one given, is production's without consent."""
    account = environment.account or account
    if environment.production or settings.service.production_shares_account or not account:
        return
    others = [name for name, other in settings.environments.items() if other.production and other.account == account]
    if others:
        raise SettingsError(
            f"{environment.name} would be in {account}, the account of {', '.join(others)}, which is production: its "
            "pipeline, and so a pull request's preview, could change production. Give it another account, or accept "
            "this in service.toml, [service], production_shares_account = true."
        )


def refuse_deployment(stack: cdk.Stack, reasons: list[str]) -> None:
    """Lets CloudFormation refuse the stack's template, for these reasons.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
    """
    if reasons:
        deployable = cdk.CfnParameter(stack, "Deployable", default="no").value_as_string
        is_deployable = cdk.Fn.condition_equals(deployable, "yes")
        assertions = [cdk.CfnRuleAssertion(assert_=is_deployable, assert_description=reason) for reason in reasons]
        cdk.CfnRule(stack, "IsDeployable", assertions=assertions)


def check_deployment(settings: Settings, environment: Environment, account: str = "") -> None:
    """Raises SettingsError when the environment must not be deployed from here, into the account of the credentials."""
    if environment.is_local:
        return
    refuse_shared_account(settings, environment, account)
    if reasons := obstacles(settings.service, environment):
        raise SettingsError("\n".join(reasons))


def check_destruction(environment: Environment) -> None:
    """Raises SettingsError when the environment holds data that must outlive a command."""
    if environment.production or environment.retain_data:
        raise SettingsError(
            f"{environment.name} keeps its data, so no command destroys it: its stack is protected against "
            "termination, its tables against deletion. blueprint/docs/deploying.md says how to take it down for good."
        )


def check_writing(environment: Environment) -> None:
    """Raises SettingsError when tests that write must not run in the environment."""
    if environment.production:
        raise SettingsError(f"{environment.name} is production, where tests only read: make smoke.")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m blueprint.accounts.safety", description="Refuses what must not happen."
    )
    parser.add_argument("command", choices=["destroy", "verify", "write"])
    command = parser.parse_args().command
    try:
        environment, _ = service_settings.load().chosen()
        if command == "destroy":
            check_destruction(environment)
        elif command == "write":
            check_writing(environment)
        else:
            print("smoke" if environment.production else "e2e")
    except SettingsError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
