"""A subsystem of an SSH server as a Channel. What it writes to stderr is shown as a notice, not as an error."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncssh
from pstui.backends.console import BACKLOG_LIMIT, Console
from pstui.backends.errors import SessionBroken
from pstui.backends.forwards import Forwards
from pstui.backends.records import Stream, Write
from pstui.backends.transports.ssh.receive_window import ENOUGH, WINDOW, ReceiveWindow
from pstui.backends.transports.streams import LineTail, ReadBuffer, exit_text, printable

#: seconds after the end of the output in which the exit status may still arrive
DRAIN = 0.5
#: with what OpenSSH's sftp-server (internal-sftp) ends when it does not understand what it gets
SFTP_BAD_MESSAGE = 11


class SSHChannel(asyncssh.SSHClientSession[bytes]):
    """The standard streams of a subsystem. ``on_stop`` gives back the connection it travels on.

    From ``enough`` bytes on that wait unread, the server may send no more.
    """

    #: what it is called in messages
    what = "subsystem"

    def __init__(
        self, host: str, console: Console, on_stop: Callable[[], Awaitable[None]], *, enough: int = ENOUGH
    ) -> None:
        self._host, self._console, self._on_stop = printable(host), console, on_stop
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._window = ReceiveWindow()
        self._received = ReadBuffer(self._window.close, self._window.open, enough)
        self._writable = asyncio.Event()
        self._writable.set()
        self._stderr = LineTail(self._show)
        self._end = ""
        self._late = ""
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False
        #: those of the connection that it travels on
        self.forwards: Forwards | None = None

    def limit_first_answer(self, seconds: float, message: str) -> None:
        """End the channel with ``message`` unless the first byte arrives within ``seconds`` (ConnectingTimeout)."""

        def too_late() -> None:
            self._late = message
            self._received.end()

        self._timer = asyncio.get_running_loop().call_later(max(0.0, seconds), too_late)

    # What asyncssh calls.

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan
        self._window.take_over(chan)

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        if datatype == asyncssh.EXTENDED_DATA_STDERR:
            self._stderr.feed(data)
        else:
            self._stop_timer()
            self._received.put(data)
        self._window.took(len(data))

    def eof_received(self) -> bool:
        asyncio.get_running_loop().call_later(DRAIN, self._finish)
        return False

    def exit_status_received(self, status: int) -> None:
        self._end = f"The {self.what} on {self._host} ended with {exit_text(status)}."
        if status == 127:
            self._end += " The program named for it was probably not found there."
        elif status == SFTP_BAD_MESSAGE:
            self._end += " sftp-server ends so when it is spoken to in another language: the server may force it."

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        self._end = f"The {self.what} on {self._host} was ended by the signal {printable(signal)}."

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None and not self._end:
            self._end = f"The connection to {self._host} was lost: {printable(str(exc))}."
        self._writable.set()
        self._finish()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # What a Channel offers.

    async def read(self) -> bytes:
        """Return the next bytes of the output, ``b""`` at its end. Raises SessionBroken if the first came too late."""
        data = await self._received.get()
        if not data and self._late:
            raise SessionBroken(self._late, self.ending())
        return data

    async def write(self, data: bytes) -> None:
        """Write all of ``data`` to the subsystem. Raises BrokenPipeError once it is gone."""
        channel = self._channel
        if channel is None or channel.is_closing() or self._received.ended:
            raise BrokenPipeError(self.ending() or "the connection is closed")
        channel.write(data)
        await self._writable.wait()
        if self._received.ended:
            raise BrokenPipeError(self.ending() or "the connection was closed")

    async def stop(self) -> None:
        """Drop the channel, and give back the connection under it."""
        if self._stopped:
            return
        self.abort()
        await self._on_stop()

    def abort(self) -> None:
        """Drop the channel alone."""
        self._stopped = True
        self._stop_timer()
        if self._channel is not None:
            self._channel.abort()
        self._finish()

    def ending(self) -> str:
        """Return how the subsystem or the connection ended, and what was written to stderr."""
        if not self._end and self._received.ended and not self._stopped and not self._late:
            return f"The server closed the session on {self._host} without a reason."
        return "\n".join(part for part in (self._end, self._stderr.text()) if part)

    def _show(self, line: str) -> None:
        # Nobody waits for the screen here, so a flood of these is cut rather than kept.
        if self._console.backlog <= BACKLOG_LIMIT:
            self._console.write(Write(f"{self._host}: {line}", stream=Stream.NOTICE))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _finish(self) -> None:
        self._stop_timer()
        if not self._received.ended:
            self._stderr.end()
            self._received.end()


async def open_subsystem(
    connection: asyncssh.SSHClientConnection,
    host: str,
    subsystem: str,
    console: Console,
    on_stop: Callable[[], Awaitable[None]],
) -> SSHChannel:
    """Start a subsystem on a connection. Raises asyncssh.Error, OSError.

    Where it is given up, what the server has begun is ended there as soon as it is known: others use the connection.
    """
    made: list[SSHChannel] = []

    def session() -> SSHChannel:
        made.append(SSHChannel(host, console, on_stop))
        return made[0]

    opening = asyncio.ensure_future(
        connection.create_session(
            session,
            command=None,
            subsystem=subsystem,
            encoding=None,
            window=WINDOW,
            request_pty=False,
            x11_forwarding=False,
        )
    )
    try:
        await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(lambda done: end_opening(done, made))
        raise
    return made[0]


def end_opening(opening: asyncio.Future[Any], made: list[SSHChannel]) -> None:
    """End the channels of an opening that was given up, once it is done."""
    if not opening.cancelled():
        opening.exception()  # seen
    for channel in made:
        channel.abort()
