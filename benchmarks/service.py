"""What the service's own `make bench` measures, in the render, and the same on the next Python."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import copier

from benchmarks.rendered import BLUEPRINT, SERVICE, python, run, runtime

NEXT = "3.15"
"""The Python that Lambda has no runtime for yet."""
_RUNTIME_CLIENT = "awslambdaric==4.2.2"
"""Lambda's own process, which imports a function: it has loaded a part of the standard library before."""

# What Lambda's runtime client takes until it would import a function, the function's start included or not.
_RUNTIME_PROBE = """
import sys
from dataclasses import replace
from pathlib import Path
from blueprint.testing import sandbox
from infra.app import DECLARATIONS
function = sandbox.function(DECLARATIONS)
beside = replace(function, path=(*function.path, Path(sys.argv[1])))
begin = "import importlib, os; importlib.import_module('awslambdaric.bootstrap')"
module = DECLARATIONS.functions[0].module
for program in (begin, f"{begin}; importlib.import_module({module!r})"):
    print(beside.instructions("-c", f"{program}; os._exit(0)", START_PRIMED=""))
print(sandbox.floor(DECLARATIONS).instructions("-c", "import os; os._exit(0)"))
"""

Measured = tuple[str, Any, str]
"""The machine in a sentence, the numbers, and the table that shows them."""


def render() -> None:
    """A fresh render, set up."""
    copier.run_copy(
        str(BLUEPRINT), SERVICE, data={"python_version": runtime()}, defaults=True, quiet=True, vcs_ref="HEAD"
    )
    run("make", "dev")


def measure() -> Measured:
    """What the service's own benchmark measures."""
    return _measured(python)


def measure_packaging(part: str) -> str:
    """The `levers` or the sizes of the `layer`, as Markdown."""
    # Without this folder on the path, whose service.py is not the service.
    return python("-P", str(Path(__file__).with_name("packaging_probe.py")), part)


def measure_next() -> Measured | None:
    """The functions on the next Python; None where the PATH has no interpreter of it."""
    interpreter = shutil.which(f"python{NEXT}")
    if interpreter is None:
        print(f"There is no python{NEXT} on the PATH: its section stays as it is.")
        return None
    environment = f".venv-{NEXT}"
    uv = run("blueprint/tools/uv").strip()
    run(uv, "sync", "--quiet", "--python", interpreter, UV_PROJECT_ENVIRONMENT=environment)

    def python_next(*arguments: str) -> str:
        executable = str(SERVICE / environment / "bin" / "python")
        return run(executable, *arguments, show=True, PYTHONPATH=str(SERVICE))

    return _measured(python_next)


def measure_runtime_client() -> dict[str, int]:
    """Instructions, by what has been started: Python itself, Lambda's client, and a function in it."""
    folder = SERVICE / "build" / "runtime-client"
    if not folder.exists():
        uv = run("blueprint/tools/uv").strip()
        run(uv, "pip", "install", "--quiet", "--compile-bytecode", "--target", str(folder), _RUNTIME_CLIENT)
    client, function, interpreter = map(int, python("-c", _RUNTIME_PROBE, str(folder)).split())
    return {"interpreter": interpreter, "client": client, "function": function}


def _measured(python_of: Callable[..., str]) -> Measured:
    numbers = SERVICE / "build" / "bench.json"
    printed = python_of("-m", "tests.samples", "--json", str(numbers))
    measured = json.loads(numbers.read_text())
    table = "\n".join(line for line in printed.splitlines() if line.startswith("|"))
    return measured["machine"], measured["functions"], table
