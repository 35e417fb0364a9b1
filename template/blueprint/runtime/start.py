"""How a function starts, as its environment variables say: docs/performance.md has each one's gain and risk."""

import gc
import os

PRIMED = os.environ.get("START_PRIMED") == "true"
"""Whether what the first request needs from AWS is fetched, and connected to, before there is one."""


def begin() -> None:
    """Stops looking for garbage until `end`: what a start makes is there to stay."""
    if os.environ.get("START_WITHOUT_GC") == "true":
        gc.disable()


def end() -> None:
    """Looks for garbage again, but not among what is there already."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
