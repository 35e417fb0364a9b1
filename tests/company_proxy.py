"""A company's proxy: it opens TLS, and signs what it passes on by a root of its own."""

import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme


class Proxy(ThreadingHTTPServer):
    """The running proxy. `clients` are the programs that it has served, by their User-Agent: pip, uv, npm, ..."""

    daemon_threads = True

    def __init__(self, authority: trustme.CA):
        super().__init__(("127.0.0.1", 0), _Outside)
        self.clients: set[str] = set()
        self.context = cache(lambda host: _context(authority, host))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: Any) -> None:
        """A client that ends its connection is no news."""


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def log_message(self, *_: Any) -> None: ...


class _Outside(_Quiet):
    """What a client first asks for: a tunnel."""

    def do_CONNECT(self) -> None:
        host = self.path.rpartition(":")[0]
        self.send_response(200)
        self.end_headers()
        with self.server.context(host).wrap_socket(self.connection, server_side=True) as inside:
            type("Inside", (_Inside,), {"host": host})(inside, self.client_address, self.server)
        self.close_connection = True

    # Plain HTTP is answered with 501: nobody needs it here, and above all not the local cloud.


class _Inside(_Quiet):
    """The requests in the tunnel, which are passed on one by one."""

    host: str

    def _pass_on(self) -> None:
        self.server.clients.add(self.headers.get("User-Agent", "").partition("/")[0])
        upstream = http.client.HTTPSConnection(self.host, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        upstream.request(self.command, self.path, body or None, headers)
        answer = upstream.getresponse()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"connection", "transfer-encoding", "server", "date"}:
                self.send_header(name, value)
        # Its end is that of the connection, where the length isn't known.
        self.send_header("Connection", "close")
        self.end_headers()
        while chunk := answer.read(1 << 16):
            self.wfile.write(chunk)
        upstream.close()
        self.close_connection = True

    do_GET = do_HEAD = do_POST = _pass_on  # noqa: N815


def _context(authority: trustme.CA, host: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    return context


@contextmanager
def running(authority: trustme.CA) -> Iterator[Proxy]:
    with Proxy(authority) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
