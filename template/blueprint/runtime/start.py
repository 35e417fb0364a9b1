"""How a function starts, as its environment variables say: docs/performance.md has each one's gain and risk."""

import gc
import os
import random
from collections.abc import Callable


def is_on(lever: str) -> bool:
    """Whether blueprint/packaging/levers.py has switched on the lever, an environment variable."""
    return os.environ.get(lever) == "true"


def begin() -> None:
    """Stops looking for garbage until `end`: most of what a start makes stays as long as the process."""
    if is_on("START_WITHOUT_GC"):
        gc.disable()
    # All environments that Lambda restores from one snapshot would draw the same numbers.
    _after_restore(random.seed)


def prime(fetch: Callable[[], object]) -> None:
    """Has `fetch` get, before there is a request, what the first one needs from AWS; it must not raise.

    It is called at once. Where Lambda takes a snapshot of the started function it is called after each restore
    instead, in the order of these calls: a token or a connection from before the snapshot would be stale.
    """
    if is_on("START_PRIMED") and not _after_restore(fetch):
        fetch()


def end() -> None:
    """Looks for garbage again, but not among what the start has made."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _after_restore(hook: Callable[[], object]) -> bool:
    """Registers what Lambda calls after it has restored the function from a snapshot; False where it takes none.

    https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
    """
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") != "snap-start":
        return False
    # Lambda has it, and nothing else does.
    from snapshot_restore_py import register_after_restore  # type: ignore[import-untyped]  # noqa: PLC0415

    register_after_restore(hook)
    return True
