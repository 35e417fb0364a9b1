"""Measures what is uploaded for the functions: every function's start reads from it."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from blueprint import settings as service_settings
from blueprint.declare import Declarations
from blueprint.packaging.build import Build


@dataclass(frozen=True)
class Size:
    """The bytes of a folder's files."""

    unzipped: int
    zipped: int


def sizes(declarations: Declarations) -> dict[str, Size]:
    """The layer's size by Lambda's architectures, and that of the code."""
    service = service_settings.load().service
    builds = {
        architecture: Build(
            service.model_copy(update={"architecture": architecture}),
            aws_services=declarations.aws_services,
            for_this_machine=False,
        )
        for architecture in ("arm64", "x86_64")
    }
    layers = {f"layer, {architecture}": size(build.layer()) for architecture, build in builds.items()}
    return {**layers, "code": size(builds["arm64"].code())}


def size(folder: Path) -> Size:
    """The size of the folder, and of the zip that the CDK would make of it."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    with tempfile.TemporaryFile() as file:
        with ZipFile(file, "w", ZIP_DEFLATED) as archive:
            for path in files:
                archive.write(path, path.relative_to(folder))
        return Size(unzipped=sum(path.stat().st_size for path in files), zipped=file.tell())
