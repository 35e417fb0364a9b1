"""`make local`, `make watch` and `make local-stop`: python -m blueprint.local_cloud up|watch|down."""

import argparse
import subprocess
import sys

from blueprint.local_cloud import changes, deployment, server
from blueprint.local_cloud.server import LocalCloudError
from blueprint.local_cloud.up import up, up_at_a_line
from blueprint.packaging.build import BuildError
from blueprint.settings import ROOT, SettingsError

WAITING = "Waiting for a change; Ctrl-C ends this."
_COMMAND = (sys.executable, "-m", "blueprint.local_cloud")


def _watch() -> None:
    """Deploys after each change; one that can't be deployed is reported, and the next change is waited for."""
    import watchfiles  # noqa: PLC0415 - the other commands need not wait for it

    files = changes.snapshot()
    subprocess.run([*_COMMAND, "up"], cwd=ROOT, check=False)
    next_up = _start_at_a_line()
    print(WAITING, flush=True)
    # With a time-out, so that nothing is missed that changes during a deployment.
    for _ in watchfiles.watch(*changes.watched(), raise_interrupt=False, yield_on_timeout=True):
        before, files = files, changes.snapshot()
        changed = changes.changed(before, files)
        if not changed:
            continue
        print(f"\nChanged: {', '.join(changed)}", flush=True)
        if any("/" not in name or str(ROOT / name) in _own_modules() for name in changed):
            # Something that the process has imported, or read, beforehand.
            next_up.communicate()
            next_up = _start_at_a_line()
        next_up.communicate(b"\n")
        next_up = _start_at_a_line()
        print(WAITING, flush=True)
    next_up.communicate()


def _start_at_a_line() -> subprocess.Popen[bytes]:
    # In a process of its own, since the declarations and the code will have changed.
    return subprocess.Popen([*_COMMAND, "at-a-line"], cwd=ROOT, stdin=subprocess.PIPE)


def _own_modules() -> set[str]:
    return {str(getattr(module, "__file__", None)) for module in [*sys.modules.values()]}


def _down() -> None:
    was_running = server.stop()
    changes.forget()
    for file in (deployment.OUTPUTS, deployment.CALLER):
        file.unlink(missing_ok=True)
    print("The local cloud has ended, with all that was in it." if was_running else "The local cloud isn't running.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m blueprint.local_cloud", description="The cloud on this machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    up_ = commands.add_parser("up", help="start it if it isn't running, deploy what has changed, print its addresses")
    up_.add_argument("--brief", action="store_true", help="print no addresses")
    up_.set_defaults(run=lambda arguments: up(brief=arguments.brief))
    at_a_line = commands.add_parser("at-a-line", help="do that briefly, after a line on the standard input")
    at_a_line.set_defaults(run=lambda _: up_at_a_line())
    watch = commands.add_parser("watch", help="do that, and again after each change of the service, until Ctrl-C")
    watch.set_defaults(run=lambda _: _watch())
    down = commands.add_parser("down", help="end it; everything in it goes")
    down.set_defaults(run=lambda _: _down())
    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except (LocalCloudError, SettingsError, BuildError) as error:
        sys.exit(f"\nerror: {error}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; `make local` continues from here.")


if __name__ == "__main__":
    main()
