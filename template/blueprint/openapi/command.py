"""`make openapi` and its part of `make check`: python -m infra.app openapi write|check. Needs no AWS and no network."""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from blueprint.declare import Declarations
from blueprint.openapi.breaking import breaking_changes
from blueprint.openapi.document import current
from blueprint.settings import ROOT, SettingsError

DOCUMENT = ROOT / "docs" / "openapi.json"
ACCEPTED = ROOT / "docs" / "openapi-accepted-breaks.txt"


def released() -> tuple[str, str] | None:
    """The last release (the newest tag that the current commit comes from) and its document; None without one."""
    tag = _git("describe", "--tags", "--abbrev=0")
    document = _git("show", f"{tag}:./{DOCUMENT.relative_to(ROOT)}") if tag else None
    return (tag, document) if tag and document else None


def write(declarations: Declarations) -> None:
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(current(declarations))


def check(declarations: Declarations) -> None:
    text = current(declarations)
    if not DOCUMENT.exists():
        write(declarations)
        print(f"{_name(DOCUMENT)} is new: commit it.")
    elif DOCUMENT.read_text() != text:
        sys.exit(f"error: {_name(DOCUMENT)} is stale; run `make openapi` and commit it.")
    release = released()
    if release is None:
        print("OpenAPI: there is no release to compare with.")
        return
    tag, document = release
    accepted = set(ACCEPTED.read_text().splitlines()) if ACCEPTED.exists() else set()
    breaks = [line for line in breaking_changes(json.loads(document), json.loads(text)) if line not in accepted]
    if breaks:
        sys.exit(
            f"error: the API breaks clients of {tag}:\n"
            + "".join(f"  {line}\n" for line in breaks)
            + f"Take it back, or accept a break on purpose: add its line, as it stands here, to {_name(ACCEPTED)}."
        )


def _git(*arguments: str) -> str | None:
    try:
        result = subprocess.run(
            ["git", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return None
    return result.stdout.strip() if result.returncode == 0 else None


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def main(declarations: Declarations, arguments: Sequence[str]) -> None:
    """Writes the document, or checks it; ends the process with a sentence when that fails."""
    parser = argparse.ArgumentParser(prog="python -m infra.app openapi", description="The OpenAPI document in docs/.")
    parser.add_argument("command", choices=["write", "check"])
    try:
        {"write": write, "check": check}[parser.parse_args(arguments).command](declarations)
    except SettingsError as error:
        sys.exit(f"error: {error}")
