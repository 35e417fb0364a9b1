"""The budgets of a start: a service that grows heavier fails its own tests, and a slim layer behaves as a whole one."""

import json
from pathlib import Path

import pytest
from services import Render, Service

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

pytestmark = pytest.mark.matrix
build = Build(settings.load().service, aws_services=SERVICES, for_this_machine=True)
print(build.layer() / "python", build.whole_layer() / "python", build.code())
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
