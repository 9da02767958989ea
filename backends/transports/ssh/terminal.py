"""A terminal on an SSH host: a shell with a pseudo-terminal, on the connection that its sessions use."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import asyncssh
from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console
from pstui.backends.errors import OpenError
from pstui.backends.transports.base import ConnectContext, TerminalWish
from pstui.backends.transports.pty_channel import TERM
from pstui.backends.transports.ssh import shared
from pstui.backends.transports.ssh.channel import SSHChannel, end_opening
from pstui.backends.transports.ssh.failures import too_slow
from pstui.backends.transports.ssh.masters import giving_way
from pstui.backends.transports.ssh.receive_window import WINDOW
from pstui.backends.transports.ssh.session import REUSE_TIMEOUT, SESSION_TIMEOUT
from pstui.backends.transports.ssh.shared import Lease
from pstui.backends.transports.ssh.step_timeout import StepTimeout
from pstui.backends.transports.streams import printable
from pstui.backends.transports.terminal_line import remote_command

#: bytes that may wait unread: what a key has to wait behind
ENOUGH = 16 << 10


class SSHTerminal(SSHChannel):
    """The streams of a shell that has a terminal."""

    what = "terminal"

    def __init__(self, host: str, console: Console, on_stop: Callable[[], Awaitable[None]]) -> None:
        super().__init__(host, console, on_stop, enough=ENOUGH)
        self._exit_code: int | None = None

    def resize(self, columns: int, rows: int) -> None:
        """Tell the server the size of the terminal."""
        if self._channel is not None and not self._channel.is_closing():
            self._channel.change_terminal_size(columns, rows)

    @property
    def runs(self) -> bool | None:
        """Nobody on this side knows what runs there."""
        return False if self._received.ended else None

    @property
    def exit_code(self) -> int | None:
        """The exit code, once the server has told it."""
        return self._exit_code

    def exit_status_received(self, status: int) -> None:
        self._exit_code = status
        super().exit_status_received(status)


async def open_terminal(info: ConnectionInfo, context: ConnectContext, wish: TerminalWish) -> SSHTerminal:
    """Return a shell with a terminal. Raises OpenError, OpenCancelled.

    Raises UseProgram where a master of ssh runs for the host.
    """
    last: list[Lease] = []

    async def opening(lease: Lease) -> SSHTerminal:
        last[:] = [lease]
        seconds = REUSE_TIMEOUT if lease.is_reused else SESSION_TIMEOUT
        context.step("session", "a terminal")
        async with StepTimeout() as limit:
            limit.step(seconds, lambda: too_slow(lease.hop, "start of the terminal", seconds))
            return await _start(lease, context.console, wish)

    try:
        return await shared.start(info, context, opening, look=giving_way(info))
    except (asyncssh.Error, OSError) as error:
        raise _refused(error, printable(last[0].hop.name)) from error


async def _start(lease: Lease, console: Console, wish: TerminalWish) -> SSHTerminal:
    made: list[SSHChannel] = []

    def session() -> SSHTerminal:
        one = SSHTerminal(lease.hop.name, console, lease.release)
        made.append(one)
        return one

    begun = asyncio.ensure_future(
        lease.connection.create_session(
            session,
            command=remote_command(wish) if wish.directory or wish.line else None,
            encoding=None,
            window=WINDOW,
            request_pty="force",
            term_type=TERM,
            term_size=(wish.columns, wish.rows),
            x11_forwarding=False,
        )
    )
    try:
        _, channel = await asyncio.shield(begun)
    except asyncio.CancelledError:
        begun.add_done_callback(lambda done: end_opening(done, made))
        raise
    assert isinstance(channel, SSHTerminal)
    return channel


def _refused(error: Exception, name: str) -> OpenError:
    text = printable(str(error))
    if isinstance(error, asyncssh.ChannelOpenError) and error.code == asyncssh.OPEN_REQUEST_PTY_FAILED:
        hint = "PermitTTY, ForceCommand and no-pty in authorized_keys decide that on the server."
        return OpenError(f"{name}: the server gives no terminal", f"{text}.", hint, details=text)
    return OpenError(f"{name}: the server gave no shell", f"{text}.", "The server's log may say more.", details=text)
