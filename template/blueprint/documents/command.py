"""`make documents` and its part of `make check`: python -m infra.app documents write|check."""

import argparse
import sys
from collections.abc import Callable, Sequence

import aws_cdk as cdk
from aws_cdk.assertions import Template

from blueprint import settings as service_settings
from blueprint.constructs.stack import ServiceStack
from blueprint.declare import Declarations
from blueprint.documents import permissions
from blueprint.documents.permissions import Resources
from blueprint.packaging.build import BuildError
from blueprint.settings import ROOT, Settings, SettingsError

DOCUMENT = ROOT / "docs" / "permissions.md"
TO_READ = {"aws:cdk:enable-path-metadata": True, "aws:cdk:disable-asset-staging": True}
"""The context of a template that is read, not deployed: it says where a resource is, and no code is copied."""

Synthesise = Callable[[Declarations, Settings, str], Resources]


def _resources(declarations: Declarations, settings: Settings, name: str) -> Resources:
    app, environment = cdk.App(context=TO_READ), settings.environment(name)
    stack = ServiceStack(app, declarations=declarations, settings=settings, environment=environment)
    resources: Resources = Template.from_stack(stack).to_json()["Resources"]
    return resources


def current(declarations: Declarations, synthesise: Synthesise = _resources) -> str:
    """The document of the last environment, production, as the infrastructure is.

    `synthesise` gives the resources of an environment's template.
    """
    settings = service_settings.load()
    last = list(settings.environments)[-1]
    return permissions.document(last, synthesise(declarations, settings, last))


def write(declarations: Declarations) -> None:
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(current(declarations))


def check(declarations: Declarations) -> None:
    """Writes the document if it is missing; ends the process with an error when it is stale."""
    if not DOCUMENT.exists():
        write(declarations)
        print(f"docs/{DOCUMENT.name} is new: commit it.")
    elif DOCUMENT.read_text() != current(declarations):
        sys.exit(f"error: docs/{DOCUMENT.name} is stale; run `make documents`, review what has changed, and commit it.")


def main(declarations: Declarations, arguments: Sequence[str]) -> None:
    """Writes the document, or checks that it is current; ends the process with a sentence when that fails."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.app documents", description="The document made from the template."
    )
    parser.add_argument("command", choices=["write", "check"])
    try:
        {"write": write, "check": check}[parser.parse_args(arguments).command](declarations)
    except (SettingsError, BuildError) as error:
        sys.exit(f"error: {error}")
