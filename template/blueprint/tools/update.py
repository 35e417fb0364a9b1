"""`make update` and `make update-check`: what a newer version of the blueprint brings.

    python blueprint/tools/update.py [OPTION ...]      updates; options as for `copier update`
    python blueprint/tools/update.py check             says whether there is a newer version, and fails if there is
    python blueprint/tools/update.py summary           updates for a pull request, and writes build/update.md

Exit codes: 0 when nothing is left to do, 1 when something is in the way, 3 when the update waits for a hand.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

COPIER = "copier==9.19.1"
ROOT = Path(__file__).parents[2]
SUMMARY = ROOT / "build" / "update.md"
CHANGELOG = "blueprint/docs/blueprint-changelog.md"
ANSWERS = ".copier-answers.yml"
UNTRUSTED = 4
"""Copier's exit code when an update would run code: https://copier.readthedocs.io/en/stable/configuring/#unsafe"""

IN_SERVICE_TOML = {
    "service_name": "[service] name",
    "service_description": "[service] description",
    "owner": "[service] owner",
    "repository": "[service] repository",
    "environments": "the tables [environments.NAME]",
    "waf": "waf of the production environment",
    "authorization": "[service] authorization",
    "region": "[service] region",
    "python_version": "[service] python",
    "architecture": "[service] architecture",
    "alarm_email": "[service] alarm_email",
}
"""The answers that service.toml, which is the team's and left alone, holds too."""


class UpdateError(Exception):
    """The update can't go on; the message says why and what to do."""

    exit_code = 1


class UnfinishedError(UpdateError):
    """The update is in the working tree, and needs a hand."""

    exit_code = 3


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["check"]:
        current, newest = versions()
        if current == newest:
            print(f"The service is at the blueprint's newest version, {current}.")
            return
        raise UpdateError(f"The service is at {current} of the blueprint; {newest} is there. Run `make update`.")
    if arguments[:1] == ["summary"]:
        summarise()
    else:
        update(arguments)


def versions() -> tuple[str, str]:
    """The version of the blueprint that the service has, and the newest one."""
    found = copier("check-update", "--output-format", "json", capture=True)
    if unknown := re.search(r"Unknown revision: '(.*)'", found.stderr):
        raise UpdateError(
            f"The blueprint has no {unknown[1]}, from which this service was rendered; "
            f"write the nearest version that it has, such as v1.2.3, into {ANSWERS}, _commit."
        )
    if found.returncode not in (0, 2):
        raise UpdateError(f"The blueprint can't be asked for its versions: {_reason(found.stderr)}")
    answer = json.loads(found.stdout)
    return answer["current_version"], answer["latest_version"]


def update(options: list[str]) -> None:
    require_clean_tree()
    current, newest = versions()
    if current == newest and not options:
        print(f"The service is at the blueprint's newest version, {current}; there is nothing to update.")
        return
    print(f"From {current} of the blueprint to {newest}", flush=True)
    interactive = ["--skip-answered"] if sys.stdin.isatty() else ["--defaults"]
    result = copier("update", "--conflict", "inline", *interactive, *options)
    if result.returncode == UNTRUSTED:
        raise UpdateError(
            "This update runs the blueprint's migration scripts, since it crosses a version that moves files of yours. "
            'Read them in its folder hooks/, then: make update OPTIONS="--trust"'
        )
    if result.returncode:
        raise UpdateError(f"{_reason(result.stderr)}\n{RESTORE}")
    print(result.stderr, file=sys.stderr, end="")
    report()
    conflicts = sorted(set(git("diff", "--name-only", "--diff-filter=U").splitlines()))
    if conflicts:
        raise UnfinishedError(
            "Your edits and the blueprint's meet in the same lines of:\n"
            + "".join(f"  {name}\n" for name in conflicts)
            + f"Choose between the markers <<<<<<< and >>>>>>>, `git add` each, then run `make check`. {RESTORE}"
        )
    # What is generated from the blueprint's part changes with it; `git diff` shows how.
    if subprocess.run(["make", "dev", "openapi", "documents", "check"], cwd=ROOT, check=False).returncode:
        raise UnfinishedError(f"The update is there, but `make check` fails; see above. {RESTORE}")
    print("\nThe update is there and checked. Next: `git diff`, `make test`, and a commit.")


def summarise() -> None:
    """Updates, conflicts included, and tells the workflow's next step (GITHUB_OUTPUT) what came of it."""
    result = subprocess.run(
        [sys.executable, "-u", __file__], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    print(result.stdout)
    if result.returncode not in (0, UnfinishedError.exit_code):
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
        unfinished = str(result.returncode != 0).lower()
        with Path(os.environ["GITHUB_OUTPUT"]).open("a") as outputs:
            outputs.write(f"summary={SUMMARY.relative_to(ROOT)}\nunfinished={unfinished}\n")


RESTORE = "To have everything as it was: git reset --hard && git clean -fd"


def require_clean_tree() -> None:
    """Raises UpdateError where an update could not be taken back."""
    try:
        changed = git("status", "--porcelain")
    except subprocess.CalledProcessError:
        raise UpdateError("An update needs a git repository: git init && git add --all && git commit.") from None
    if changed:
        raise UpdateError(f"Commit your changes first, or stash them, so that an update can be taken back:\n{changed}")


def report() -> None:
    """Says what has come, and what it leaves to the team."""
    news = _added(CHANGELOG)
    if news:
        print("\nWhat is new in the blueprint:\n" + "\n".join(f"  {line}" for line in news))
    answers = sorted({line.partition(":")[0] for line in _added(ANSWERS)} & set(IN_SERVICE_TOML))
    if answers:
        print("\nservice.toml is yours and was left alone. Answers have changed: make it say the same in")
        for name in answers:
            print(f"  {IN_SERVICE_TOML[name]}")
    gone = git("diff", "--name-only", "--diff-filter=D", "HEAD", "--", "infra/configuration").splitlines()
    for name in gone:
        print(f"\n{name} is gone with its environment; to keep what you wrote there: git restore --source HEAD {name}")


def copier(command: str, *arguments: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
    """Runs Copier, in an environment of its own that uv keeps."""
    return subprocess.run(
        ["uv", "tool", "run", "--quiet", "--python", sys.executable, "--from", COPIER, "copier", command, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE if capture else None,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def _added(name: str) -> list[str]:
    """The lines that the update has put into the file."""
    lines = git("diff", "--unified=0", "HEAD", "--", name).splitlines()
    return [line[1:] for line in lines if line.startswith("+") and not line.startswith("+++")]


def _reason(output: str) -> str:
    """The last line that a program has printed, which names what went wrong."""
    return output.strip().splitlines()[-1] if output.strip() else "no reason was given."


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except UpdateError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
