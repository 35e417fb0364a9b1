"""Times the way of a user: from the question to the first order, and from a saved line to its answer."""

import contextlib
import io
import os
import platform
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import monotonic, sleep
from typing import Any

import copier
import demo

from benchmarks.rendered import BLUEPRINT, SERVICE, BenchError, run, runtime

_MODEL = SERVICE / "service" / "models" / "input.py"
_RESOURCES = SERVICE / "infra" / "resources.py"
_ROUNDS = 3
_TIMEOUT_SECONDS = 120


class Steps:
    """The seconds of each step, and those that the processors spent on it: of this process and of those it ran."""

    def __init__(self) -> None:
        self.measured: dict[str, dict[str, float]] = {}

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        start, cpu = monotonic(), _cpu()
        yield
        self.measured[name] = {"s": monotonic() - start, "cpu": _cpu() - cpu}

    def repeated(self, name: str, act: Callable[[int], None]) -> None:
        """The median of some rounds, each with a number of its own; the spare processes settle in between."""
        rounds = []
        for _ in range(_ROUNDS):
            sleep(4)
            with self.step(name):
                act(_next_count())
            rounds.append(self.measured[name])
        self.measured[name] = {key: median(one[key] for one in rounds) for key in ("s", "cpu")}


def measure() -> dict[str, Any]:
    """Seconds by step, the caches of uv, npm, jsii and the local cloud being warm, and the machine and its load."""
    if SERVICE.exists():
        run("make", "local-stop")
        shutil.rmtree(SERVICE)
    steps, before = Steps(), os.getloadavg()[0]
    with steps.step("copier copy"):
        copier.run_copy(
            str(BLUEPRINT), SERVICE, data={"python_version": runtime()}, defaults=True, quiet=True, vcs_ref="HEAD"
        )
    with steps.step("make dev: the packages and the CDK"):
        run("make", "dev")
    with steps.step("make local: the local cloud, and the service on it"):
        run("make", "local")
    with steps.step("the first order: a cold start"):
        _order({"customer_name": "Ada", "order_item_count": 3})
    total = {key: sum(one[key] for one in steps.measured.values()) for key in ("s", "cpu")}
    steps.measured["from copier copy to the first order"] = total
    with steps.step("make local, nothing being changed"):
        run("make", "local")
    steps.repeated("a line of code, make local, its answer", lambda count: _answer(count, deploy="local"))
    steps.repeated("a line of code and one of infra/, make local, the answer", _both_by_hand)
    with _watch():
        steps.repeated("a line of code, its answer under make watch", _answer)
        steps.repeated("a line of code and one of infra/, the answer under make watch", _both)
    return {"machine": _machine(), "load": [before, os.getloadavg()[0]], "steps": steps.measured}


def _answer(count: int, *, deploy: str = "", infrastructure: bool = False) -> None:
    """Saves a default that the answer shows, and waits until it does."""
    if infrastructure:
        _RESOURCES.write_text(_RESOURCES.read_text() + f"# {count}\n")
    text = _MODEL.read_text().partition("Field(strict=True)]")
    _MODEL.write_text(f"{text[0]}{text[1]} = {count}\n{text[2].partition(chr(10))[2]}")
    if deploy:
        run("make", deploy)
    deadline = monotonic() + _TIMEOUT_SECONDS
    while monotonic() < deadline:
        # While the service is being deployed, its addresses are not known, or its functions are updated.
        with contextlib.suppress(OSError, ValueError):
            if _order({"customer_name": "Ada"})["item_count"] == count:
                return
        sleep(0.1)  # to ask without a pause would keep a processor from what is measured
    raise BenchError(f"The change is not answered after {_TIMEOUT_SECONDS} s.")


def _both_by_hand(count: int) -> None:
    _answer(count, deploy="local", infrastructure=True)


def _both(count: int) -> None:
    _answer(count, infrastructure=True)


def _order(body: dict[str, Any]) -> dict[str, Any]:
    with contextlib.redirect_stdout(io.StringIO()):
        return demo.call(SERVICE, "POST", "/api/orders", body)


def _next_count() -> int:
    """A number that no round has had."""
    _counts.append(len(_counts) + 2)
    return _counts[-1]


_counts: list[int] = []


@contextlib.contextmanager
def _watch() -> Iterator[None]:
    """`make watch` at work, once it waits for a change."""
    log = SERVICE.with_suffix(".watch.log")
    with log.open("w") as file:
        process = subprocess.Popen(
            ["make", "watch"],
            cwd=SERVICE,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = monotonic() + _TIMEOUT_SECONDS
        while "Waiting for a change" not in log.read_text():
            if monotonic() > deadline:
                raise BenchError(f"`make watch` doesn't wait for a change:\n{log.read_text()}")
            sleep(0.1)
        yield
    finally:
        # An interrupt is ignored where this was started in the background of a script.
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _cpu() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    return f"{processor}, {os.cpu_count()} CPUs, {platform.system()}, CPython {platform.python_version()}"
