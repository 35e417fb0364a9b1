"""The processes that work beside a deployment: check of the handlers, build of the layer, synthesis, the CDK's own."""

import json
import os
import shutil
import subprocess
import sys
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from blueprint.local_cloud.server import FOLDER
from blueprint.settings import LOCAL, PROGRAM, ROOT

ASSEMBLY = FOLDER / "cdk.out"
SYNTHESIS_LOG = FOLDER / "synthesis.log"
SYNTHESISED = FOLDER / "synthesised"
CHECK_LOG = FOLDER / "check.log"


@contextmanager
def started(
    command: Sequence[str], log: Path, variables: Mapping[str, str], stdin: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """The command at work, which writes to the log. It ends with the block."""
    with log.open("a") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**_user(), **variables}, stdin=stdin, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def synthesis() -> AbstractContextManager[subprocess.Popen[bytes]]:
    """A process that has imported what the app needs, and synthesises it after `begin`."""
    context = [json.loads(file.read_text()) for file in (ROOT / "cdk.context.json",) if file.exists()]
    context += [json.loads((ROOT / "cdk.json").read_text()).get("context", {}), {"aws:cdk:enable-path-metadata": True}]
    variables = {
        "CDK_CONTEXT_JSON": json.dumps(dict(ChainMap(*context))),
        "CDK_OUTDIR": str(ASSEMBLY),
        # The checks of `make synth` and `make test`, which cost a deployment seconds.
        "CDK_VALIDATION": "false",
    }
    command = [sys.executable, "-m", "blueprint.local_cloud.synthesis"]
    return started(command, SYNTHESIS_LOG, variables, subprocess.PIPE)


def begin(synthesising: subprocess.Popen[bytes]) -> None:
    """Lets the synthesis begin: it reads the service as it is from now on."""
    shutil.rmtree(ASSEMBLY, ignore_errors=True)  # with the lock that an interrupted run may have left there
    SYNTHESISED.unlink(missing_ok=True)
    os.truncate(SYNTHESIS_LOG, 0)  # what the last one has said was to be read until now
    assert synthesising.stdin
    with suppress(BrokenPipeError):  # it has ended, and `deploy` says why
        synthesising.stdin.write(b"\n")
        synthesising.stdin.close()


def check() -> AbstractContextManager[subprocess.Popen[bytes]]:
    """A process that checks whether the handlers can start, and writes to `CHECK_LOG` what can't."""
    CHECK_LOG.write_bytes(b"")
    return started([sys.executable, "-m", "blueprint.preflight"], CHECK_LOG, {})


def layer() -> AbstractContextManager[subprocess.Popen[bytes]]:
    """A process that builds the layer, unless it is there; what goes wrong, the synthesis reports."""
    return started([sys.executable, "-m", PROGRAM, "layer"], Path(os.devnull), {})


def _user() -> dict[str, str]:
    """The variables that each of them gets: a user's, but for what would mislead it."""
    misleading = {"PYTHONDONTWRITEBYTECODE", "STACK_SUFFIX"}
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return {
        name: value
        for name, value in {**os.environ, "ENVIRONMENT": LOCAL, "NO_COLOR": "1", "PATH": path}.items()
        if not name.startswith(("AWS_", "CDK_")) and name not in misleading
    }
