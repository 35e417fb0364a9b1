"""`make update`, `make update-check`, `make update-summary`: bring a newer version of the blueprint into the service.

    python -m blueprint.update [OPTION ...]      updates; --help explains the options
    python -m blueprint.update check             says whether there is a newer version, and fails if there is
    python -m blueprint.update summary           updates for a pull request, and writes build/update.md

Exit codes: 0 when nothing is left to do, 1 when something is in the way, 3 when the update waits for a hand.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from blueprint.update.origin import Origin, numbers
from blueprint.update.repository import ROOT, UpdateError, git
from blueprint.update.twin import Twin

SUMMARY = ROOT / "build" / "update.md"
CHANGELOG = "blueprint/docs/blueprint-changelog.md"
STACK = {"service_name", "region"}
"""The answers that say which stack it is."""
RESTORE = "To have everything as it was: git reset --hard && git clean -fd"


def update(options: argparse.Namespace) -> None:
    require_clean_tree()
    origin = Origin(options.answers_file)
    newest, major = origin.newer()
    if major and (newest or options.within_major):
        print(f"{major} is another major version. It comes by a `make update` of its own, and needs a hand.")
    version = newest or ("" if options.within_major else major) or origin.version
    if version == origin.version and not options.data:
        print(f"The service is at {version} of the blueprint; there is nothing to update.")
        return
    print(f"From {origin.version} of the blueprint to {version}", flush=True)
    with tempfile.TemporaryDirectory(prefix="blueprint-") as folder:
        bring_in(origin, version, options, Path(folder).resolve())
    # What is generated from the blueprint's part changes with it; `git diff` shows how.
    if subprocess.run(["make", "dev", "openapi", "documents", "check"], cwd=ROOT, check=False).returncode:
        raise UpdateError(f"The update is complete, but `make check` fails; see above. {RESTORE}", 3)
    print("\nThe update is complete and checked. Next: `git diff`, `make test`, and a commit.")


def require_clean_tree() -> None:
    """Raises UpdateError where an update could not be taken back."""
    git("version")  # which says so where there is no git
    try:
        changes = git("status", "--porcelain", "--untracked-files=all")
        git("rev-parse", "--verify", "HEAD")
    except UpdateError as error:
        raise UpdateError(f"An update needs a git repository with a commit: {error}") from None
    if changes:
        raise UpdateError(f"Commit your changes first, or stash them, so that an update can be taken back:\n{changes}")


def bring_in(origin: Origin, version: str, options: argparse.Namespace, folder: Path) -> None:
    """Merges that version. Raises UpdateError, with exit code 1 where nothing was changed."""
    clone, prefix = origin.clone(version, folder), git("rev-parse", "--show-prefix").rstrip("\n")
    crossed = [
        script
        for script in sorted(folder.glob("hooks/v*.py"), key=lambda script: numbers(script.stem))
        if numbers(origin.version) < numbers(script.stem) <= numbers(version)
    ]
    if crossed and not options.trust:
        names = ", ".join(f"hooks/{script.name}" for script in crossed)
        raise UpdateError(f"The blueprint's {names} moves files of yours: read it, then make update OPTIONS=--trust")
    old, new = (folder / each / prefix for each in ("old", "new"))
    with ThreadPoolExecutor() as pool:
        before = pool.submit(origin.render, clone, origin.version, old)
        changed = origin.render(clone, version, new, *(f"--data={each}" for each in options.data))
        before.result()
    if STACK & changed:
        raise UpdateError(
            "Another service_name or region is another stack, with empty tables: blueprint/docs/deploying.md"
        )
    twin = Twin(old, new, origin.file)
    twin.require_room()
    migrate(crossed, "before")
    conflicts, explanation = twin.merge(origin.version, version)
    migrate(crossed, "after")
    added = git("diff", "--no-ext-diff", "--unified=0", "HEAD", "--", CHANGELOG).splitlines()
    if news := [line[1:] for line in added if line.startswith("+") and not line.startswith("+++")]:
        print("\nWhat is new in the blueprint:\n" + "\n".join(f"  {line}" for line in news))
    if ours := sorted(changed - {"ai_dlc"}):
        print(f"\nAnswers have changed. service.toml is yours: make it say the same of {', '.join(ours)}.")
    if left_over := twin.left_over():
        print(f"\nYours, and no longer rendered; delete what you don't need: {', '.join(left_over)}")
    if conflicts:
        raise UpdateError(
            "Your edits and the blueprint's meet in:\n"
            + "".join(f"  {name}\n" for name in conflicts)
            + f"{explanation}\nChoose between the markers <<<<<<< and >>>>>>>, or between the files, and `git add` or "
            + f"`git rm` each; then run `make check`. {RESTORE}",
            3,
        )


def migrate(scripts: list[Path], stage: str) -> None:
    for script in scripts:
        environment = {**os.environ, "STAGE": stage}
        if subprocess.run([sys.executable, str(script)], cwd=ROOT, env=environment, check=False).returncode:
            raise UpdateError(f"hooks/{script.name} has failed; see above. {RESTORE}")


def summarise(options: argparse.Namespace) -> None:
    """Updates within the major version, conflicts included, and tells the workflow's next steps what came of it."""
    command = [sys.executable, "-u", "-m", "blueprint.update", "--within-major", "--answers-file", options.answers_file]
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(result.stdout)
    if result.returncode not in (0, 3):
        raise UpdateError("The update has failed; see above.")
    # A commit can't hold files that are still unmerged; with their markers in them, they fail the checks.
    git("add", "--all")
    workflows = git("diff", "--cached", "--name-only", "--", ".github/workflows")
    if workflows and os.environ.get("MAY_CHANGE_WORKFLOWS") == "false":
        raise UpdateError(
            f"The update changes workflows, which GitHub lets no workflow's own token do:\n{workflows}"
            "Run `make update` yourself, or give the job an app that may: blueprint/docs/pipelines.md."
        )
    SUMMARY.parent.mkdir(exist_ok=True)
    SUMMARY.write_text(f"```text\n{result.stdout}```\n")
    if "GITHUB_OUTPUT" in os.environ:
        major = re.search(r"^(v\S+) is another major version", result.stdout, re.MULTILINE)
        with Path(os.environ["GITHUB_OUTPUT"]).open("a") as outputs:
            outputs.write(f"summary={SUMMARY.relative_to(ROOT)}\nunfinished={str(result.returncode != 0).lower()}\n")
            outputs.write(f"major={major[1] if major else ''}\n")


def check(options: argparse.Namespace) -> None:
    origin = Origin(options.answers_file)
    if newer := " and ".join(filter(None, origin.newer())):
        raise UpdateError(f"The service is at {origin.version} of the blueprint; {newer} is available: `make update`.")
    print(f"The service is at the blueprint's newest version, {origin.version}.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make update", description="Options go into OPTIONS='...'.")
    parser.add_argument("command", nargs="?", choices=("check", "summary"), help=argparse.SUPPRESS)
    parser.add_argument("--data", action="append", default=[], metavar="NAME=VALUE", help="give another answer")
    parser.add_argument("--answers-file", "-a", default=".copier-answers.yml", metavar="FILE", help="of this service")
    parser.add_argument("--trust", action="store_true", help="run the blueprint's scripts that move files of yours")
    parser.add_argument("--within-major", action="store_true", help="leave out a new major version")
    options = parser.parse_args()
    try:
        {"check": check, "summary": summarise}.get(options.command, update)(options)
    except UpdateError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
