"""Python loads this before the function that `make debug` named: it connects the process to the debugger."""

import json
import os
import sys
from pathlib import Path


def _connect(port: int) -> None:
    root = Path(__file__).parents[3]
    # The process runs a copy of the files in which the breakpoints are, from the folder that it is in.
    os.environ["PATHS_FROM_ECLIPSE_TO_PYTHON"] = json.dumps([[str(root), str(Path.cwd())]])
    packages = f"{root}/.venv/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    sys.path.append(packages)
    try:
        import debugpy  # noqa: PLC0415

        debugpy.connect(("127.0.0.1", port))
        debugpy.wait_for_client()
    except OSError:
        print(f"No debugger listens on 127.0.0.1:{port}, so this process stops at no breakpoint.", file=sys.stderr)
    finally:
        # The function is to find what is in its layer, and nothing else.
        sys.path.remove(packages)


_connect(int(os.environ["DEBUG_PORT"]))
