"""`make local`, `make watch` and `make local-stop`: python -m infra.local_cloud up|watch|down."""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import watchfiles

from infra import settings as service_settings
from infra.local_cloud import deployment, server
from infra.local_cloud.server import LocalCloudError
from infra.settings import LOCAL, ROOT, SettingsError

WATCHED = [ROOT / name for name in ("service", "infra", "service.toml", "pyproject.toml")]
WAITING = "Waiting for a change in service/, infra/, service.toml or pyproject.toml; Ctrl-C ends this."


@contextmanager
def _step(what: str) -> Iterator[None]:
    print(f"{what:<44}", end="", flush=True)
    start = monotonic()
    yield
    print(f"{monotonic() - start:6.1f} s", flush=True)


def _up() -> None:
    with server.exclusive():
        _start_and_deploy()


def _start_and_deploy() -> None:
    settings = service_settings.load()
    region = settings.environment(LOCAL).region
    running = server.running()
    if running is None:
        with _step("Starting the local cloud"):
            running = server.start(region)
    with _step(f"Preparing it for the CDK (port {running.port})"):
        deployment.bootstrap(running, region)
    with _step("Deploying the service"):
        outputs = deployment.deploy(running, settings)
        caller = deployment.create_caller(running, settings, outputs)
    print(deployment.instructions(settings, outputs, caller))


def _watch() -> None:
    """Deploys after each change; one that can't be deployed is reported, and the next change is waited for."""
    _up_or_report()
    print(WAITING, flush=True)
    for changes in watchfiles.watch(*WATCHED, raise_interrupt=False):
        print(f"\nChanged: {', '.join(sorted({str(Path(path).relative_to(ROOT)) for _, path in changes}))}")
        _up_or_report()
        print(WAITING, flush=True)


def _up_or_report() -> None:
    # In a process of its own, since this one has read the settings and the code as they were.
    subprocess.run([sys.executable, "-m", "infra.local_cloud", "up"], cwd=ROOT, check=False)


def _down() -> None:
    was_running = server.stop()
    for file in (deployment.OUTPUTS, deployment.CALLER):
        file.unlink(missing_ok=True)
    print("The local cloud has ended, with all that was in it." if was_running else "The local cloud isn't running.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.local_cloud", description="The cloud on this machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="start it if it isn't running, deploy the service, print its addresses")
    up.set_defaults(run=_up)
    watch = commands.add_parser("watch", help="do that, and again after each change of the service, until Ctrl-C")
    watch.set_defaults(run=_watch)
    down = commands.add_parser("down", help="end it; everything in it goes")
    down.set_defaults(run=_down)
    try:
        parser.parse_args().run()
    except (LocalCloudError, SettingsError) as error:
        sys.exit(f"\nerror: {error}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; `make local` goes on from here.")


if __name__ == "__main__":
    main()
