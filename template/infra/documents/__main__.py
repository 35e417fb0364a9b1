"""`make documents` and its part of `make check`: python -m infra.documents write|check."""

import argparse
import sys
from collections.abc import Callable, Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk.assertions import Template

from infra import settings as service_settings
from infra.build import Build, BuildError
from infra.documents import architecture, costs, dashboards, permissions, security
from infra.extensions import extend
from infra.routes import ROUTES
from infra.settings import ROOT, Settings, SettingsError
from infra.stack import ServiceStack

FOLDER = ROOT / "docs"
PATHS = {"aws:cdk:enable-path-metadata": True}
"""The context that lets a template say where in the stack its resources are."""


Resources = Mapping[str, Any]


def current(synthesise: Callable[[Settings, str], Resources] | None = None) -> dict[str, str]:
    """The documents, by their file's name, of the infrastructure as it is.

    `synthesise` gives the resources of an environment's template.
    """
    settings = service_settings.load()
    _, first, *others = settings.environments  # behind `local`
    last = others[-1] if others else first
    templates = {name: (synthesise or _resources)(settings, name) for name in dict.fromkeys([first, last])}
    return {
        "architecture.md": architecture.document(settings, ROUTES),
        "permissions.md": permissions.document(first, templates[first]),
        "costs.md": costs.document(settings.service, templates),
        "security.json": security.document(last, templates[last]),
        **dashboards.documents(templates[last]),
    }


def write() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in current().items():
        (FOLDER / name).write_text(text)


def check() -> None:
    """Writes what is missing; ends the process with an error when something is stale."""
    FOLDER.mkdir(exist_ok=True)
    stale = []
    for name, text in current().items():
        path = FOLDER / name
        if not path.exists():
            path.write_text(text)
            print(f"docs/{name} is new: commit it.")
        elif path.read_text() != text:
            stale.append(f"docs/{name}")
    if stale:
        sys.exit(f"error: {', '.join(stale)} stale; run `make documents`, review what has changed, and commit it.")


def _resources(settings: Settings, name: str) -> Resources:
    environment = settings.environment(name)
    build = Build(settings.service, for_this_machine=False)
    app = cdk.App(context=PATHS)
    stack = ServiceStack(app, settings=settings, environment=environment, build=build)
    extend(stack)
    resources: Resources = Template.from_stack(stack).to_json()["Resources"]
    return resources


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.documents", description="Documents made from the templates.")
    parser.add_argument("command", choices=["write", "check"])
    try:
        {"write": write, "check": check}[parser.parse_args().command]()
    except (SettingsError, BuildError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
