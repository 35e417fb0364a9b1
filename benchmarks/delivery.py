"""Times the way of a user: from the question to the first order, and again after a change."""

import shutil
from time import monotonic

import copier
import demo

from benchmarks.rendered import BLUEPRINT, SERVICE, run, runtime

_CHANGED = SERVICE / "service" / "models" / "metrics.py"


def measure() -> dict[str, float]:
    """Seconds by step, the caches of uv, npm and jsii being warm."""
    if SERVICE.exists():
        run("make", "local-stop")
        shutil.rmtree(SERVICE)
    seconds: dict[str, float] = {}
    start = last = monotonic()

    def done(step: str) -> None:
        nonlocal last
        seconds[step], last = monotonic() - last, monotonic()

    copier.run_copy(
        str(BLUEPRINT), SERVICE, data={"python_version": runtime()}, defaults=True, quiet=True, vcs_ref="HEAD"
    )
    done("copier copy")
    run("make", "dev")
    done("make dev: the packages and the CDK")
    run("make", "local")
    done("make local: the local cloud, and the service on it")
    demo.call(SERVICE, "POST", "/api/orders", {"customer_name": "Ada", "order_item_count": 3})
    done("the first order: a cold start")
    seconds["from copier copy to the first order"] = last - start
    _CHANGED.write_text(_CHANGED.read_text() + "# changed\n")
    run("make", "local")
    done("make local again, after a change of one line")
    return seconds
