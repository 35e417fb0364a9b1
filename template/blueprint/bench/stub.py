"""AWS in another process, over TLS: it answers at once, so that what is measured is the function's own work."""

import json
import queue
import ssl
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any, TypeAlias

import trustme

_Calls: TypeAlias = "Queue[str]"


class Stub:
    """The running stub: its address, and the calls that it has had."""

    def __init__(self, url: str, ca: Path, calls: _Calls):
        self.url, self.ca = url, ca
        self._calls = calls

    def calls(self) -> Counter[str]:
        """How often each operation was called since this was last asked."""
        calls: Counter[str] = Counter()
        while True:
            try:
                calls[self._calls.get(timeout=0.2)] += 1
            except queue.Empty:
                return calls

    def trusted_with(self, bundle: Path, folder: Path) -> Path:
        """A file with the bundle's certificates and the stub's own."""
        file = folder / f"with-{bundle.name}"
        file.write_bytes(bundle.read_bytes() + self.ca.read_bytes())
        return file


@contextmanager
def running(answers: Mapping[str, Any], folder: Path) -> Iterator[Stub]:
    """A stub of DynamoDB, with these answers by operation, and of AppConfig; its certificates are in the folder."""
    ca = trustme.CA()
    certificate, key = folder / "server.pem", folder / "ca.pem"
    ca.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    ca.cert_pem.write_to_path(str(key))
    context = get_context("spawn")
    ports: Queue[int] = context.Queue()
    calls: _Calls = context.Queue()
    process = context.Process(target=_serve, args=(dict(answers), certificate, ports, calls), daemon=True)
    process.start()
    try:
        yield Stub(f"https://localhost:{ports.get(timeout=120)}", key, calls)
    finally:
        process.terminate()
        process.join(timeout=10)


def _serve(answers: dict[str, Any], certificate: Path, ports: "Queue[int]", calls: _Calls) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            target = self.headers.get("X-Amz-Target")
            if target is None:
                self._answer("StartConfigurationSession", {"InitialConfigurationToken": "token"}, status=201)
            else:
                operation = target.partition(".")[2]
                self._answer(operation, answers.get(operation, {}))

        def do_GET(self) -> None:
            self._answer("GetLatestConfiguration", {}, headers={"Next-Poll-Configuration-Token": "token"})

        def _answer(
            self, operation: str, body: dict[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
        ) -> None:
            calls.put(operation)
            content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**(headers or {}), "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            # A probe ends as a function's process does: without a farewell to those it is connected to.
            if not isinstance(sys.exception(), ConnectionError):
                super().handle_error(request, client_address)

    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    ports.put(server.server_port)
    server.serve_forever()
