"""What answers on a port: looked at after an opening failed, to say which of HTTP and HTTPS is meant there.

``patience`` is how many seconds each step may take.
"""

from __future__ import annotations

import socket
import ssl

from pstui.backends.transports.wsman import faults
from pstui.backends.transports.wsman.way import Dialler


def speaks_http(host: str, port: int, way: Dialler | None, patience: float) -> bool:
    """Whether plain HTTP answers on a port that was taken for HTTPS. Blocks."""
    try:
        with _made(host, port, way, patience) as sock:
            sock.sendall(b"OPTIONS * HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % host.encode("idna"))
            return sock.recv(5) == b"HTTP/"
    except (OSError, UnicodeError, faults.NetworkFailure):
        return False


def speaks_tls(host: str, port: int, way: Dialler | None, patience: float) -> bool:
    """Whether TLS answers on a port that was taken for HTTP; nothing is proved by it. Blocks."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with _made(host, port, way, patience) as sock, context.wrap_socket(sock, server_hostname=host):
            return True
    except (OSError, ValueError, faults.NetworkFailure):
        return False


def _made(host: str, port: int, way: Dialler | None, patience: float) -> socket.socket:
    if way is None:
        return socket.create_connection((host, port), patience)
    made = way.dial(host, port, patience)
    made.settimeout(patience)
    return made
