"""The MiniStack server of this service: one process, in an environment of its own, on 127.0.0.1.

What is the service's lies in `.local/`: its log, its temporary folder, the port that it had last. The running server
holds a lock on `.local/server.lock`, so a server that has died leaves nothing behind that looks alive, and no other
process is ever taken for it. MiniStack's packages are in the user's cache, for all services: to install them, and to
compile what is imported of them, takes seconds.
"""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uv

from blueprint.packaging.once import made_once
from blueprint.settings import ROOT

FOLDER = ROOT / ".local"
PACKAGES = ("ministack==1.5.33", "cryptography==50.0.2")
"""MiniStack, and what it needs to verify the tokens of a Cognito user pool."""
ACCESS_KEY = "test"
"""Both the id and the secret of MiniStack's root access key."""
ACCOUNT = "000000000000"
_READY_SECONDS = 30
_STOP_SECONDS = 10

LOG = FOLDER / "server.log"
"""What the cloud itself has to say, and why a function can't start; the functions' own logs are in its CloudWatch."""
_STATE, _LOCK = FOLDER / "server.json", FOLDER / "server.lock"
_TEMPORARY = FOLDER / "tmp"


class LocalCloudError(Exception):
    """The local cloud can't do what was asked; the message says why and what to do."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def exclusive() -> Iterator[None]:
    """Lets one process at a time work on the local cloud; raises LocalCloudError when another one does."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "work.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalCloudError("Another `make local` is at work here; wait for it, then try again.") from None
        yield


def running() -> Server | None:
    """The server, or None when it isn't running.

    Raises LocalCloudError when LOCAL_PORT asks for another port, and when MiniStack's packages are gone under it.
    """
    state = _state()
    if not _is_locked() or "pid" not in state:
        return None
    server = Server(port=state["port"], pid=state["pid"])
    if not Path(state["python"]).exists():
        raise LocalCloudError(f"The local cloud has lost {state['python']}; run `make local-stop`, then `make local`.")
    if os.environ.get("LOCAL_PORT", str(server.port)) != str(server.port):
        raise LocalCloudError(f"The local cloud runs on port {server.port}; run `make local-stop` to move it.")
    return server


def start(region: str) -> Server:
    """Starts the server and waits until it is ready.

    The port is LOCAL_PORT's, else the one it had last, else a free one. Raises LocalCloudError when LOCAL_PORT
    is taken or the server doesn't get ready.
    """
    python = _install()
    port = _port()
    shutil.rmtree(_TEMPORARY, ignore_errors=True)
    _TEMPORARY.mkdir(parents=True)
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ},
        "AUTH": "true",
        "AWS_DEFAULT_REGION": region,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(_TEMPORARY / "state"),
        "TMPDIR": str(_TEMPORARY),
    }
    with _LOCK.open("a") as lock, LOG.open("w") as log:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen(
            [python, "-m", "ministack"],
            env=environment,
            cwd=_TEMPORARY,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[lock.fileno()],  # keeps the lock for as long as the server lives
        )
    server = Server(port=port, pid=process.pid)
    _STATE.write_text(json.dumps({"port": port, "pid": process.pid, "python": str(python)}))
    try:
        _wait_until_ready(server, process, python.parents[1])
    except BaseException:
        _end(process.pid)
        raise
    return server


def stop() -> bool:
    """Ends the server and removes its temporary folder; False when it wasn't running. Its port is remembered."""
    was_running, state = _is_locked(), _state()
    if was_running and "pid" in state:
        _end(state["pid"])
    if "port" in state:
        _STATE.write_text(json.dumps({"port": state["port"]}))
    shutil.rmtree(_TEMPORARY, ignore_errors=True)
    return was_running


def _is_locked() -> bool:
    """Whether a running server holds the lock."""
    FOLDER.mkdir(exist_ok=True)
    with _LOCK.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _state() -> dict[str, Any]:
    try:
        return dict(json.loads(_STATE.read_text()))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def _install() -> Path:
    """The Python of MiniStack's environment: of this interpreter's version, so that it takes the same wheels."""
    made_of = [*PACKAGES, sys.base_prefix, str(sysconfig.get_config_var("SOABI"))]
    name = hashlib.sha256("\n".join(made_of).encode()).hexdigest()[:16]

    def install(folder: Path) -> None:
        _uv("venv", "--quiet", "--clear", "--relocatable", "--python", sys.executable, str(folder))
        _uv("pip", "install", "--quiet", "--python", str(folder), *PACKAGES)

    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
        if not cache.is_absolute():  # as the specification has it: https://specifications.freedesktop.org/basedir/
            cache = Path.home().absolute() / ".cache"
        target = made_once(cache / "serverless-service-blueprint" / "local-cloud" / name, install)
    except (OSError, RuntimeError) as error:
        raise LocalCloudError(f"MiniStack can't be installed: {error}. XDG_CACHE_HOME names another folder.") from None
    python = target / "bin" / "python"
    if not python.exists():
        raise LocalCloudError(f"MiniStack's packages are damaged; delete {target}, then try again.")
    return python


def _uv(*arguments: str) -> None:
    result = subprocess.run([uv.find_uv_bin(), *arguments], capture_output=True, text=True, check=False)
    if result.returncode:
        raise LocalCloudError(f"MiniStack can't be installed:\n{result.stderr.strip()}")


def _port() -> int:
    """The port to listen on; says so when the remembered one is taken."""
    if wanted := os.environ.get("LOCAL_PORT"):
        if not wanted.isdecimal() or int(wanted) not in range(1, 65536):
            raise LocalCloudError(f"LOCAL_PORT is {wanted!r}; it must be a port, 1 to 65535.")
        if not _is_free(int(wanted)):
            raise LocalCloudError(
                f"Port {wanted} is in use by another program; set LOCAL_PORT to a free one, or leave it out."
            )
        return int(wanted)
    last: int | None = _state().get("port")
    if last and _is_free(last):
        return last
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
    if last:
        print(f"Port {last} is in use by another program now; taking {free}.", flush=True)
    return free


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _wait_until_ready(server: Server, process: subprocess.Popen[bytes], packages: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            damaged = f"If MiniStack's packages are damaged, delete {packages}."
            raise LocalCloudError(f"The local cloud ended at its start; its log, {LOG}, says:\n{tail(LOG)}\n{damaged}")
        try:
            with urllib.request.urlopen(f"{server.url}/_ministack/ready", timeout=1):  # noqa: S310
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.05)
    raise LocalCloudError(f"The local cloud isn't ready after {_READY_SECONDS} s; see {LOG}.")


def tail(log: Path) -> str:
    """The last lines of the log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-40:])


def _end(pid: int) -> None:
    """Ends the server by its process id; MiniStack may hang in its shutdown, so it is killed after a while."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline:
            if not _is_locked():
                return
            time.sleep(0.05)
