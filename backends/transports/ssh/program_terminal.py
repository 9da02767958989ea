"""A terminal on an SSH host through this computer's own ssh, on the login of the host's sessions where there is one.

Without one ssh logs in, and what it asks stands in the terminal itself.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import OpenError
from pstui.backends.transports.base import ConnectContext, TerminalWish
from pstui.backends.transports.pty_channel import PtyChannel
from pstui.backends.transports.ssh.askpass import private_folder
from pstui.backends.transports.ssh.engine import program
from pstui.backends.transports.ssh.own_master import OwnMaster, join
from pstui.backends.transports.ssh.program import asked_ssh, ssh_options
from pstui.backends.transports.streams import exit_text, printable
from pstui.backends.transports.terminal_line import remote_command


class ProgramTerminal(PtyChannel):
    """An ssh in a terminal of this computer; ``on_stop`` is awaited once."""

    host = ""
    on_stop: Callable[[], Awaitable[None]] | None = None

    @property
    def runs(self) -> bool | None:
        """Nobody on this side knows what runs there."""
        return False if self.exit_code is not None else None

    async def stop(self) -> None:
        """End ssh, and remove what was made for it."""
        on_stop, self.on_stop = self.on_stop, None
        try:
            await super().stop()
        finally:
            if on_stop is not None:
                await on_stop()

    def ending(self) -> str:
        """Return how the terminal ended."""
        code = self.exit_code
        return "" if code is None else f"The terminal on {printable(self.host)} ended with {exit_text(code)}."


async def open_terminal(info: ConnectionInfo, context: ConnectContext, wish: TerminalWish) -> ProgramTerminal:
    """Return a shell with a terminal. Raises OpenError."""
    if not program():
        raise OpenError(f"{info.label}: the engine is ssh, and there is no ssh here", "", "Install OpenSSH's client.")
    own: OwnMaster | None = None
    folder = Path(await asyncio.to_thread(private_folder))

    async def clear() -> None:
        await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))
        if own is not None:
            await own.leave()

    try:
        told = await asyncio.to_thread(asked_ssh, info, folder)
        own = join(info, told)
        shared = await own.options(may_be_master=False) if own is not None else []
        options = await asyncio.to_thread(ssh_options, info, told, [*shared, "EscapeChar=none"])
        command = [remote_command(wish)] if wish.directory or wish.line else []
        argv = [program(), "-x", "-tt", *options, *told.arguments, *command]
        context.step("session", "a terminal")
        channel = await ProgramTerminal.start(argv, wish.columns, wish.rows)
    except BaseException:
        await clear()
        raise
    assert isinstance(channel, ProgramTerminal)
    channel.host, channel.on_stop = info.text("HostName"), clear
    return channel
