"""An SSH host as the way to a port behind it: TCP through the login that is shared there.

What uses the port blocks in a thread of its own and wants a socket. It gets one end of a pair; the other end is joined
to a channel of the SSH connection, so nothing listens on this computer.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import asyncssh
from pstui.backends.addresses import join_host
from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import PstuiError
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.masters import giving_way
from pstui.backends.transports.ssh.shared import Lease, lease
from pstui.backends.transports.streams import printable

#: bytes passed on at once
PORTION = 65536
#: seconds until the host behind must have answered
PATIENCE = 30.0


class Unreachable(Exception):
    """The gate could not open the port behind it. ``refused`` when it was told that nothing listens there."""

    def __init__(self, text: str, *, refused: bool) -> None:
        super().__init__(text)
        self.refused = refused


def awaited(dialling: Coroutine[Any, Any, socket.socket], loop: asyncio.AbstractEventLoop) -> socket.socket:
    """Return the socket that a loop comes to, for a thread of its own. Blocks. Raises Unreachable."""
    future = asyncio.run_coroutine_threadsafe(dialling, loop)
    try:
        return future.result(PATIENCE)
    except TimeoutError:
        future.cancel()
        raise Unreachable(f"no answer came within {PATIENCE:g} s", refused=False) from None


class Joints:
    """What goes through a gate: each connection is a socket here, and a task that passes its bytes on."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, join: Callable[[socket.socket], Coroutine[Any, Any, None]]) -> socket.socket:
        """Return one end of a new connection; ``join`` passes on what goes through the other until that ends."""
        ours, theirs = socket.socketpair()
        task = asyncio.create_task(join(theirs), name="gate")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return ours

    async def close(self) -> None:
        """End all of them. May be called twice."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


async def until_one_ends(*ways: Coroutine[Any, Any, None]) -> None:
    """Do several things side by side until the first of them ends; then end the others."""
    tasks = {asyncio.ensure_future(way) for way in ways}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Gate:
    """One SSH host, logged in; made by ``open_gate``. A login that was lost is made again when it is needed."""

    def __init__(self, info: ConnectionInfo, context: ConnectContext, taken: Lease) -> None:
        self._info, self._context, self._lease = info, context, taken
        self._loop = asyncio.get_running_loop()
        self._joints = Joints()
        self._turn = asyncio.Lock()
        self._is_closed = False

    @property
    def name(self) -> str:
        """The host as it may be shown."""
        return printable(self._info.computer_name)

    def dial(self, host: str, port: int) -> socket.socket:
        """Return a socket to a port behind the gate. Blocks; not for the thread of the loop. Raises Unreachable."""
        return awaited(self.connect(host, port), self._loop)

    async def connect(self, host: str, port: int) -> socket.socket:
        """Return a socket to a port behind the gate. Raises Unreachable."""
        try:
            connection = await self._connection()
            reader, writer = await connection.open_connection(host, port)
        except asyncssh.ChannelOpenError as error:
            refused = error.code == asyncssh.OPEN_CONNECT_FAILED
            raise Unreachable(printable(error.reason) or "it could not connect", refused=refused) from error
        except (asyncssh.Error, OSError) as error:
            raise Unreachable(printable(str(error)), refused=False) from error
        except PstuiError as error:
            raise Unreachable(f"{error.what}. {error.why}".strip(), refused=False) from error
        return self._joints.add(lambda theirs: _join(theirs, reader, writer))

    async def close(self) -> None:
        """End what goes through the gate, and give the login back. May be called twice."""
        self._is_closed = True
        await self._joints.close()
        await self._lease.release()

    async def _connection(self) -> Any:
        async with self._turn:
            if not self._lease.link.is_alive and not self._is_closed:
                await self._lease.release()
                self._lease = await lease(self._info, self._context)
            return self._lease.connection


def last_of(gates: Sequence[ConnectionInfo]) -> ConnectionInfo:
    """Return the last of several SSH hosts, with those before it as its jump hosts."""
    *before, last = gates
    if not before:
        return last
    options: dict[str, Any] = {**(last.values.get("Options") or {})}
    jumps = (join_host(one.text("HostName"), one.text("UserName"), one.values.get("Port")) for one in before)
    options["ProxyJump"] = ",".join(jumps)
    return replace(last, values=MappingProxyType({**last.values, "Options": options}))


async def open_gate(gates: Sequence[ConnectionInfo], context: ConnectContext) -> Gate:
    """Log in to the last of several SSH hosts, through those before it. Raises OpenError, OpenCancelled.

    Raises UseProgram where a master of ssh runs for it.
    """
    last = last_of(gates)
    return Gate(last, context, await lease(last, context, look=giving_way(last)))


async def _join(ours: socket.socket, reader: Any, writer: Any) -> None:
    """Pass bytes on in both directions until one side ends; then end the other."""
    ours.setblocking(False)
    near, back = await asyncio.open_connection(sock=ours)

    async def passed(source: Any, sink: Any) -> None:
        while data := await source.read(PORTION):
            sink.write(data)
            await sink.drain()

    try:
        await until_one_ends(passed(near, writer), passed(reader, back))
    finally:
        with contextlib.suppress(OSError, asyncssh.Error):
            back.close()
            writer.close()
