"""Every environment of service.toml synthesises with no finding of cdk-nag, CDK's validation and cfn-lint."""

import pytest
from cfnlint.config import ConfigMixIn
from cfnlint.runner import Runner

from blueprint import settings as service_settings
from blueprint.settings import ROOT
from blueprint.tests.synthesis import template_file

SETTINGS = service_settings.load()


@pytest.mark.parametrize("environment", SETTINGS.environments)
def test_environment_has_no_finding(environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # where .cfnlintrc is
    template = template_file(environment)
    region = SETTINGS.environment(environment).region
    findings = list(Runner(ConfigMixIn(["--regions", region, "--template", str(template)])).run())
    assert not findings
