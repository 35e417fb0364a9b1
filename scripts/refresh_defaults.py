"""Writes the default render of a file beside its template, so that template/ runs as it is (`make fix`)."""

import shutil
import tempfile
from pathlib import Path

import copier

BLUEPRINT = Path(__file__).parents[1]
FILES = ("pyproject.toml", "service.toml")

with tempfile.TemporaryDirectory() as folder:
    copier.run_copy(str(BLUEPRINT), folder, defaults=True, overwrite=True, quiet=True, vcs_ref="HEAD")
    for name in FILES:
        shutil.copyfile(Path(folder) / name, BLUEPRINT / "template" / name)
