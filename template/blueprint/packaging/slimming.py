"""Takes out of the layer what the functions never read: botocore's data of the AWS services that they don't call.

It is most of the layer's size, and part of it is read whenever a function starts.
"""

import gzip
import json
import re
import shutil
from collections.abc import Collection
from pathlib import Path

# Those that AWS asks every client to trust: https://www.amazontrust.com/repository/
_ROOTS = (
    "Amazon Root CA 1",
    "Amazon Root CA 2",
    "Amazon Root CA 3",
    "Amazon Root CA 4",
    "Starfield Services Root Certificate Authority - G2",
)


_LINES = re.MULTILINE | re.DOTALL


class UnknownServiceError(Exception):
    """botocore has no AWS service of this name."""


def slim_botocore(packages: Path, services: Collection[str]) -> None:
    """Leaves botocore, in the folder with the installed packages, the data of the services alone.

    Raises UnknownServiceError for a service that botocore doesn't know.
    """
    data = packages / "botocore" / "data"
    known = {folder.name for folder in data.iterdir() if folder.is_dir()}
    if unknown := set(services) - known:
        raise UnknownServiceError(
            f"service/aws_services.py lists {', '.join(sorted(unknown))}, which botocore doesn't know."
        )
    for name in known - set(services):
        shutil.rmtree(data / name)
    _slim_endpoints(data / "endpoints.json", {_endpoint_prefix(data / name) for name in services})


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


def _slim_endpoints(path: Path, prefixes: Collection[str]) -> None:
    endpoints = json.loads(path.read_text())
    for partition in endpoints["partitions"]:
        partition["services"] = {name: value for name, value in partition["services"].items() if name in prefixes}
    # A new file: the one in place may be a hard link into uv's cache.
    path.unlink()
    path.write_text(json.dumps(endpoints, separators=(",", ":")))
