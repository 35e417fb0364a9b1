"""Python 3.15, for which Lambda has no runtime yet: the handlers work there, with its lazy imports switched on."""

import json
import re
import shutil
from pathlib import Path

import pytest
from services import Render, Service

pytestmark = pytest.mark.matrix

NEXT = "3.15"

INSTRUCTIONS = """
import json
from blueprint.bench import functions
from infra.app import DECLARATIONS
from tests.samples import request
floor, function, *_ = functions.subjects(DECLARATIONS, request)
print(json.dumps([each.sandbox.instructions_to_ready(each.module) for each in (floor, function)]))
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, render: Render) -> Service:
    """A service on that Python, which its own tools find, or download where they can."""
    service = render(tmp_path_factory.mktemp("next") / "orders")
    uv = service.run("sh", "-c", "blueprint/tools/uv 2>/dev/null").stdout.strip()
    python = service.run("sh", "-c", f"blueprint/tools/python {uv} {NEXT} 2>/dev/null").stdout.strip()
    version = service.run(python, "--version").stdout
    if not version.startswith(f"Python {NEXT}."):
        pytest.skip(f"there is no Python {NEXT} here, and no download of one")
    service.run(uv, "sync", "--quiet", "--python", python)
    return service


def test_the_unit_tests_pass_with_lazy_imports(service: Service) -> None:
    output = service.run(".venv/bin/pytest", "tests/unit").stdout
    assert " passed" in output
    program = "import sys; sys.path.insert(0, '.'); import tests.unit.conftest; print(sys.get_lazy_imports())"
    assert service.run(".venv/bin/python", "-c", program).stdout.split()[-1] == "all"


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="there is no valgrind here, which counts the instructions")
def test_a_start_is_faster_than_that_of_boto3_alone(service: Service) -> None:
    """Of boto3 without lazy imports, as it is published."""
    floor, function = json.loads(service.run(".venv/bin/python", "-c", INSTRUCTIONS).stdout.splitlines()[-1])
    assert function <= 0.92 * floor


def test_the_newest_runtime_is_the_newest_that_the_cdk_knows(workshop: Service) -> None:
    """When this fails, the CDK has a newer one: add it to the answers, to settings.py and to the matrix."""
    program = "from aws_cdk import aws_lambda; print(*(name for name in dir(aws_lambda.Runtime) if 'PYTHON_3' in name))"
    known = workshop.run(".venv/bin/python", "-c", program).stdout
    newest = max(int(minor) for minor in re.findall(r"PYTHON_3_(\d+)", known))
    settings = (Path(workshop.path) / "blueprint" / "settings.py").read_text()
    assert f'NEWEST_PYTHON: Final = "3.{newest}"' in settings
