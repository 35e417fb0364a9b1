"""python -m infra.app layer: builds the local cloud's layer, beside what a first deployment waits for anyway."""

import signal
import sys
from collections.abc import Sequence

from blueprint import settings as service_settings
from blueprint.declare import Declarations
from blueprint.packaging.build import Build


def main(declarations: Declarations, _: Sequence[str]) -> None:
    """Builds it unless it is there. Raises SettingsError or BuildError."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and so end what it runs, and clear what is unfinished
    build = Build(service_settings.load().service, aws_services=declarations.aws_services, for_this_machine=True)
    build.asset(build.layer())
