"""`make watch` and `make local-stop`: python -m blueprint.local_cloud watch|down.

Neither needs the team's declarations, so both work while an edit of theirs is broken.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import watchfiles

from blueprint.local_cloud import deployment, server
from blueprint.local_cloud.server import LocalCloudError
from blueprint.settings import PROGRAM, ROOT

WATCHED = [ROOT / name for name in ("service", "infra", "blueprint", "service.toml", "pyproject.toml")]
WAITING = "Waiting for a change in service/, infra/, blueprint/, service.toml or pyproject.toml; Ctrl-C ends this."


def _watch() -> None:
    """Deploys after each change; one that can't be deployed is reported, and the next change is waited for."""
    _up_or_report()
    print(WAITING, flush=True)
    for changes in watchfiles.watch(*WATCHED, raise_interrupt=False):
        print(f"\nChanged: {', '.join(sorted({str(Path(path).relative_to(ROOT)) for _, path in changes}))}")
        _up_or_report()
        print(WAITING, flush=True)


def _up_or_report() -> None:
    # In a process of its own, since the declarations and the code have changed.
    subprocess.run([sys.executable, "-m", PROGRAM, "local"], cwd=ROOT, check=False)


def _down() -> None:
    was_running = server.stop()
    for file in (deployment.OUTPUTS, deployment.CALLER):
        file.unlink(missing_ok=True)
    print("The local cloud has ended, with all that was in it." if was_running else "The local cloud isn't running.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m blueprint.local_cloud", description="The cloud on this machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    watch = commands.add_parser("watch", help="deploy the service after each change of it, until Ctrl-C")
    watch.set_defaults(run=_watch)
    down = commands.add_parser("down", help="end the local cloud; everything in it goes")
    down.set_defaults(run=_down)
    try:
        parser.parse_args().run()
    except LocalCloudError as error:
        sys.exit(f"\nerror: {error}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; `make local` continues from here.")


if __name__ == "__main__":
    main()
