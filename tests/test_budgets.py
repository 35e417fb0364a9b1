"""The budgets of a start: a service that grows heavier fails its own tests, and a slim layer behaves as a whole one."""

import json
import shutil
from pathlib import Path

import pytest
from services import RUNTIME, Render, Service

pytestmark = pytest.mark.matrix

Edits = tuple[tuple[str, str, str], ...]

REGRESSIONS: dict[str, tuple[Edits, str]] = {
    "Swagger is imported by all": (
        (
            (
                "blueprint/runtime/api.py",
                "from blueprint.runtime import start\n",
                "from blueprint.runtime import openapi as openapi, start\n",
            ),
        ),
        "test_nothing_heavy_is_imported_that_serves_no_request",
    ),
    "a second session": (
        (("blueprint/runtime/idempotency.py", "table_name=table, boto3_client=aws.dynamodb()", "table_name=table"),),
        "test_there_is_one_session_for_all_clients",
    ),
    "a stray dependency": (
        (("pyproject.toml", '    "pydantic>=2.14,<3",\n', '    "pydantic>=2.14,<3",\n    "idna",\n'),),
        "test_each_package_of_the_layer_is_imported_by_some_function",
    ),
    "a heavy dependency": (
        (("pyproject.toml", '    "pydantic>=2.14,<3",\n', '    "pydantic>=2.14,<3",\n    "numpy",\n'),),
        "test_the_layer_fits",
    ),
    "garbage is collected while it starts": (
        (("service/__init__.py", "start.begin()\n", ""),),
        "test_garbage_is_collected_again_and_not_among_what_the_start_has_made",
    ),
}

# The versions at which the tight budget holds. A service has the slack of StartLimits, so that a new boto3 turns no
# team's tests red; whoever changes these lines looks at what the new versions cost.
PINNED: Edits = (
    ("pyproject.toml", '"aws-lambda-powertools[tracer]>=3.37,<4"', '"aws-lambda-powertools[tracer]==3.37.0"'),
    ("pyproject.toml", '"boto3>=1.44,<2"', '"boto3==1.44.8"'),
    ("pyproject.toml", '"pydantic>=2.14,<3"', '"pydantic==2.14.4"'),
    (
        "pyproject.toml",
        "[tool.uv]\n",
        '[tool.uv]\nconstraint-dependencies = ["botocore==1.44.8", "aws-xray-sdk==2.15.0", "urllib3==2.8.0"]\n',
    ),
)

INSTRUCTIONS = """
import json
from blueprint.bench import functions
from infra.app import DECLARATIONS
from tests.samples import ANSWERS, request
floor, function, *_ = functions.subjects(DECLARATIONS, request)
with functions.probes(ANSWERS) as probes:
    counts = probes.instructions(function)
    print(json.dumps({**counts, "floor": floor.sandbox.instructions_to_ready(floor.module)}))
"""

ENDPOINTS = """
import json, sys
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError
session = botocore.session.Session()
found = {}
for partition in session.get_component("data_loader").load_data("endpoints")["partitions"]:
    for region in partition["regions"]:
        for service in json.loads(sys.argv[1]):
            for options in ({}, {"use_fips_endpoint": True}, {"use_dualstack_endpoint": True}):
                keys = {"aws_access_key_id": "a", "aws_secret_access_key": "a"}
                try:
                    client = session.create_client(service, region, config=Config(**options), **keys)
                    signer = client._request_signer
                    answer = [client.meta.endpoint_url, client.meta.partition, signer.region_name, signer.signing_name]
                except BotoCoreError as error:
                    answer = str(error)
                found[" ".join([partition["partition"], region, service, *options])] = answer
print(json.dumps(found))
"""

FOLDERS = """
from blueprint import settings
from blueprint.packaging.build import Build
from service.aws_services import SERVICES

build = Build(settings.load().service, aws_services=SERVICES, for_this_machine=True)
print(build.layer() / "python", build.layer(()) / "python", build.code())
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, workshop: Service, render: Render) -> Service:
    return render(tmp_path_factory.mktemp("budgets") / "orders").borrow_tools(workshop)


@pytest.fixture(scope="module")
def folders(service: Service) -> tuple[Path, Path, Path]:
    """The layer, the layer with all of botocore's data, and the code."""
    layer, whole, code = map(Path, service.run(".venv/bin/python", "-c", FOLDERS).stdout.split())
    return layer, whole, code


def budgets(service: Service, check: bool = False) -> str:  # noqa: FBT001, FBT002
    """What the service's budgets say, but for the slow one, which counts instructions."""
    return service.run(".venv/bin/pytest", "blueprint/tests/budgets", "-k", "not instructions", check=check).stdout


def test_a_fresh_render_keeps_its_budgets(service: Service) -> None:
    assert " passed" in budgets(service, check=True)


@pytest.mark.parametrize("name", REGRESSIONS)
def test_a_regression_fails(service: Service, name: str) -> None:
    edits, test = REGRESSIONS[name]
    with service.edited(*edits):
        output = budgets(service)
    assert f"FAILED blueprint/tests/budgets/test_start.py::{test}" in output


@pytest.mark.skipif(RUNTIME != "3.14", reason="the budget is Python 3.14's")
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="there is no valgrind here, which counts the instructions")
def test_at_pinned_versions_a_start_and_a_request_are_as_fast_as_they_were(service: Service) -> None:
    with service.edited(*PINNED):
        counts = json.loads(service.run(".venv/bin/python", "-c", INSTRUCTIONS).stdout.splitlines()[-1])
    assert counts["ready"] <= 1.35 * counts["floor"]
    assert counts["warm"] <= 11_000_000
    # What is left for the first request was not merely moved there.
    assert counts["first"] <= 35_000_000


def test_endpoints_are_the_same_with_the_slim_data(service: Service, folders: tuple[Path, Path, Path]) -> None:
    """In every region of every partition, plain, FIPS and dual-stack."""
    found = []
    for packages in folders[:2]:
        services = json.dumps(["appconfigdata", "dynamodb"])
        output = service.run(".venv/bin/python", "-S", "-c", ENDPOINTS, services, PYTHONPATH=str(packages)).stdout
        found.append(json.loads(output.splitlines()[-1]))
    slim, whole = found
    assert len(whole) > 200
    assert {key.split()[0] for key in whole} >= {"aws", "aws-cn", "aws-us-gov"}
    assert slim == whole


def test_tracebacks_show_the_source(service: Service, folders: tuple[Path, Path, Path]) -> None:
    """Of the layer and of the code, though their bytecode says that they lie in Lambda's folders."""
    layer, _, code = folders
    program = (
        "import traceback\n"
        "from blueprint.runtime.cursor import decode\n"
        "from blueprint.runtime.environment_variables import EnvironmentVariables\n"
        "class Missing(EnvironmentVariables):\n    no_such_variable: str\n"
        "for call in (lambda: decode('x', attributes=set()), Missing.from_environment):\n"
        "    try:\n        call()\n    except Exception:\n        traceback.print_exc()\n"
        "try:\n    __import__('boto3').client('dynamodb', region_name='us-east-1').put_item()\n"
        "except Exception:\n    traceback.print_exc()\n"
    )
    output = service.run(".venv/bin/python", "-S", "-c", program, PYTHONPATH=f"{code}:{layer}").stdout
    assert "raise InvalidCursorError" in output
    assert "return cls.model_validate(" in output
    assert "raise ParamValidationError(report=report.generate_report())" in output
