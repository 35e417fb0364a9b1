"""What the measurements were taken on."""

import os
import platform
from pathlib import Path

from blueprint.declare import Declarations
from blueprint.testing import sandbox

_MEASURED = ("boto3", "botocore", "aws-lambda-powertools", "pydantic", "aws-xray-sdk")


def describe(declarations: Declarations) -> str:
    """The processor and the versions, in a sentence."""
    versions = sandbox.packages(sandbox.function(declarations).path[1].parent, _MEASURED)
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        f"{_processor()}, {os.cpu_count()} CPUs, {platform.system()}, CPython {platform.python_version()}; {packages}."
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
