"""The CloudFormation templates of the environments, each synthesised once a test run, with all checks."""

import atexit
import tempfile
from functools import cache
from pathlib import Path

from aws_cdk.assertions import Template

from infra.app import create_app


@cache
def template_file(environment: str, suffix: str = "") -> Path:
    """The file of the environment's template.

    Raises RuntimeError, with the report, when cdk-nag or CDK's validation find something, a warning even.
    """
    folder = tempfile.TemporaryDirectory(prefix="cdk-out-")
    atexit.register(folder.cleanup)
    create_app(environment, suffix, outdir=folder.name).synth()
    (template,) = Path(folder.name).glob("*.template.json")
    return template


@cache
def template(environment: str, suffix: str = "") -> Template:
    """The environment's template."""
    return Template.from_string(template_file(environment, suffix).read_text())
