"""`make openapi` and its part of `make check`: python -m infra.openapi write|check. Needs no AWS and no network."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from infra.openapi.breaking import breaking_changes
from infra.openapi.document import current
from infra.settings import ROOT, SettingsError

DOCUMENT = ROOT / "docs" / "openapi.json"
ACCEPTED = ROOT / "docs" / "openapi-accepted-breaks.txt"


def released() -> tuple[str, str] | None:
    """The last release (the newest tag that the current commit comes from) and its document; None without one."""
    tag = _git("describe", "--tags", "--abbrev=0")
    document = _git("show", f"{tag}:./{DOCUMENT.relative_to(ROOT)}") if tag else None
    return (tag, document) if tag and document else None


def write() -> None:
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(current())


def check() -> None:
    if not DOCUMENT.exists():
        write()
        print(f"{_name(DOCUMENT)} is new: commit it.")
    elif DOCUMENT.read_text() != current():
        sys.exit(f"error: {_name(DOCUMENT)} is stale; run `make openapi` and commit it.")
    release = released()
    if release is None:
        print("OpenAPI: there is no release to compare with.")
        return
    tag, document = release
    accepted = set(ACCEPTED.read_text().splitlines()) if ACCEPTED.exists() else set()
    breaks = [line for line in breaking_changes(json.loads(document), json.loads(current())) if line not in accepted]
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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.openapi", description="The OpenAPI document in docs/.")
    parser.add_argument("command", choices=["write", "check"])
    try:
        {"write": write, "check": check}[parser.parse_args().command]()
    except SettingsError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
