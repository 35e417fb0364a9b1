"""The commands that need the team's declarations: python -m infra.app COMMAND."""

import argparse
import gc
import importlib
import sys

from blueprint.declare import Declarations
from blueprint.settings import PROGRAM

_MODULES = {
    "synth": "blueprint.synthesis",
    "addresses": "blueprint.addresses",
    "layer": "blueprint.packaging.command",
    "sbom": "blueprint.packaging.bill",
    "openapi": "blueprint.openapi.command",
    "documents": "blueprint.documents.command",
}


def run(declarations: Declarations) -> None:
    """Runs the command that the program's arguments name, without one the CDK app's synthesis."""
    parser = argparse.ArgumentParser(prog=f"python -m {PROGRAM}", description=__doc__.partition(":")[0] + ".")
    parser.add_argument("command", nargs="?", choices=_MODULES, default="synth", help="synth by default")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="the command's own")
    chosen = parser.parse_args()
    gc.disable()  # or a third of a command's time would go into searching for garbage in what it imports
    # Imported by name, so that no command waits for what another one imports.
    main = importlib.import_module(_MODULES[chosen.command]).main
    sys.exit(main(declarations, chosen.arguments))
