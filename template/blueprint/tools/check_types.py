"""Checks the types: runs mypy on what pyproject.toml names, without the parts of the CDK that no file here mentions.

mypy follows every import, and the CDK's package imports 300 modules, one for each AWS service, of which a service uses
twenty: three quarters of a first check's time. What belongs to the others counts as `Any`.
"""

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONFIGURATION = ROOT / "build" / "mypy.toml"


def unmentioned() -> list[str]:
    """The modules of the CDK whose names stand in none of the files that are checked."""
    folders = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["files"]
    texts = (file.read_text() for folder in folders for file in (ROOT / folder).rglob("*.py"))
    mentioned = {name for text in texts for name in re.findall(r"\b(?:aws|alexa)_\w+", text)}
    package = importlib.util.find_spec("aws_cdk")  # importing it would start Node
    folder = package.submodule_search_locations if package else None
    modules = (path.name for path in Path(*folder).iterdir()) if folder else ()
    return sorted(name for name in modules if name.startswith(("aws_", "alexa_")) and name not in mentioned)


def main() -> None:
    names = [f'"aws_cdk.{parent}{name}.*"' for name in unmentioned() for parent in ("", "interfaces.")]
    override = f'\n[[tool.mypy.overrides]]\nmodule = [{", ".join(names)}]\nfollow_imports = "skip"\n'
    CONFIGURATION.parent.mkdir(exist_ok=True)
    CONFIGURATION.write_text((ROOT / "pyproject.toml").read_text() + override)
    command = [sys.executable, "-m", "mypy", "--config-file", str(CONFIGURATION)]
    sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)


if __name__ == "__main__":
    main()
