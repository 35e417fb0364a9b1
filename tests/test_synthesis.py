"""Every environment of several renders synthesises with no finding of cdk-nag, CDK's validation and cfn-lint.

Those of three more renders do so as steps of their pull request workflow, in tests/test_workflows.py: the default's
in `make test`.
"""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from services import Render, Service

RENDERS: dict[str, dict[str, Any]] = {
    "payments": {
        "service_name": "payments-eu",
        "environments": "test, live",
        "waf": False,
        "architecture": "x86_64",
        "region": "eu-central-1",
        "python_version": "3.11",
    },
    "five environments": {"environments": "dev, qa, perf, staging, production", "owner": "@acme/payments"},
    "longest names": {
        "service_name": "n" * 28,
        "environments": "e" * 12,
        "authorization": "cognito",
        "repository": "acme/payments",
        "alarm_email": "payments@example.com",
        "waf": False,
    },
}


@pytest.mark.matrix
@pytest.mark.parametrize("name", RENDERS)
def test_every_environment_synthesises_with_no_finding(
    name: str, tmp_path: Path, workshop: Service, render: Render
) -> None:
    service = render(tmp_path / "service", **RENDERS[name]).borrow_tools(workshop)
    settings = tomllib.loads((service.path / "service.toml").read_text())
    templates = []
    for environment in settings["environments"]:
        service.run(".venv/bin/python", "-m", "infra.app", ENVIRONMENT=environment, CDK_OUTDIR=f"build/{environment}")
        [template] = (service.path / "build" / environment).glob("*.template.json")
        assert template.name == f"{settings['service']['name']}-{environment}.template.json"
        templates.append(template)
    service.run(".venv/bin/cfn-lint", *map(str, templates))


@pytest.mark.matrix
def test_make_synth_is_the_same_and_names_the_environments_there_are(workshop: Service) -> None:
    assert "feature flags" not in workshop.make("synth", ENVIRONMENT="production").stdout
    assert (workshop.path / "build" / "cdk.out" / "orders-production.template.json").exists()
    result = workshop.make("synth", check=False, ENVIRONMENT="prod")
    assert result.returncode != 0
    assert "error: There is no environment 'prod'; choose one of: local, dev, staging, production." in result.stdout
