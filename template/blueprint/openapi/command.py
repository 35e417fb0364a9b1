"""`make openapi` and its part of `make check`: python -m infra.app openapi write|check. Needs no AWS and no network."""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from blueprint.declare import Declarations
from blueprint.openapi import events
from blueprint.openapi.breaking import breaking_changes, breaking_events
from blueprint.openapi.document import current
from blueprint.settings import ROOT, SettingsError

DOCUMENT = ROOT / "docs" / "openapi.json"
EVENTS = ROOT / "docs" / "events.json"
ACCEPTED = ROOT / "docs" / "openapi-accepted-breaks.txt"


def released(path: Path) -> tuple[str, str] | None:
    """The last release (the newest tag that the current commit comes from) and its document; None without one."""
    tag = _git("describe", "--tags", "--abbrev=0")
    document = _git("show", f"{tag}:./{path.relative_to(ROOT)}") if tag else None
    return (tag, document) if tag and document else None


def write(declarations: Declarations) -> None:
    _write(DOCUMENT, current(declarations))
    schemas = events.current(declarations)
    if schemas or EVENTS.exists():
        _write(EVENTS, schemas or events.NONE)


def check(declarations: Declarations) -> None:
    if not _check(DOCUMENT, current(declarations), breaking_changes, "the API breaks clients"):
        print("OpenAPI: there is no release to compare with.")
    schemas = events.current(declarations)
    if schemas or released(EVENTS):
        _check(EVENTS, schemas or events.NONE, breaking_events, "the events break those who react to those")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def _check(path: Path, text: str, breaks: Callable[[Any, Any], list[str]], what: str) -> bool:
    """Writes the document if it is missing, and compares it with the last release's; False when there is none.

    Ends the process with an error for a stale document and for breaks that nobody has accepted.
    """
    if not path.exists():
        _write(path, text)
        print(f"{_name(path)} is new: commit it.")
    elif path.read_text() != text:
        sys.exit(f"error: {_name(path)} is stale; run `make openapi` and commit it.")
    release = released(path)
    if release is None:
        return False
    tag, document = release
    accepted = set(ACCEPTED.read_text().splitlines()) if ACCEPTED.exists() else set()
    if found := [line for line in breaks(json.loads(document), json.loads(text)) if line not in accepted]:
        sys.exit(
            f"error: {what} of {tag}:\n"
            + "".join(f"  {line}\n" for line in found)
            + f"Take it back, or accept a break on purpose: add its line, as it stands here, to {_name(ACCEPTED)}."
        )
    return True


def _git(*arguments: str) -> str | None:
    try:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None


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
