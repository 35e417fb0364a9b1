"""Every environment of service.toml synthesises with no finding of cdk-nag, CDK's validation and cfn-lint."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra import settings as service_settings
from infra.settings import ROOT
from tests.support.synthesis import template_file

SETTINGS = service_settings.load()


@pytest.mark.parametrize("environment", SETTINGS.environments)
def test_environment_has_no_finding(environment: str) -> None:
    template = template_file(environment)
    region = SETTINGS.environment(environment).region
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--regions", region, "--template", str(template)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
