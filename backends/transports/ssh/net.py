"""The way to an SSH port: the name looked up, a TCP connection to one of its addresses, or a proxy command."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
from collections.abc import Sequence

from pstui.backends.errors import OpenError
from pstui.backends.transports.texts import LineTail, printable

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
                "Check the network connection and the DNS settings of this machine.",
            ) from error
        raise OpenError(
            f"{shown}: the name is not known",
            f"No address was found for it ({getattr(error, 'strerror', None) or error}).",
            "Check the spelling, or give an address, or add it to ~/.ssh/config or the hosts file.",
        ) from error
    return [info for info in found if isinstance(info[4][0], str)]  # type: ignore[misc]  # never the bytes form here


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
    raise _no_answer(host, port, failures)


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


def no_answer_in_time(host: str, port: int, seconds: float) -> OpenError:
    """Return the error for a port that neither answers nor refuses."""
    return OpenError(
        f"{printable(host)}: the SSH port does not answer ({port}, no reply within {seconds:g} s)",
        "The machine is off, a firewall drops the packets, or the address is wrong.",
        "Check the address and the port, and whether the machine can be reached from here.",
    )


def _no_answer(host: str, port: int, failures: list[OSError]) -> OpenError:
    refused = [one for one in failures if isinstance(one, ConnectionRefusedError)]
    error = (refused or failures or [OSError("no address")])[0]
    shown = printable(host)
    details = "\n".join(str(one) for one in failures)
    if isinstance(error, ConnectionRefusedError):
        return OpenError(
            f"{shown}: the SSH port does not answer ({port}, refused)",
            "Nothing listens there, or a firewall rejects it.",
            "Start the SSH server on that machine, or give its port with -Port.",
            details=details,
        )
    if error.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETDOWN}:
        return OpenError(
            f"{shown}: there is no route to it (port {port})",
            f"The system says: {error.strerror}.",
            "Check the network connection, a VPN perhaps, and whether the machine is on.",
            details=details,
        )
    if isinstance(error, TimeoutError):
        return OpenError(
            f"{shown}: the SSH port does not answer ({port}, no reply)",
            "The machine is off, a firewall drops the packets, or the address is wrong.",
            "Check the address and the port, and whether the machine can be reached from here.",
            details=details,
        )
    return OpenError(
        f"{shown}: no connection to port {port}", f"The system says: {error.strerror or error}.", details=details
    )


class ProxyProcess(asyncio.SubprocessProtocol):
    """A ProxyCommand: its standard streams are one end of a socket pair, the SSH connection has the other.

    It is started without a shell. ``said`` holds what it wrote to stderr.
    """

    def __init__(self) -> None:
        self._transport: asyncio.BaseTransport | None = None
        self.said = LineTail()

    @classmethod
    async def start(cls, argv: Sequence[str]) -> tuple[ProxyProcess, socket.socket]:
        """Start the command; return it and our end of the socket pair. Raises OpenError."""
        if sys.platform == "win32":
            raise OpenError(
                "a ProxyCommand cannot be used on Windows",
                "A program's streams cannot be joined to a connection there.",
                "Use ProxyJump instead.",
            )
        ours, theirs = socket.socketpair()
        try:
            ours.setblocking(False)
            _, proxy = await asyncio.get_running_loop().subprocess_exec(
                cls, *argv, stdin=theirs.fileno(), stdout=theirs.fileno(), start_new_session=True
            )
        except (OSError, ValueError) as error:
            ours.close()
            raise OpenError(
                f"the proxy command {printable(argv[0])} could not be started",
                f"The system says: {getattr(error, 'strerror', None) or error}.",
                "Correct ProxyCommand; it is started without a shell.",
            ) from error
        finally:
            theirs.close()
        return proxy, ours

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self.said.feed(data)

    def process_exited(self) -> None:
        self.said.end()

    def close(self) -> None:
        """End the command and its children."""
        transport = self._transport
        if isinstance(transport, asyncio.SubprocessTransport):
            if transport.get_returncode() is None and sys.platform != "win32":
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(transport.get_pid(), signal.SIGTERM)
            transport.close()
