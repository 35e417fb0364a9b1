"""The size of what is uploaded for the functions: every function's start reads from it."""

import tempfile
from pathlib import Path
from shutil import make_archive
from typing import NamedTuple


class Size(NamedTuple):
    """The bytes of a folder's files."""

    unzipped: int
    zipped: int


def size(folder: Path) -> Size:
    """The size of the folder, and of the zip that the CDK would make of it."""
    with tempfile.TemporaryDirectory() as name:
        archive = Path(make_archive(f"{name}/layer", "zip", folder))
        files = (path for path in folder.rglob("*") if path.is_file())
        return Size(sum(path.stat().st_size for path in files), archive.stat().st_size)
