"""SnapStart: the template, what excludes it, and what a function does before its snapshot and after a restore.

How long a restore takes can only be measured on AWS.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import snapshot_restore_py  # type: ignore[import-untyped]
from aws_cdk import aws_lambda as lambda_
from blueprint import settings as service_settings
from blueprint.bench import functions
from blueprint.constructs.stack import ServiceStack
from blueprint.settings import Settings, SettingsError
from blueprint.testing import sandbox
from blueprint.tests.synthesis import template_of
from infra.app import DECLARATIONS
from tests.samples import ANSWERS, request

# A process that Lambda takes a snapshot of and restores: the hooks are called as its runtime client calls them.
_RESTORED = """
import importlib, json, os, random, sys
import snapshot_restore_py as hooks
os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"] = "snap-start"
handler = importlib.import_module(sys.argv[1]).lambda_handler
seed = random.getstate()
for hook, arguments, options in hooks.get_before_snapshot()[::-1]:
    hook(*arguments, **options)
if "restore" in sys.argv:
    for hook, arguments, options in hooks.get_after_restore():
        hook(*arguments, **options)
names = [getattr(getattr(hook, "func", hook), "__name__") for hook, *_ in hooks.get_after_restore()]
print(json.dumps({"hooks": names, "is_seeded": random.getstate() != seed}))
"""


def settings(tmp_path: Path, *, python: str = "3.14") -> Settings:
    file = tmp_path / "service.toml"
    file.write_text(
        f'[service]\nname = "orders"\npython = "{python}"\n[environments.dev]\nsnap_start = true\n'
        "[environments.production]\nproduction = true\n"
    )
    return service_settings.load(file)


def properties(chosen: Settings, environment: str) -> list[dict[str, Any]]:
    found = template_of(chosen, environment).find_resources("AWS::Lambda::Function")
    return [function["Properties"] for function in found.values()]


def test_published_versions_start_from_a_snapshot_in_the_environment_that_wants_it_alone(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    assert {json.dumps(each["SnapStart"]) for each in properties(chosen, "dev")} == {'{"ApplyOn": "PublishedVersions"}'}
    assert not [each for each in properties(chosen, "production") if "SnapStart" in each]


def test_a_runtime_without_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"dev has snap_start, which Lambda has from Python 3\.12 on"):
        settings(tmp_path, python="3.11")


def _provision(stack: ServiceStack) -> None:
    alias = next(iter(stack.functions.values())).alias.node.default_child
    assert isinstance(alias, lambda_.CfnAlias)
    alias.provisioned_concurrency_config = lambda_.CfnAlias.ProvisionedConcurrencyConfigurationProperty(
        provisioned_concurrent_executions=1
    )


def _scale(stack: ServiceStack) -> None:
    next(iter(stack.functions.values())).alias.add_auto_scaling(max_capacity=2)


def _enlarge(stack: ServiceStack) -> None:
    function = next(iter(stack.functions.values())).function.node.default_child
    assert isinstance(function, lambda_.CfnFunction)
    function.ephemeral_storage = lambda_.CfnFunction.EphemeralStorageProperty(size=1024)


@pytest.mark.parametrize(
    ("add", "what"),
    [
        (_provision, "provisioned concurrency"),
        (_scale, "provisioned concurrency"),
        (_enlarge, "more than 512 MB of /tmp"),
    ],
    ids=["provisioned", "scaled", "tmp"],
)
def test_what_excludes_it_is_refused_with_it_and_only_with_it(add: Any, what: str, tmp_path: Path) -> None:
    chosen, declared = settings(tmp_path), replace(DECLARATIONS, resources=add)
    with pytest.raises(SettingsError, match=f"has {what}, which Lambda doesn't allow together with SnapStart"):
        template_of(chosen, "dev", declarations=declared)
    assert template_of(chosen, "production", declarations=declared)


@pytest.fixture
def function(tmp_path: Path) -> sandbox.Sandbox:
    """Where a function runs, with what Lambda's runtime has beside it."""
    shutil.copy(snapshot_restore_py.__file__, tmp_path)
    chosen = sandbox.function(DECLARATIONS)
    return replace(chosen, path=(*chosen.path, tmp_path))


def test_no_token_and_no_connection_is_from_before_the_snapshot(function: sandbox.Sandbox) -> None:
    subject = functions.subjects(DECLARATIONS, request)[1]
    with functions.probes(ANSWERS) as probes:
        restored = replace(subject, sandbox=function)
        before, _ = probes.observe(restored, "-c", _RESTORED, subject.module)
        after, printed = probes.observe(restored, "-c", _RESTORED, subject.module, "restore")
    assert before == {}
    assert after == {"GetItem": 1, "StartConfigurationSession": 1, "GetLatestConfiguration": 1}
    state = json.loads(printed.splitlines()[-1])
    assert state == {"hooks": ["seed", "_connect", "_refresh"], "is_seeded": True}


def test_a_restore_does_not_depend_on_aws(function: sandbox.Sandbox) -> None:
    module = DECLARATIONS.functions[0].module
    assert "hooks" in function.run("-c", _RESTORED, module, "restore", AWS_ENDPOINT_URL="http://127.0.0.1:9")
