"""A debugger as an editor drives it: debugpy's adapter, by the Debug Adapter Protocol."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SECONDS = 60


class Debugger:
    """A session of the adapter. https://microsoft.github.io/debug-adapter-protocol/specification"""

    def __init__(self, connection: socket.socket):
        self._connection, self._stream, self._number = connection, connection.makefile("rb"), 0

    def request(self, command: str, **arguments: Any) -> int:
        """Sends a request, and returns its number."""
        self._number += 1
        message = {"seq": self._number, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(message).encode()
        self._connection.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        return self._number

    def answer(self, command: str, **arguments: Any) -> dict[str, Any]:
        """What a request is answered with."""
        number = self.request(command, **arguments)
        message = next(each for each in self._messages() if each.get("request_seq") == number)
        assert message["success"], message
        found: dict[str, Any] = message.get("body", {})
        return found

    def event(self, name: str) -> dict[str, Any]:
        """What the next event of that name says."""
        message = next(each for each in self._messages() if each.get("event") == name)
        found: dict[str, Any] = message.get("body", {})
        return found

    def _messages(self) -> Iterator[dict[str, Any]]:
        while True:
            length = 0
            while header := self._stream.readline().strip():
                length = int(header.partition(b":")[2])
            assert length, "The adapter has ended."
            yield json.loads(self._stream.read(length))


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def attached(python: Path, configuration: dict[str, Any]) -> Iterator[Debugger]:
    """A debugger that was started with an editor's configuration of the kind `attach`."""
    port = free_port()
    adapter = subprocess.Popen([python, "-m", "debugpy.adapter", "--host", "127.0.0.1", "--port", str(port)])
    try:
        with _connection(port) as connection:
            debugger = Debugger(connection)
            debugger.answer("initialize", adapterID="debugpy", linesStartAt1=True, pathFormat="path")
            debugger.request("attach", **configuration)
            debugger.event("debugpyWaitingForServer")
            yield debugger
    finally:
        adapter.terminate()
        adapter.wait()


def _connection(port: int) -> socket.socket:
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
