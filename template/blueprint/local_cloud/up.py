"""`make local`: python -m infra.app local. Starts the local cloud if it isn't running, and deploys the service."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic

from blueprint import settings as service_settings
from blueprint.declare import Declarations
from blueprint.local_cloud import deployment, server
from blueprint.local_cloud.server import LocalCloudError
from blueprint.settings import LOCAL, SettingsError


@contextmanager
def _step(what: str) -> Iterator[None]:
    print(f"{what:<44}", end="", flush=True)
    start = monotonic()
    yield
    print(f"{monotonic() - start:6.1f} s", flush=True)


def _start_and_deploy(declarations: Declarations) -> None:
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
    print(deployment.instructions(declarations, settings, outputs, caller))


def main(declarations: Declarations, arguments: Sequence[str]) -> None:
    """Deploys the service and prints its addresses; ends the process with a sentence when that fails."""
    argparse.ArgumentParser(prog="python -m infra.app local", description=__doc__).parse_args(arguments)
    try:
        with server.exclusive():
            _start_and_deploy(declarations)
    except (LocalCloudError, SettingsError) as error:
        sys.exit(f"\nerror: {error}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; `make local` continues from here.")
