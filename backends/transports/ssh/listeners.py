"""Listening on this computer for a forward: on a port as ssh binds it, or on a socket's path."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pstui.backends.forwards import Place
from pstui.backends.places import expanded
from pstui.backends.transports.ssh.forward_options import ForwardOptions

#: connections that wait to be accepted (SSH_LISTEN_BACKLOG of OpenSSH)
BACKLOG = 128

Accept = Callable[[], asyncio.BaseProtocol]


@dataclass(slots=True)
class LocalListener:
    """What listens. ``close`` ends that and removes the socket's path."""

    servers: list[asyncio.AbstractServer] = field(default_factory=list)
    port: int = 0
    path: Path | None = None
    #: device and number of the file, to remove no other one
    made: tuple[int, int] = (0, 0)

    def close(self) -> None:
        for server in self.servers:
            server.close()
        if self.path is not None:
            with contextlib.suppress(OSError):
                found = self.path.lstat()
                if (found.st_dev, found.st_ino) == self.made:
                    self.path.unlink()


async def listen_on_port(place: Place, accept: Accept, options: ForwardOptions) -> LocalListener:
    """Listen on a port: at the loopback addresses, at those named, or at all where GatewayPorts says so.

    An address that this computer does not have is left out where another one is left, as with ssh; one that is in use
    is not. Raises OSError.
    """
    hosts = [place.host or None]
    if place.host is None:
        hosts = [None] if options.gateway_ports else ["127.0.0.1", "::1"]
    elif place.host in ("", "*"):
        hosts = [None]
    loop, listener, failed = asyncio.get_running_loop(), LocalListener(port=place.port), list[OSError]()
    for host in hosts:
        found = await loop.getaddrinfo(
            host, place.port, family=options.family, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, _, _, _, address in dict.fromkeys(found):
            try:
                bound = _bound(family, str(address[0]), listener.port, tuple(address[2:]))
                listener.servers.append(await loop.create_server(accept, sock=bound, backlog=BACKLOG))
                listener.port = int(bound.getsockname()[1])
            except OSError as error:
                failed.append(error)
                if error.errno == errno.EADDRINUSE:
                    listener.close()
                    raise OSError(error.errno, f"Port {listener.port} of this computer is in use") from error
    if not listener.servers:
        raise failed[0] if failed else OSError(errno.EADDRNOTAVAIL, "No address to listen at was found")
    return listener


def _bound(family: int, host: str, port: int, rest: tuple[object, ...]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name != "nt":  # there it would let others take the port away
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.setblocking(False)
        made.bind((host, port, *rest))
    except BaseException:
        made.close()
        raise
    return made


async def listen_on_path(path: str, accept: Accept, options: ForwardOptions) -> LocalListener:
    """Listen on a socket's path, made with the mode that StreamLocalBindMask leaves. Raises OSError."""
    made, listener = _bound_path(Path(path), options)
    server = await asyncio.get_running_loop().create_unix_server(accept, sock=made, backlog=BACKLOG)
    listener.servers.append(server)
    return listener


def _bound_path(path: Path, options: ForwardOptions) -> tuple[socket.socket, LocalListener]:
    if sys.platform == "win32":
        raise OSError("this system has no sockets with a path")
    file = expanded(path)
    if options.unlinks:
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(file.lstat().st_mode):
                file.unlink()
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        # The mask is the process's: whatever another thread makes just now is rather too private than too open.
        before = os.umask(options.mask)
        try:
            made.bind(str(file))
        finally:
            os.umask(before)
        found = file.lstat()
    except OSError as error:
        made.close()
        if error.errno == errno.EADDRINUSE:
            raise OSError(error.errno, f"{file} is there already; StreamLocalBindUnlink yes removes it") from error
        raise
    return made, LocalListener(path=file, made=(found.st_dev, found.st_ino))
