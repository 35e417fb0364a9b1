"""Runs the CDK app as the CDK's command line does, once there is a line on the standard input.

The command line takes a second to start, and this runs beside it. Until the line comes, it imports the packages that
the last synthesis has imported, which is half of the work: python -m blueprint.local_cloud.synthesis
"""

import gc
import importlib
import json
import runpy
import sys
from contextlib import suppress
from pathlib import Path

from blueprint.local_cloud.changes import CODE
from blueprint.local_cloud.server import FOLDER
from blueprint.settings import PROGRAM, ROOT

_IMPORTED = FOLDER / "imported.json"


def read() -> list[str]:
    """The files of the functions' code that the last synthesis has imported."""
    names: list[str] = json.loads(_IMPORTED.read_text())["code"]
    return names


def _imported() -> dict[str, list[str]]:
    """The loaded files of the code, relative to the root, and the loaded modules of packages."""
    code, packages = [], []
    for name, module in [*sys.modules.items()]:
        file = Path(getattr(module, "__file__", None) or "/")
        if not file.is_relative_to(ROOT) or file.is_relative_to(ROOT / ".venv"):
            packages.append(name)
        elif (path := str(file.relative_to(ROOT))).startswith(CODE):
            code.append(path)
    return {"code": sorted(code), "packages": packages}


def main() -> None:
    # The process is short, and searching the CDK's thousands of classes for garbage is a tenth of its time.
    gc.disable()
    with suppress(FileNotFoundError, json.JSONDecodeError):
        for name in json.loads(_IMPORTED.read_text())["packages"]:
            with suppress(ImportError):
                importlib.import_module(name)
    if sys.stdin.readline():
        try:
            runpy.run_module(PROGRAM, run_name="__main__", alter_sys=True)
        except SystemExit as end:
            if end.code:
                raise
        _IMPORTED.write_text(json.dumps(_imported()))


if __name__ == "__main__":
    main()
