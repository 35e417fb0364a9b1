"""`make sbom`: writes build/sbom.cdx.json, a CycloneDX bill of materials: the packages in the layer for Lambda."""

import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import uv

from blueprint import settings as service_settings
from blueprint.declare import Declarations
from blueprint.packaging.build import Build
from blueprint.settings import ROOT

_TOOL = "cyclonedx-bom==7.5.0"
_BILL = ROOT / "build" / "sbom.cdx.json"


def main(declarations: Declarations, _: Sequence[str]) -> None:
    """Builds the layer unless it is there, and reads what was installed into it. Raises SettingsError or BuildError."""
    service = service_settings.load().service
    layer = Build(service, aws_services=declarations.aws_services, for_this_machine=False).layer()
    with tempfile.TemporaryDirectory() as folder:
        # The tool asks an interpreter where its packages are, and must not load the layer's own, which may be for
        # another processor.
        python = Path(folder) / "python"
        path, interpreter = shlex.quote(str(layer / "python")), shlex.quote(sys.executable)
        python.write_text(f'#!/bin/sh\nPYTHONPATH={path} exec {interpreter} "$@"\n')
        python.chmod(0o700)
        command = [uv.find_uv_bin(), "tool", "run", "--quiet", "--from", _TOOL, "cyclonedx-py", "environment", "-S"]
        command += ["--pyproject", "pyproject.toml", "--output-file", str(_BILL), str(python)]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            sys.exit("error: the bill of materials can't be written; the lines above say why.")
    print(f"{_BILL.relative_to(ROOT)} lists what is in the layer.")
