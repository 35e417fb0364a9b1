"""The CloudFormation templates of the environments, each synthesised once a test run, with all checks."""

import atexit
import tempfile
from functools import cache
from pathlib import Path

import aws_cdk as cdk
from aws_cdk.assertions import Template

from blueprint.constructs.stack import ServiceStack
from blueprint.declare import Declarations
from blueprint.documents.command import TO_READ
from blueprint.settings import Settings
from blueprint.synthesis import create_app
from infra.app import DECLARATIONS


@cache
def template_file(environment: str, suffix: str = "") -> Path:
    """The file of the environment's template.

    Raises RuntimeError, with the report, when cdk-nag or CDK's validation find something, a warning even.
    """
    folder = tempfile.TemporaryDirectory(prefix="cdk-out-")
    atexit.register(folder.cleanup)
    create_app(DECLARATIONS, environment, suffix, outdir=folder.name, post_cli_context=TO_READ).synth()
    (template,) = Path(folder.name).glob("*.template.json")
    return template


@cache
def template(environment: str, suffix: str = "") -> Template:
    """The environment's template."""
    return Template.from_string(template_file(environment, suffix).read_text())


def template_of(
    settings: Settings, environment: str, suffix: str = "", declarations: Declarations = DECLARATIONS
) -> Template:
    """The template that other settings or declarations give, without any checks."""
    chosen = settings.copy_of(settings.environment(environment), suffix)
    return Template.from_stack(
        ServiceStack(
            cdk.App(context=TO_READ), declarations=declarations, settings=settings, environment=chosen, suffix=suffix
        )
    )
