"""An SSH host as the way to a port behind it where this computer's ssh is the engine: one ``ssh -W`` each.

They share the login of the host's sessions; the first of them logs in where there is none.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket

from pstui.backends.addresses import join_host
from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import OpenError
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.gate import PORTION, Joints, Unreachable, awaited, until_one_ends
from pstui.backends.transports.ssh.own_master import OwnMaster, join
from pstui.backends.transports.ssh.program import Passing, pass_on
from pstui.backends.transports.ssh.program_channel import ProgramChannel
from pstui.backends.transports.ssh.resolved import Resolved
from pstui.backends.transports.streams import printable


class ProgramGate:
    """One SSH host, reached by ssh."""

    def __init__(self, info: ConnectionInfo, context: ConnectContext) -> None:
        self._info, self._context = info, context
        self._loop = asyncio.get_running_loop()
        self._joints = Joints()
        #: held as long as the gate is: the login outlives the connections through it
        self._master: OwnMaster | None = None

    @property
    def name(self) -> str:
        """The host as it may be shown."""
        return printable(self._info.computer_name)

    def dial(self, host: str, port: int) -> socket.socket:
        """Return a socket to a port behind the gate. Blocks; not for the thread of the loop. Raises Unreachable."""
        return awaited(self._dial(host, port), self._loop)

    async def connect(self, host: str, port: int) -> socket.socket:
        """Return a socket to a port behind the gate. Raises Unreachable; OpenError where the login failed."""
        place = join_host(host, "", port)
        try:
            channel = await pass_on(self._info, self._context, Passing(place, self._joined))
        except OpenError as error:
            if "the jump host could not reach it" not in error.what:
                raise
            raise Unreachable(error.why or error.what, refused="refused" in error.details) from error
        return self._joints.add(lambda theirs: _join(theirs, channel))

    async def close(self) -> None:
        """End what goes through the gate, and the login with it. May be called twice."""
        await self._joints.close()
        master, self._master = self._master, None
        if master is not None:
            await master.leave()

    async def _dial(self, host: str, port: int) -> socket.socket:
        try:
            return await self.connect(host, port)
        except OpenError as error:
            raise Unreachable(f"{error.what}. {error.why}".strip(), refused=False) from error

    def _joined(self, told: Resolved) -> OwnMaster | None:
        if self._master is None:
            self._master = join(self._info, told)
        return self._master.joined() if self._master is not None else None


async def _join(ours: socket.socket, channel: ProgramChannel) -> None:
    """Pass bytes on in both directions until one side ends; then end the other."""
    ours.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=ours)

    async def outward() -> None:
        while data := await reader.read(PORTION):
            await channel.write(data)

    async def inward() -> None:
        while data := await channel.read():
            writer.write(data)
            await writer.drain()

    try:
        await until_one_ends(outward(), inward())
    finally:
        with contextlib.suppress(OSError):
            writer.close()
        await channel.stop()
