"""Brings the local cloud up to date, by as little as that takes: nothing, the functions' code alone, or a deployment.

It needs no declarations, and so imports neither the team's modules nor the CDK: a synthesis is a process of its own.
"""

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import monotonic

from blueprint import settings as service_settings
from blueprint.local_cloud import beside, changes, deployment, server, synthesis
from blueprint.local_cloud.server import LocalCloudError, Server
from blueprint.packaging.build import Build
from blueprint.settings import LOCAL, PROGRAM, ROOT, Settings

_QUIET_SECONDS = 2
_CHECK_SECONDS = 60


@contextmanager
def _step(what: str) -> Iterator[None]:
    print(f"{what:<44}", end="", flush=True)
    start = monotonic()
    yield
    print(f"{monotonic() - start:6.1f} s", flush=True)


def up(*, brief: bool, at_hand: subprocess.Popen[bytes] | None = None) -> None:
    """Deploys what has changed, and starts the local cloud if it isn't running; prints the addresses unless `brief`.

    `at_hand` is a synthesis that has been prepared, to be used if there must be one. Raises LocalCloudError,
    SettingsError or BuildError.
    """
    with server.exclusive(), beside.check() as checking:
        settings, now, running = service_settings.load(), changes.snapshot(), server.running()
        if running:
            deployment.reach(running, settings.environment(LOCAL).region)
        last = changes.last() if running and not os.environ.get("AT_ONCE") else None
        if running and last and last.has_infrastructure_of(now):
            code = _code(settings)
            _wait_for(checking)
            if deployment.sha256(code) == last.code:
                print("The local cloud is up to date: nothing has changed since the last deployment.", flush=True)
            else:
                _update_code(last, code)
                return
        else:
            with nullcontext(at_hand) if at_hand else beside.synthesis() as synthesising:
                beside.begin(synthesising)
                code = _code(settings)
                _wait_for(checking)
                _deploy(settings, now, running, synthesising, code)
        if not brief:
            subprocess.run([sys.executable, "-m", PROGRAM, "addresses"], cwd=ROOT, check=False)


def up_at_a_line() -> None:
    """Does that briefly after a line on the standard input, and has imported all that it takes by then."""
    # The first requests after the last deployment come first.
    select.select([sys.stdin], [], [], _QUIET_SECONDS)
    with beside.synthesis() as at_hand:
        if sys.stdin.readline():
            up(brief=True, at_hand=at_hand)


def _wait_for(checking: subprocess.Popen[bytes]) -> None:
    """Raises LocalCloudError when a handler can't start, after the reasons."""
    try:
        if checking.wait(_CHECK_SECONDS):
            print(beside.CHECK_LOG.read_text(errors="replace"), end="", file=sys.stderr)
            raise LocalCloudError("Nothing was deployed: what runs is as it was.")
    except subprocess.TimeoutExpired:
        raise LocalCloudError(
            f"The handlers are not imported after {_CHECK_SECONDS} s, so nothing was deployed; "
            "`python -m blueprint.preflight` imports them, and shows where one waits."
        ) from None


def _code(settings: Settings) -> Path:
    build = Build(settings.service, aws_services=(), for_this_machine=True)
    return build.asset(build.code())


def _update_code(last: changes.Deployed, code: Path) -> None:
    """Does with the functions what a deployment of other code would do."""
    with _step(f"Updating the code of {len(deployment.functions())} functions"):
        changes.forget()
        deployment.update_code(code)
        changes.remember(changes.Deployed(last.files, deployment.sha256(code)))


def _deploy(
    settings: Settings,
    now: dict[str, str],
    running: Server | None,
    synthesising: subprocess.Popen[bytes],
    code: Path,
) -> None:
    changes.forget()
    region = settings.environment(LOCAL).region
    # A first synthesis would build the layer after its imports; now it finds it there, or waits for it.
    with beside.layer() if running is None else nullcontext():
        if running is None:
            deployment.CALLER.unlink(missing_ok=True)  # of a server that has died
            with _step("Starting the local cloud"):
                running = server.start(region)
            deployment.reach(running, region)
        with _step(f"Preparing it for the CDK (port {running.port})"):
            deployment.bootstrap(running, region)
        with _step("Deploying the service"):
            deployment.deploy(running, settings, synthesising)
            deployment.create_caller(settings)
            # CloudFormation may hold the very code that an update has replaced, and then changes nothing.
            deployment.update_code(code)
    changes.remember(changes.Deployed(changes.infrastructure(now, synthesis.read()), deployment.sha256(code)))
