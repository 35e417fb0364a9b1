"""Runs a command, says how long it took, and fails when it took more processor time than it may.

    python scripts/budgeted.py CPU_SECONDS COMMAND ...

Processor time hardly depends on what else the machine does, unlike time by the clock.
"""

import argparse
import resource
import subprocess
import sys
from time import monotonic


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("budget", type=int, help="seconds of all processors together")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    start = monotonic()
    code = subprocess.run(arguments.command, check=False).returncode
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime
    print(
        f"{monotonic() - start:.0f} s by the clock, {cpu:.0f} s of processor time; the budget is {arguments.budget} s."
    )
    if code:
        sys.exit(code)
    if cpu > arguments.budget:
        sys.exit("error: That is more than the budget: mark what a change seldom breaks with `matrix`.")


if __name__ == "__main__":
    main()
