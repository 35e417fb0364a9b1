"""`make update` and `make update-check`: bring a newer version of the blueprint into the service.

Exit codes: 0 when nothing is left to do, 1 when something is in the way, 3 when something is left to do by hand.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from blueprint.update.origin import Origin
from blueprint.update.repository import ROOT, Twin, UpdateError, git

CHANGELOG = "blueprint/docs/blueprint-changelog.md"
RESTORE = "To have everything as it was: git reset --hard && git clean -fd"


def update(options: argparse.Namespace, folder: Path) -> str:
    """Updates the service, or says whether it could be; returns what is left to do by hand.

    Raises UpdateError when something is in the way.
    """
    changes = git("status", "--porcelain", "--untracked-files=all")
    if changes and not options.check:
        raise UpdateError(f"Commit your changes first, or stash them, so that an update can be taken back:\n{changes}")
    origin = Origin(options.answers_file, folder)
    newest, major = origin.newer()
    if options.check and (newest or major):
        raise UpdateError(f"The service is at {origin.version} of the blueprint; {newest or major} is available.")
    if major and (newest or options.within_major):
        print(f"{major} is another major version. It comes by a `make update` of its own, and needs a hand.")
        major = ""
    if not (newest or major or options.data):
        print(f"The service is at {origin.version} of the blueprint; there is nothing to update.")
        return ""
    changed, conflicts = merge(origin, newest or major or origin.version, options, folder)
    added = git("diff-index", "--unified=0", "HEAD", "--", CHANGELOG).splitlines()
    if news := [line[1:] for line in added if line.startswith("+") and not line.startswith("+++")]:
        print("\nWhat is new in the blueprint:\n" + "\n".join(f"  {line}" for line in news))
    if ours := sorted(changed - {"ai_dlc"}):
        print(f"\nAnswers have changed. service.toml is yours: make it say the same of {', '.join(ours)}.")
    if conflicts:
        return (
            f"Your edits and the blueprint's meet in:\n{conflicts}\nChoose between the markers <<<<<<< and >>>>>>>, or "
            f"between the files, and `git add` or `git rm` each; then run `make check`. {RESTORE}"
        )
    # What is generated from the blueprint's part changes with it; `git diff` shows how.
    if subprocess.run(["make", "dev", "openapi", "documents", "check"], cwd=ROOT, check=False).returncode:
        return f"The update is complete, but `make check` fails; see above. {RESTORE}"
    print("\nThe update is complete and checked. Next: `git diff`, `make test`, and a commit.")
    return ""


def merge(origin: Origin, version: str, options: argparse.Namespace, folder: Path) -> tuple[set[str], str]:
    """Merges that version; returns the answers that have changed, and the conflicts."""
    print(f"From {origin.version} of the blueprint to {version}", flush=True)
    scripts = origin.migrations(version)
    if scripts and not options.trust:
        names = ", ".join(f"hooks/{script.name}" for script in scripts)
        raise UpdateError(f"The blueprint's {names} moves files of yours: read it, then make update OPTIONS=--trust")
    old, new = (folder / each / git("rev-parse", "--show-prefix").rstrip("\n") for each in ("old", "new"))
    origin.render(origin.version, old)
    changed = origin.render(version, new, *(f"--data={each}" for each in options.data))
    if {"service_name", "region"} & changed:
        raise UpdateError("Another name or region is another stack, with empty tables: blueprint/docs/deploying.md")
    Twin(old, new, origin.file)  # which refuses what it has to before a script moves anything
    migrate(scripts, "before")
    twin = Twin(old, new, origin.file)
    conflicts = twin.merge()
    migrate(scripts, "after")
    if twin.left_over:
        print(f"\nYours, and no longer rendered; delete what you don't need: {', '.join(twin.left_over)}")
    return changed, conflicts


def migrate(scripts: list[Path], stage: str) -> None:
    for script in scripts:
        environment = {**os.environ, "STAGE": stage}
        if subprocess.run([sys.executable, str(script)], cwd=ROOT, env=environment, check=False).returncode:
            raise UpdateError(f"hooks/{script.name} has failed; see above. {RESTORE}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make update", description="Options go into OPTIONS='...'.")
    parser.add_argument("--check", action="store_true", help="only say whether there is a newer version")
    parser.add_argument("--data", action="append", default=[], metavar="NAME=VALUE", help="give another answer")
    parser.add_argument("--answers-file", "-a", default=".copier-answers.yml", metavar="FILE", help="of this service")
    parser.add_argument("--trust", action="store_true", help="run the blueprint's scripts that move files of yours")
    parser.add_argument("--within-major", action="store_true", help="leave out a new major version")
    try:
        with tempfile.TemporaryDirectory(prefix="blueprint-") as folder:
            left = update(parser.parse_args(), Path(folder).resolve())
    except FileNotFoundError as error:
        sys.exit(f"error: An update needs {error.filename}, which is not installed.")
    except UpdateError as error:
        sys.exit(f"error: {error}")
    if left:
        print(f"error: {left}", file=sys.stderr)
        sys.exit(3)


if __name__ == "__main__":
    main()
