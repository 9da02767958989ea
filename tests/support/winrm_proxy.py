"""A forward proxy on the loopback for tests: CONNECT tunnels and plain http, with Basic authentication if asked."""

from __future__ import annotations

import base64
import contextlib
import re
import selectors
import socket
import socketserver
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PROXY_FIELD = re.compile(rb"\r\nproxy-[^\r]*", re.IGNORECASE)


class Proxy:
    """A running proxy: ``port``, and the targets that clients asked for, each once a request."""

    def __init__(self, user: str = "", password: str = "") -> None:
        self.asked: list[str] = []
        self.refused = 0
        self._expected = base64.b64encode(f"{user}:{password}".encode()) if user else b""
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError, ValueError):
                    proxy.serve(self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        """The proxy's address."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Take no more connections."""
        self._server.shutdown()
        self._server.server_close()

    def serve(self, client: socket.socket) -> None:
        """Serve one connection; what it is connected to stays the same, as NTLM needs it."""
        upstream: socket.socket | None = None
        with client.makefile("rb") as reader:
            while head := _head(reader):
                method, target, _ = head.split(b" ", 2)
                self.asked.append(f"{method.decode()} {target.decode()}")
                if self._expected and b" " + self._expected + b"\r\n" not in head:
                    self.refused += 1
                    reader.read(_length(head))
                    client.sendall(
                        b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="test"\r\n'
                        b"Content-Length: 0\r\n\r\n"
                    )
                    continue
                if method == b"CONNECT":
                    host, _, port = target.decode().rpartition(":")
                    tunnel = self._reached(client, host, int(port))
                    if tunnel is None:
                        continue
                    with tunnel:
                        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                        _tunnel(client, tunnel)
                    return
                url = urlsplit(target.decode())
                if upstream is None:
                    body = reader.read(_length(head))
                    upstream = self._reached(client, url.hostname or "", url.port or 80)
                    if upstream is None:
                        continue
                    upstream.settimeout(None)
                else:
                    body = reader.read(_length(head))
                path = (url.path or "/") + (f"?{url.query}" if url.query else "")
                plain = _PROXY_FIELD.sub(b"", head.replace(target, path.encode(), 1))
                upstream.sendall(plain + body)
                with upstream.makefile("rb", buffering=0) as answers:
                    answer = _head(answers)
                    client.sendall(answer + _exactly(answers, _length(answer)))
        if upstream is not None:
            upstream.close()

    @staticmethod
    def _reached(client: socket.socket, host: str, port: int) -> socket.socket | None:
        """Return a connection to where the client wants to go, or tell it that there is none."""
        try:
            return socket.create_connection((host, port), 10)
        except OSError:
            client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return None


def _head(reader: Any) -> bytes:
    """Read as far as the empty line; ``b""`` at the end of the connection."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = reader.readline(65536)
        if not line:
            return b""
        head += line
    return head


def _length(head: bytes) -> int:
    found = _LENGTH.search(head)
    return int(found[1]) if found else 0


def _exactly(reader: Any, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = reader.read(size - len(data))
        if not part:
            raise ValueError("the answer is incomplete")
        data += part
    return data


def _tunnel(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until one side ends."""
    with selectors.DefaultSelector() as waiting:
        waiting.register(one, selectors.EVENT_READ, other)
        waiting.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in waiting.select():
                data = key.fileobj.recv(65536)  # type: ignore[union-attr]  # both are sockets
                if not data:
                    return
                key.data.sendall(data)


@contextlib.contextmanager
def running_proxy(user: str = "", password: str = "") -> Iterator[Proxy]:
    """Run a proxy for the block."""
    proxy = Proxy(user, password)
    try:
        yield proxy
    finally:
        proxy.stop()
