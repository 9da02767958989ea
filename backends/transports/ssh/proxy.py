"""A ProxyCommand as the way to a host."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys

from pstui.backends.errors import OpenError
from pstui.backends.transports.ssh.asked import Asked
from pstui.backends.transports.ssh.askpass import Askpass
from pstui.backends.transports.streams import LineTail, printable

#: seconds that a command may take to end before it is killed
GRACE = 1.0


class ProxyProcess(asyncio.SubprocessProtocol):
    """A ProxyCommand: its standard streams are one end of a socket pair, the SSH connection has the other.

    The user's shell runs it, as with ssh. ``said`` holds what it wrote to stderr. What it asks by SSH_ASKPASS, as an
    ssh does, is put by ``asked``.
    """

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self._askpass = Askpass(asked.answer)
        self._transport: asyncio.BaseTransport | None = None
        self._ended = asyncio.Event()
        self.said = LineTail()

    @classmethod
    async def start(cls, line: str, asked: Asked) -> tuple[ProxyProcess, socket.socket]:
        """Start the command; return it and our end of the socket pair. Raises OpenError."""
        if sys.platform == "win32":
            raise OpenError(
                "a ProxyCommand cannot be used on Windows",
                "A program's streams cannot be joined to a connection there.",
                "Use ProxyJump instead.",
            )
        shell = os.environ.get("SHELL") or "/bin/sh"
        argv = [shell, "-c", f"exec {line}"]
        proxy = cls(asked)
        asked.on_cancel = proxy.hang_up
        await proxy._askpass.start()
        ours, theirs = socket.socketpair()
        try:
            ours.setblocking(False)
            await asyncio.get_running_loop().subprocess_exec(
                lambda: proxy,
                *argv,
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                env=proxy._askpass.environment(),
                start_new_session=True,
            )
        except BaseException as error:
            ours.close()
            await proxy.ask_no_more()
            if not isinstance(error, OSError | ValueError):
                raise
            raise OpenError(
                f"the proxy command {printable(line)} could not be started",
                f"The system says: {getattr(error, 'strerror', None) or error}.",
                f"The shell {printable(shell)} runs it (SHELL): check that it is there.",
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
        self._ended.set()

    def hang_up(self) -> None:
        """Ask the command to end: a person refused to answer it."""
        if isinstance(self._transport, asyncio.SubprocessTransport) and self._transport.get_returncode() is None:
            self._transport.terminate()

    async def ask_no_more(self) -> None:
        """Take no more questions, and forget the answers and what was made for them."""
        self.asked.given.clear()
        await self._askpass.close()

    async def close(self) -> None:
        """End the command and its children, and wait for the end: asyncio complains of a child taken from it."""
        await self.ask_no_more()
        transport = self._transport
        if not isinstance(transport, asyncio.SubprocessTransport):
            return
        if sys.platform != "win32":
            for sign in (signal.SIGTERM, signal.SIGKILL):
                if transport.get_returncode() is None:
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.killpg(transport.get_pid(), sign)
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._ended.wait(), GRACE)
        transport.close()
