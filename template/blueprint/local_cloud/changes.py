"""What has changed since the last deployment onto the local cloud: nothing, the functions' code alone, or more."""

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from blueprint.local_cloud.server import FOLDER
from blueprint.packaging.build import is_source
from blueprint.settings import ROOT

CODE = ("service/", "blueprint/runtime/")
"""Where the functions' code lies, which can be updated without the CDK."""
_RECORD = FOLDER / "deployed.json"
# Neither deployed nor read by what deploys. Whatever else a team has may be: an asset of its own, say.
_OUTSIDE = {"tests", "docs", "aidlc-docs", "build", "node_modules", "Makefile", "zensical.toml"}


@dataclass(frozen=True)
class Deployed:
    """The last deployment that has ended well."""

    files: dict[str, str]  # that the infrastructure was made from, each with its hash
    code: str  # the SHA-256 of the functions' code, as Lambda gives it

    def has_infrastructure_of(self, now: Mapping[str, str]) -> bool:
        """Whether the files, as `snapshot` gives them, make the same infrastructure."""
        return self.files == infrastructure(now, [name for name in self.files if name.startswith(CODE)])


def snapshot() -> dict[str, str]:
    """All files that a deployment may depend on, each with its hash; and the Python that deploys."""
    return {"python": sys.version} | {
        str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest()
        for top in watched()
        for path in ([top] if top.is_file() else sorted(top.rglob("*")))
        if path.is_file() and is_source(path)
    }


def watched() -> list[Path]:
    """The files and folders of the root that a deployment may depend on."""
    found = (path for path in sorted(ROOT.iterdir()) if path.name not in _OUTSIDE and path.suffix != ".md")
    return [path for path in found if is_source(path)]


def infrastructure(files: Mapping[str, str], read: Iterable[str]) -> dict[str, str]:
    """Those that the infrastructure is made from: all but the modules of the code that no synthesis has `read`."""
    left_out = {name for name in files if name.startswith(CODE) and name.endswith(".py")} - set(read)
    return {name: digest for name, digest in files.items() if name not in left_out}


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The names of the files that differ, are new or have gone."""
    return sorted(name for name in {*before, *now} if before.get(name) != now.get(name))


def last() -> Deployed | None:
    """The last deployment, or None when there is none, or when it didn't end."""
    try:
        return Deployed(**json.loads(_RECORD.read_text()))
    except (FileNotFoundError, json.JSONDecodeError, TypeError):
        return None


def remember(deployed: Deployed) -> None:
    _RECORD.write_text(json.dumps(asdict(deployed), indent=2))


def forget() -> None:
    """Before anything is deployed: should that be interrupted, the next deployment is a whole one."""
    _RECORD.unlink(missing_ok=True)
