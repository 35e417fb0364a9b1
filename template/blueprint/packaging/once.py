"""What several processes may need at the same time, and one of them makes."""

import fcntl
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path


def made_once(target: Path, make: Callable[[Path], None]) -> Path:
    """The folder, which `make` has filled while it was empty if it wasn't there yet; what fails leaves nothing.

    Whoever needs one of the same parent in the meantime waits. Raises what `make` raises, and OSError.
    """
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.parent.with_suffix(".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"\nWaiting for another process, which is at work in {target.parent}", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            for left_over in target.parent.glob(".unfinished-*"):  # by a process that was killed
                shutil.rmtree(left_over, ignore_errors=True)
            with tempfile.TemporaryDirectory(dir=target.parent, prefix=".unfinished-") as folder:
                unfinished = Path(folder) / "build"
                unfinished.mkdir()
                make(unfinished)
                unfinished.rename(target)
    return target
