"""Takes out of botocore's data in the layer what the functions never use, as levers.py says.

It is most of the layer's size, and part of it is read whenever a function starts.
"""

import gzip
import json
import re
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

AMAZON_ROOTS = "amazon-roots.pem"
"""The file in the layer with the root certificates of AWS's endpoints."""

# Those that AWS asks every client to trust: https://www.amazontrust.com/repository/
_ROOTS = (
    "Amazon Root CA 1",
    "Amazon Root CA 2",
    "Amazon Root CA 3",
    "Amazon Root CA 4",
    "Starfield Services Root Certificate Authority - G2",
)


_LINES = re.MULTILINE | re.DOTALL


def only_listed_services(data: Path, services: Collection[str]) -> None:
    """Leaves the data of these services: every session of botocore lists the folders of all."""
    for folder in data.iterdir():
        if folder.is_dir() and folder.name not in services:
            shutil.rmtree(folder)


def only_their_endpoints(data: Path, services: Collection[str]) -> None:
    """Leaves the endpoints of these services: every session of botocore reads the whole file."""
    prefixes = {_endpoint_prefix(data / name) for name in services}
    file = data / "endpoints.json"
    endpoints = json.loads(file.read_text())
    for partition in endpoints["partitions"]:
        partition["services"] = {name: value for name, value in partition["services"].items() if name in prefixes}
    _replace(file, _json(endpoints))


def without_documentation(data: Path, services: Collection[str]) -> None:
    """Takes the documentation out of these services' models: every client reads the whole model."""
    for name in services:
        for file in (data / name).glob("*/service-2.json.gz"):
            model = json.loads(gzip.decompress(file.read_bytes()), object_hook=_undocumented)
            _replace(file, gzip.compress(_json(model), mtime=0))


def amazon_roots(packages: Path, target: Path) -> None:
    """Writes the root certificates of AWS's endpoints, out of botocore's over a hundred, into the target file.

    Every client of botocore parses the whole file before its first request.
    """
    bundle = (packages / "botocore" / "cacert.pem").read_text()
    certificates = dict(re.findall(r'^# Label: "([^"\n]+)"$.+?(^-----BEGIN.+?END CERTIFICATE-----$)', bundle, _LINES))
    target.write_text("".join(f"# {name}\n{certificates[name]}\n" for name in _ROOTS))


def _endpoint_prefix(service: Path) -> str:
    """The name under which endpoints.json knows the service."""
    newest = max(service.glob("*/service-2.json.gz"))
    prefix: str = json.loads(gzip.decompress(newest.read_bytes()))["metadata"]["endpointPrefix"]
    return prefix


def _undocumented(value: dict[str, Any]) -> dict[str, Any]:
    # A member of a structure may be called documentation, too; it isn't text.
    if isinstance(value.get("documentation"), str):
        del value["documentation"]
    return value


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _replace(file: Path, content: bytes) -> None:
    """Writes a new file: the one in place may be a hard link into uv's cache."""
    file.unlink()
    file.write_bytes(content)
