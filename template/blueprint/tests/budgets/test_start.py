"""What a function may take to start: the budgets hold for whatever service/ has become.

blueprint/docs/performance.md says what they are about, and `make bench` where a function stands.
"""

import json
import struct
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from blueprint import settings
from blueprint.bench import layer
from blueprint.packaging.build import Build
from blueprint.packaging.levers import START
from blueprint.testing import sandbox
from infra.app import DECLARATIONS

LIMITS = DECLARATIONS.limits
FORBIDDEN = (
    "aws_lambda_powertools.event_handler.openapi.models",  # some sixty pydantic models, for /swagger alone
    "aws_lambda_powertools.event_handler.openapi.swagger_ui",
    "blueprint.runtime.openapi",
    "blueprint.runtime.swagger",
    "requests",
)
"""Modules that cost a start much and serve no request."""

MODULES = [function.module for function in DECLARATIONS.functions]

# Counts botocore's sessions before anything is imported, and prints what is there afterwards.
_PROBE = """
import json, sys
import botocore.session
sessions = []
create = botocore.session.Session.__init__
def count(self, *arguments, **options):
    sessions.append(self)
    create(self, *arguments, **options)
botocore.session.Session.__init__ = count
import {module}
import gc
print(json.dumps({{
    "modules": sorted(sys.modules), "sessions": len(sessions), "gc": gc.isenabled(), "frozen": gc.get_freeze_count(),
}}))
"""


@pytest.fixture(scope="module", params=MODULES)
def started(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What there is in a process in which a handler's module was imported."""
    return _state(request.param)


@cache
def _state(module: str) -> dict[str, Any]:
    printed = sandbox.function(DECLARATIONS).run("-c", _PROBE.format(module=module), START_PRIMED="")
    state: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return state


def test_nothing_heavy_is_imported_that_serves_no_request(started: dict[str, list[str]]) -> None:
    assert not set(FORBIDDEN) & set(started["modules"])


def test_each_package_of_the_layer_is_imported_by_some_function() -> None:
    """A package that no function imports slows every start; a request's are in `imported_later`."""
    packages = sandbox.function(DECLARATIONS).path[1]
    there = {
        path.name.removesuffix(".py") for path in packages.iterdir() if path.name.isidentifier() or path.suffix == ".py"
    }
    imported = {name.partition(".")[0] for module in MODULES for name in _state(module)["modules"]}
    assert there - {"__pycache__"} - imported - LIMITS.imported_later == set()


def test_there_is_one_session_for_all_clients(started: dict[str, Any]) -> None:
    """None in a function that calls no AWS service."""
    assert started["sessions"] <= 1


def test_garbage_is_collected_again_and_not_among_what_the_start_has_made(started: dict[str, int]) -> None:
    assert started["gc"]
    assert (started["frozen"] > 0) == ("START_WITHOUT_GC" in START)


@pytest.mark.parametrize("module", MODULES)
def test_a_start_does_not_depend_on_aws(module: str) -> None:
    """It starts from its layer alone. Priming is an attempt: when nothing answers, the first request decides."""
    nobody = "http://127.0.0.1:9"
    assert "ready" in sandbox.function(DECLARATIONS).run(
        "-c", f"import {module}\nprint('ready')", AWS_ENDPOINT_URL=nobody
    )


def _floor() -> int:
    """What boto3 alone takes, which costs valgrind seconds, and so is kept in the folder of the layer it depends on."""
    floor = sandbox.floor(DECLARATIONS)
    kept = floor.path[0].with_name("instructions")
    if not kept.exists():
        counted = kept.with_suffix(".new")
        counted.write_text(str(floor.instructions_to_ready("boto3")))
        counted.rename(kept)
    return int(kept.read_text())


@pytest.mark.skipif(not sandbox.has_valgrind(), reason="there is no valgrind here, which counts the instructions")
def test_the_first_function_is_ready_within_its_instructions() -> None:
    """Of one function only, since each takes valgrind seconds: the first."""
    floor = _floor()
    function = sandbox.function(DECLARATIONS).instructions_to_ready(MODULES[0])
    assert function <= LIMITS.instructions_ratio * floor, f"{function / floor:.2f} x boto3 alone; see `make bench`"


def test_the_layer_fits() -> None:
    size = layer.size(
        Build(settings.load().service, aws_services=DECLARATIONS.aws_services, for_this_machine=False).layer()
    )
    assert size.unzipped <= LIMITS.layer_bytes
    assert size.zipped <= LIMITS.layer_zipped_bytes


@pytest.mark.parametrize(("folder", "flags"), [(1, 0b01), (0, 0b11)], ids=["layer", "code"])
def test_bytecode_is_valid_whatever_the_dates_of_the_files_are(folder: int, flags: int) -> None:
    """By hash: unchecked in the layer, checked in the code, https://peps.python.org/pep-0552/."""
    path: Path = sandbox.function(DECLARATIONS).path[folder]
    compiled = {file: struct.unpack_from("<I", file.read_bytes(), 4)[0] for file in path.rglob("*.pyc")}
    assert compiled
    assert set(compiled.values()) == {flags}


def test_the_roots_are_among_botocores_own() -> None:
    packages = sandbox.function(DECLARATIONS).path[1]
    own = (packages / "botocore" / "cacert.pem").read_text()
    roots = (packages.parent / "amazon-roots.pem").read_text().split("# ")[1:]
    assert len(roots) == 5
    for root in roots:
        assert root.partition("\n")[2].strip() in own


def test_no_package_brings_a_plugin_of_pydantic() -> None:
    """A line of levers.py saves the search for one; take it out when you add one, such as logfire."""
    packages = sandbox.function(DECLARATIONS).path[1]
    found = [
        file.parent.name for file in packages.glob("*.dist-info/entry_points.txt") if "[pydantic]" in file.read_text()
    ]
    assert not found or "PYDANTIC_DISABLE_PLUGINS" not in START
