"""Runs programs as Lambda runs a function: its Python, the code, the layer and the variables, and nothing else.

The layer is the one of the local cloud: for this machine, but otherwise built as for Lambda.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from blueprint import offline
from blueprint import settings as service_settings
from blueprint.declare import Declarations
from blueprint.packaging.build import Build
from blueprint.packaging.levers import LAYER, START, Levers

_TIMEOUT_SECONDS = 300


@dataclass(frozen=True)
class Sandbox:
    """Folders from which Python imports, in this order, and environment variables."""

    path: tuple[Path, ...]
    variables: Mapping[str, str]

    def run(self, *arguments: str, text: str = "", **variables: str) -> str:
        """What Python prints, run with the arguments and the text as its input.

        Raises CalledProcessError when it fails.
        """
        return self._run([_python(), *_OPTIONS, *arguments], variables, text).stdout

    def instructions(self, *arguments: str, text: str = "", **variables: str) -> int:
        """How many instructions Python takes from its start to its end, as valgrind counts them, run as by `run`.

        The number hardly varies from run to run, unlike a time. Raises CalledProcessError when the program fails.
        """
        valgrind = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
        command = [*valgrind, _python(), *_OPTIONS, *arguments]
        result = self._run(command, {"PYTHONHASHSEED": "0", **variables}, text)
        found = re.search(r"I\s+refs:\s+([\d,]+)", result.stderr)
        assert found, result.stderr
        return int(found[1].replace(",", ""))

    def instructions_to_ready(self, module: str) -> int:
        """Those that the module's function takes until it is ready, what it fetches from AWS at its start left out.

        Lambda's runtime imports it in the same way. The module `boto3` stands for a client of DynamoDB.
        """
        client = ".client('dynamodb')" if module == "boto3" else ""
        program = f"import importlib\nimportlib.import_module({module!r}){client}\nimport os\nos._exit(0)"
        return self.instructions("-c", program, START_PRIMED="")

    def _run(
        self, command: list[str], variables: Mapping[str, str], text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        environment = {
            **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "LC_ALL"}},
            **self.variables,
            "PYTHONPATH": os.pathsep.join(map(str, self.path)),
            **variables,
        }
        environment = {name: value for name, value in environment.items() if value}
        result = subprocess.run(
            command,
            env=environment,
            input=text,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
        try:
            result.check_returncode()
        except subprocess.CalledProcessError as error:
            error.add_note(result.stderr)
            raise
        return result


_OPTIONS = ("-S", "-s", "-P")
"""No packages but those on the path: https://docs.python.org/3/using/cmdline.html#miscellaneous-options"""


@cache
def function(declarations: Declarations, levers: Levers = LAYER) -> Sandbox:
    """Where the service's functions run; with other levers, to measure what those are worth."""
    build = _build(declarations)
    layer = build.layer(levers)
    start = {name: value.replace("/opt/", f"{layer}/") for name, value in START.items()}
    environments = service_settings.load().environments.values()
    production = next(each for each in environments if each.production)
    return Sandbox(
        (build.code(), layer / "python"),
        {
            **_variables(declarations),
            **start,
            "APPCONFIG_MAX_AGE_SECONDS": str(production.configuration_max_age),
            "AWS_LAMBDA_FUNCTION_NAME": "function",
            "POWERTOOLS_TRACE_DISABLED": "false",
        },
    )


@cache
def floor(declarations: Declarations) -> Sandbox:
    """Where nothing but boto3 runs, with all of botocore's data: the least that a function with boto3 can take."""
    return Sandbox((_build(declarations).layer(()) / "python",), _variables(declarations))


def has_valgrind() -> bool:
    """Whether instructions can be counted here."""
    return shutil.which("valgrind") is not None


def _python() -> str:
    """The interpreter without its virtual environment, as Lambda has none."""
    return str(getattr(sys, "_base_executable", sys.executable))


@cache
def _build(declarations: Declarations) -> Build:
    return Build(service_settings.load().service, aws_services=declarations.aws_services, for_this_machine=True)


def _variables(declarations: Declarations) -> dict[str, str]:
    return {**offline.variables(declarations.tables), **declarations.variables}
