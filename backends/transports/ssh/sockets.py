"""A TCP connection to the first address of a host that answers."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Sequence

from pstui.backends.errors import OpenError
from pstui.backends.transports.ssh.failures import no_answer
from pstui.backends.transports.streams import printable

#: seconds between the attempts to connect to the addresses of one name (RFC 8305 recommends 250 ms)
STAGGER = 0.25

AddressInfo = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int] | tuple[str, int, int, int]]


async def look_up_name(host: str, port: int, family: int) -> list[AddressInfo]:
    """Return the addresses of a host. Raises OpenError."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        shown = printable(host)
        if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
            raise OpenError(
                f"{shown}: the name could not be looked up",
                "The name server did not answer.",
                "Check the network connection and the DNS settings of this computer.",
            ) from error
        raise OpenError(
            f"{shown}: the name is not known",
            f"No address was found for it ({getattr(error, 'strerror', None) or error}).",
            "Check the spelling, or give an address, or add it to ~/.ssh/config or the hosts file.",
        ) from error
    return [info for info in found if isinstance(info[4][0], str)]  # type: ignore[misc]  # never the bytes form here


def set_service(made: socket.socket, service: int) -> None:
    """Give what a socket sends a class of service (IPQoS). Where the system does not, nothing else is different."""
    with contextlib.suppress(OSError):
        if made.family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, service)
        else:
            made.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, service)


async def open_socket(host: str, port: int, addresses: Sequence[AddressInfo], bind: str) -> socket.socket:
    """Return a socket connected to the first address that answers. Raises OpenError with the likeliest reason."""
    attempts: set[asyncio.Task[socket.socket]] = set()
    failures: list[OSError] = []
    waiting = list(addresses)
    try:
        while waiting or attempts:
            if waiting:
                attempts.add(asyncio.ensure_future(_connect(waiting.pop(0), bind)))
            done, attempts = await asyncio.wait(
                attempts, timeout=STAGGER if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            winner: socket.socket | None = None
            for attempt in done:
                error = attempt.exception()
                if isinstance(error, OSError):
                    failures.append(error)
                elif error is not None:
                    raise error
                elif winner is None:
                    winner = attempt.result()
                else:
                    attempt.result().close()
            if winner is not None:
                return winner
    finally:
        await _drop(attempts)
    raise no_answer(host, port, failures)


async def _connect(address: AddressInfo, bind: str) -> socket.socket:
    family, kind, protocol, _, target = address
    made = socket.socket(family, kind, protocol)
    try:
        made.setblocking(False)
        if bind:
            made.bind((bind, 0))
        await asyncio.get_running_loop().sock_connect(made, target)
    except BaseException:
        made.close()
        raise
    return made


async def _drop(attempts: set[asyncio.Task[socket.socket]]) -> None:
    for attempt in attempts:
        attempt.cancel()
    for result in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(result, socket.socket):
            result.close()
