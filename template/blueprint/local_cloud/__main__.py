"""`make local`, `make watch` and `make local-stop`: python -m blueprint.local_cloud up|watch|down."""

import argparse
import os
import subprocess
import sys
from contextlib import ExitStack

from botocore.exceptions import BotoCoreError, ClientError

from blueprint.local_cloud import beside, changes, deployment, server
from blueprint.local_cloud.server import LocalCloudError
from blueprint.local_cloud.up import up
from blueprint.packaging.build import BuildError
from blueprint.settings import SettingsError

_QUIET_SECONDS = 2


def _watch(*, brief: bool) -> None:
    """Deploys after each change; one that can't be deployed is reported, and the next change is waited for."""
    import watchfiles  # noqa: PLC0415 - the other commands need not wait for it

    files = changes.snapshot()
    _try(brief=brief)
    with ExitStack() as stack:
        at_hand = _wait(stack)
        # With a time-out, so that nothing is missed that changes during a deployment.
        for _ in watchfiles.watch(*changes.watched(), raise_interrupt=False, yield_on_timeout=True):
            before, files = files, changes.snapshot()
            if not (changed := changes.changed(before, files)):
                continue
            print(f"\nChanged: {', '.join(changed)}", flush=True)
            if any("/" not in name or name.startswith("blueprint/") for name in changed):
                # Something that this process has imported, or read, beforehand.
                stack.close()
                command = [sys.executable, "-m", "blueprint.local_cloud", "watch", "--brief"]
                os.execv(sys.executable, command)  # noqa: S606 - this very command
            _try(brief=True, at_hand=at_hand)
            stack.close()
            at_hand = _wait(stack)


def _wait(stack: ExitStack) -> subprocess.Popen[bytes]:
    """Prepares the next synthesis, after the first requests that follow a deployment."""
    at_hand = stack.enter_context(beside.synthesis(_QUIET_SECONDS))
    print("Waiting for a change; Ctrl-C ends this.", flush=True)
    return at_hand


def _try(*, brief: bool, at_hand: subprocess.Popen[bytes] | None = None) -> bool:
    try:
        up(brief=brief, at_hand=at_hand)
    except (LocalCloudError, SettingsError, BuildError, OSError, BotoCoreError, ClientError) as error:
        print(f"\nerror: {error}", file=sys.stderr, flush=True)
        return False
    return True


def _down() -> None:
    was_running = server.stop()
    changes.forget()
    for file in (deployment.OUTPUTS, deployment.CALLER):
        file.unlink(missing_ok=True)
    print("The local cloud has ended, with all that was in it." if was_running else "The local cloud isn't running.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m blueprint.local_cloud", description="The cloud on this machine.")
    parser.add_argument("command", choices=["up", "watch", "down"], help="deploy what has changed, and start it before")
    parser.add_argument("--brief", action="store_true", help="print no addresses")
    chosen = parser.parse_args()
    try:
        match chosen.command:
            case "up":
                sys.exit(not _try(brief=chosen.brief))
            case "watch":
                _watch(brief=chosen.brief)
            case "down":
                _down()
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; `make local` continues from here.")


if __name__ == "__main__":
    main()
