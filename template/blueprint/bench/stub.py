"""AWS on this machine, over TLS: it answers at once, so that what is measured is the function's own work."""

import json
import ssl
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import trustme


class Stub(ThreadingHTTPServer):
    """DynamoDB, with these answers by operation, and AppConfig."""

    daemon_threads = True

    def __init__(self, answers: Mapping[str, Any]):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = answers
        self.calls: Counter[str] = Counter()
        """How often each operation was called."""
        self.url = f"https://localhost:{self.server_port}"
        authority = trustme.CA()
        self.certificate = authority.cert_pem.bytes()
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(tls)
        self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A probe ends as a function's process does: without a farewell to those it is connected to.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def running(answers: Mapping[str, Any]) -> Iterator[Stub]:
    """A stub that answers until the context ends."""
    with Stub(answers) as stub:
        Thread(target=stub.serve_forever, daemon=True).start()
        try:
            yield stub
        finally:
            stub.shutdown()


class _Handler(BaseHTTPRequestHandler):
    server: Stub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if target := self.headers.get("X-Amz-Target"):
            operation = target.partition(".")[2]
            self._answer(operation, self.server.answers.get(operation, {}))
        else:
            self._answer("StartConfigurationSession", {"InitialConfigurationToken": "token"}, status=201)

    def do_GET(self) -> None:
        self._answer("GetLatestConfiguration", {}, {"Next-Poll-Configuration-Token": "token"})

    def _answer(
        self, operation: str, body: dict[str, Any], headers: Mapping[str, str] | None = None, *, status: int = 200
    ) -> None:
        self.server.calls[operation] += 1
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass
