"""Builds what is uploaded, without Docker: the functions' code and the layer with their dependencies.

Each build lies in a folder named after everything that it was made from. So it is skipped when nothing has
changed and can't be stale, and synthesising alone is always right.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Collection
from pathlib import Path

import uv

from blueprint.packaging import slimming
from blueprint.packaging.levers import LAYER, Levers
from blueprint.packaging.once import made_once
from blueprint.packaging.slimming import AMAZON_ROOTS, amazon_roots
from blueprint.settings import ROOT, Service

BUILDS = ROOT / "build"
KEPT_BUILDS = 4

_ARCHIVE = "asset.zip"
_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
# The glibc of each runtime's operating system: Amazon Linux 2 for Python 3.11, Amazon Linux 2023 from 3.12 on.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
_GLIBC = {"3.11": "2_17"}
_GLIBC_OF_NEWER_RUNTIMES = "2_28"


class BuildError(Exception):
    """The code or the layer can't be built; the message says why."""


class Build:
    """The builds for a service, for Lambda or, with `for_this_machine`, for the local cloud."""

    def __init__(self, service: Service, *, aws_services: Collection[str], for_this_machine: bool):
        self._service, self._aws_services = service, aws_services
        self._for_this_machine = for_this_machine

    def code(self) -> Path:
        """The folder with the functions' code: the package `service`, and of `blueprint` what it runs on."""
        folders = (ROOT / "service", ROOT / "blueprint" / "runtime")
        found = [ROOT / "blueprint" / "__init__.py", *(path for folder in folders for path in folder.rglob("*"))]
        sources = sorted(path for path in found if path.is_file() and is_source(path))
        files = {path.relative_to(ROOT): path.read_bytes() for path in sources}

        def copy(target: Path) -> None:
            for name, data in files.items():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                (target / name).write_bytes(data)
            if self._is_compiled:
                # Checked, since somebody may edit a function's code in the console.
                _compile(target, "checked-hash", "/var/task")

        return _built(
            "code",
            [*self._bytecode(), *(part for name, data in files.items() for part in (str(name).encode(), data))],
            copy,
        )

    def layer(self, levers: Levers = LAYER) -> Path:
        """The folder with the dependencies that pyproject.toml names, as uv.lock pins them.

        Only wheels are used, never a source build. Raises BuildError when one is missing for the platform.
        Other levers than LAYER are for measuring: with none, botocore's data is as it is published.
        """
        requirements, options = self._requirements(), self._platform()
        host = f"{platform.system()}-{platform.machine()}-{sys.version}" if self._for_this_machine else ""

        def install(target: Path) -> None:
            with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
                file.write(requirements)
                file.flush()
                command = ["pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]
                _uv(*command, *options, "--target", str(target / "python"), "--requirements", file.name)
            shutil.rmtree(target / "python" / "bin", ignore_errors=True)
            for record in target.glob("python/*.dist-info/RECORD"):
                record.unlink()  # lists the scripts, whose hashes depend on this folder
            _slim(target, self._aws_services, levers)
            if self._is_compiled:
                _compile(target, "unchecked-hash", "/opt")

        names = [lever.__name__ for lever in levers]
        ingredients = map(str.encode, [requirements, *options, host, *self._aws_services, *names])
        return _built(
            "layer" if levers == LAYER else "measured_layer",
            [*self._bytecode(), *ingredients, Path(slimming.__file__).read_bytes()],
            install,
        )

    def asset(self, folder: Path) -> Path:
        """What the CDK uploads of a build: the folder, or a zip of it for the local cloud.

        The zip has the same bytes for the same content, so that its hash says what a function runs. It isn't
        compressed: it goes nowhere, and the local cloud unpacks it at every cold start.
        """
        if not self._for_this_machine:
            return folder

        def archive(target: Path) -> None:
            with zipfile.ZipFile(target / _ARCHIVE, "w") as file:
                for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                    entry = zipfile.ZipInfo(str(path.relative_to(folder)))
                    entry.external_attr = path.stat().st_mode << 16
                    file.writestr(entry, path.read_bytes())

        name = f"{folder.parent.name}_zip"
        return _built(name, [folder.name.encode(), Path(__file__).read_bytes()], archive) / _ARCHIVE

    @property
    def _is_compiled(self) -> bool:
        """Whether there is bytecode: it is of use to the Python version that made it, and to no other."""
        return self._for_this_machine or runs_on(self._service.python)

    def _bytecode(self) -> list[bytes]:
        """What every build depends on: the bytecode's version, and how this module builds."""
        version = sys.implementation.cache_tag if self._is_compiled else "none"
        return [str(version).encode(), Path(__file__).read_bytes()]

    def _requirements(self) -> str:
        """The runtime dependencies, pinned with hashes; brings uv.lock up to date with pyproject.toml first."""
        return _uv("export", "--quiet", "--no-dev", "--no-emit-project", "--no-header", "--no-annotate")

    def _platform(self) -> list[str]:
        if self._for_this_machine:
            return ["--python", sys.executable]
        python = self._service.python
        glibc = _GLIBC.get(python, _GLIBC_OF_NEWER_RUNTIMES)
        machine = _MACHINES[self._service.architecture]
        return ["--python-version", python, "--python-platform", f"{machine}-manylinux_{glibc}"]


def runs_on(python: str) -> bool:
    """Whether this interpreter is of that minor version, such as "3.14"."""
    return python == f"{sys.version_info.major}.{sys.version_info.minor}"


def is_source(path: Path) -> bool:
    """Whether somebody wrote the file: it is neither bytecode nor hidden, nor a copy that an editor has left."""
    name = path.name
    return "__pycache__" not in path.parts and not name.startswith((".", "#")) and not name.endswith(("~", ".tmp"))


def _built(kind: str, ingredients: list[bytes], make: Callable[[Path], None]) -> Path:
    """The folder made from the ingredients, by `make` into an empty folder if it isn't there yet."""
    digest = hashlib.sha256()
    for ingredient in ingredients:
        digest.update(len(ingredient).to_bytes(8, "big") + ingredient)
    target = made_once(BUILDS / kind / digest.hexdigest()[:16], make)
    os.utime(target)
    _remove_old(target.parent)
    return target


def _remove_old(folder: Path) -> None:
    builds = sorted(folder.glob("[!.]*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in builds[KEPT_BUILDS:]:
        shutil.rmtree(old, ignore_errors=True)


def _slim(layer: Path, services: Collection[str], levers: Levers) -> None:
    data = layer / "python" / "botocore" / "data"
    if unknown := {name for name in services if not (data / name).is_dir()}:
        raise BuildError(f"service/aws_services.py lists {', '.join(sorted(unknown))}, which botocore doesn't know.")
    for lever in levers:
        lever(data, services)
    amazon_roots(layer / "python", layer / AMAZON_ROOTS)


def _compile(folder: Path, invalidation_mode: str, path_in_lambda: str) -> None:
    """Adds the bytecode, valid whatever the dates in the asset's zip are; it names the files as Lambda does.

    https://docs.python.org/3/reference/import.html#pyc-invalidation
    """
    options = ["-q", "-j0", "--invalidation-mode", invalidation_mode, "-s", str(folder), "-p", path_in_lambda]
    # Some packages hold files for other Python versions, which can't be compiled and aren't imported either.
    subprocess.run([sys.executable, "-m", "compileall", *options, str(folder)], capture_output=True, check=False)


def _uv(*arguments: str) -> str:
    environment = {**os.environ, "UV_NO_PROGRESS": "1"}
    environment.pop("VIRTUAL_ENV", None)
    result = subprocess.run(
        [uv.find_uv_bin(), *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise BuildError(f"The dependencies' layer can't be built:\n{result.stderr.strip()}")
    return result.stdout
