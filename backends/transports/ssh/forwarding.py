"""Port forwards on a shared connection: one that listens, and all of those that go to the same host.

How this works. asyncssh has the sessions that join a socket to a channel (``SSHForwarder`` and those derived from it,
SOCKS included); here is who listens on this computer, what is counted, and what bounds it. A forward ends with the
last session of its host. One that listened when the connection was lost is wanted still: ``ForwardList`` keeps it, and
``attach`` has it listen again on the next connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from typing import Any

import asyncssh
from asyncssh.forward import SSHForwarder, SSHLocalForwarder, SSHLocalPathForwarder, SSHLocalPortForwarder
from asyncssh.socks import SSHSOCKSForwarder
from pstui.backends.errors import PstuiError
from pstui.backends.forwards import Forward, ForwardKind, Forwards, ForwardSpec, ForwardState
from pstui.backends.timeouts import timeout
from pstui.backends.transports.ssh.forward_options import ForwardOptions
from pstui.backends.transports.ssh.listeners import LocalListener, listen_on_path, listen_on_port
from pstui.backends.transports.ssh.receive_window import ReceiveWindow
from pstui.backends.transports.streams import printable

#: bytes that a channel may have under way, connections that one forward has at a time, and forwards of a connection
WINDOW, MAX_CONNECTIONS, MAX_FORWARDS = 1 << 20, 512, 100
#: seconds until the server must have said whether it listens, and a target must have answered
PATIENCE = 20.0


class ForwardFailed(PstuiError):
    """A forward does not listen."""


class _Channel:
    """A channel as a forwarder writes to it, with what goes through it counted and the far end held to its window."""

    def __init__(self, channel: Any, forward: OpenForward) -> None:
        self._channel, self._forward, self.window = channel, forward, ReceiveWindow()
        self.window.take_over(channel)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def write(self, data: bytes) -> None:
        self._forward.sent += len(data)
        self._channel.write(data)

    def pause_reading(self) -> None:
        self.window.close()
        self._channel.pause_reading()

    def resume_reading(self) -> None:
        self._channel.resume_reading()
        self.window.open()


class _Counted:
    """The session of a channel, which does what ``inner`` does and counts."""

    def __init__(self, inner: SSHForwarder, forward: OpenForward, begin: Callable[[], None] = lambda: None) -> None:
        self._inner, self._forward, self._begin = inner, forward, begin
        self._channel: _Channel | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def connection_made(self, channel: Any) -> None:
        self._channel = _Channel(channel, self._forward)
        self._inner.connection_made(self._channel)  # type: ignore[arg-type]  # it has all that a channel has

    def session_started(self) -> None:
        self._inner.session_started()
        self._begin()

    def data_received(self, data: bytes, datatype: Any = None) -> None:
        self._forward.received += len(data)
        self._inner.data_received(data, datatype)
        if self._channel is not None:
            self._channel.window.took(len(data))


class OpenForward:
    """One forward that is wanted: listening, or not and why."""

    def __init__(self, spec: ForwardSpec, options: ForwardOptions) -> None:
        self.spec, self.options = spec, options
        self.state, self.why, self.port = ForwardState.WAITING, "", 0
        self.sent = self.received = 0
        self._connection: asyncssh.SSHClientConnection | None = None
        self._local: LocalListener | None = None
        self._remote: asyncssh.SSHListener | None = None
        self._open: set[Any] = set()

    @property
    def listens(self) -> bool:
        """Whether it does."""
        return self.state is ForwardState.LISTENING

    @property
    def connections(self) -> int:
        """How many connections go through it now."""
        return len(self._open)

    async def listen(self, connection: asyncssh.SSHClientConnection) -> None:
        """Begin to listen; afterwards ``state`` says whether it does."""
        self._connection = connection
        if self.spec.target is None and self.spec.listen.path:
            self._failed("A SOCKS proxy listens on a port, not on a socket's path.")
            return
        try:
            async with timeout(PATIENCE):
                if self.spec.kind is ForwardKind.REMOTE:
                    await self._listen_there(connection)
                else:
                    await self._listen_here()
            self.state, self.why = ForwardState.LISTENING, ""
        except TimeoutError:
            self._failed("The server did not say whether it listens.")
        except asyncssh.ChannelListenError:
            self._failed("The server does not listen there: it is in use, or it may not be forwarded.")
        except (asyncssh.Error, OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or str(error) or type(error).__name__
            self._failed(f"{printable(str(said))[:200].rstrip('.')}.")

    async def close(self, state: ForwardState = ForwardState.WAITING) -> None:
        """Stop listening, and end the connections that go through it."""
        self.state = state
        local, self._local = self._local, None
        remote, self._remote = self._remote, None
        if local is not None:
            local.close()
        for each in list(self._open):
            each.close()
        self._open.clear()
        if remote is not None and self._connection is not None and not self._connection.is_closed():
            remote.close()
            with contextlib.suppress(TimeoutError, asyncssh.Error, OSError):
                async with timeout(PATIENCE):
                    await remote.wait_closed()
        self._connection = None

    def _failed(self, why: str) -> None:
        self.state, self.why = ForwardState.FAILED, why

    # This computer listens.

    async def _listen_here(self) -> None:
        place = self.spec.listen
        if place.path:
            self._local = await listen_on_path(place.path, self._accept, self.options)
        else:
            self._local = await listen_on_port(place, self._accept, self.options)
            self.port = self._local.port

    def _accept(self) -> asyncio.BaseProtocol:
        """Return what serves a connection that somebody here has made."""
        connection = self._connection
        if connection is None or len(self._open) >= MAX_CONNECTIONS:
            return _Refusing()
        made: SSHLocalForwarder
        opening = partial(self._tunnel, lambda: made)
        if self.spec.kind is ForwardKind.DYNAMIC:
            made = _Socks(connection, opening, self._open)
        elif self.spec.listen.path:
            made = _Path(connection, opening, self._open)
        else:
            made = _Port(connection, opening, self._open)
        return made

    async def _tunnel(self, forwarder: Any, factory: Any, *args: Any) -> None:
        """Open the channel of a connection; a SOCKS one says where to, and all of TCP say who asks."""
        connection, target = self._connection, self.spec.target
        if connection is None:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, "")

        def session() -> Any:
            return _Counted(factory(), self)

        try:
            async with timeout(PATIENCE):
                if target is not None and target.path:
                    await connection.create_unix_connection(session, target.path, window=WINDOW)
                elif target is None:
                    await connection.create_connection(session, *args, window=WINDOW)
                else:
                    await connection.create_connection(session, target.host or "", target.port, *args, window=WINDOW)
        except (TimeoutError, asyncssh.Error, OSError) as error:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, str(error)) from error
        forwarder().begin()

    # The far end listens.

    async def _listen_there(self, connection: asyncssh.SSHClientConnection) -> None:
        place = self.spec.listen
        if place.path:
            self._remote = await connection.create_unix_server(self._arrived, place.path, window=WINDOW)
            return
        host = "localhost" if place.host is None else "" if place.host == "*" else place.host
        self._remote = await connection.create_server(self._arrived, host, place.port, window=WINDOW)
        self.port = self._remote.get_port()

    async def _arrived(self, *who: Any) -> Any:
        """Return the session of a connection that somebody at the far end has made. Raises ChannelOpenError."""
        connection, target = self._connection, self.spec.target
        if connection is None or len(self._open) >= MAX_CONNECTIONS:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_RESOURCE_SHORTAGE, "too many connections")
        if target is None:
            socks: list[_Socks] = []
            made = _Socks(connection, partial(self._dial, lambda: socks[0]), self._open)
            socks.append(made)
            return _Counted(made, self)
        here = _Near(self._open)
        async with _connecting():
            loop = asyncio.get_running_loop()
            if target.path:
                await loop.create_unix_connection(lambda: here, target.path)
            else:
                await loop.create_connection(lambda: here, target.host or "", target.port)
        return _Counted(SSHForwarder(here), self, here.begin)

    async def _dial(self, forwarder: Any, factory: Any, host: str, port: int, *who: Any) -> None:
        """Connect to where a SOCKS client at the far end wants to go."""
        if not self.options.may_open(host, port):
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "PermitRemoteOpen")
        async with _connecting():
            await asyncio.get_running_loop().create_connection(factory, host, port)
        forwarder().begin()


@contextlib.asynccontextmanager
async def _connecting() -> AsyncIterator[None]:
    """Tell the far end that a connection could not be made, and no more: this network is not its business."""
    try:
        async with timeout(PATIENCE):
            yield
    except (OSError, UnicodeError, NotImplementedError) as error:  # TimeoutError is an OSError; Windows has no paths
        raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, "Connection failed") from error


class _Refusing(asyncio.Protocol):
    """Closes a connection that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


class _Socket(SSHForwarder):
    """The socket of a forward. What arrives for it after its end is dropped: asyncio would warn of each piece."""

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            super().write(data)


class _Near(_Socket):
    """The socket of a connection that came from the far end; nothing is read of it until the channel is there."""

    def __init__(self, all_open: set[Any]) -> None:
        super().__init__()
        self._all = all_open

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._all.add(self)
        super().connection_made(transport)
        self.pause_reading()

    def begin(self) -> None:
        """Read from now on."""
        if self in self._all:
            self.resume_reading()

    def close(self) -> None:
        self._all.discard(self)
        super().close()


class _Tracked(_Socket, SSHLocalForwarder):
    """The side of who connected; nothing more is read of it while the other side is being opened."""

    def __init__(self, connection: asyncssh.SSHClientConnection, opening: Any, all_open: set[Any]) -> None:
        super().__init__(connection, opening)
        self._all = all_open

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._all.add(self)
        super().connection_made(transport)

    def forward(self, *args: object) -> None:
        self.pause_reading()
        super().forward(*args)

    def begin(self) -> None:
        """Read again: the other side is there."""
        if self in self._all:
            self.resume_reading()

    def close(self) -> None:
        self._all.discard(self)
        super().close()


class _Port(_Tracked, SSHLocalPortForwarder):
    """A connection to a port of this computer."""


class _Path(_Tracked, SSHLocalPathForwarder):
    """A connection to a socket of this computer."""


class _Socks(_Tracked, SSHSOCKSForwarder):
    """A client of the SOCKS proxy. asyncssh reads on after it has turned one away, which is its end here."""

    def data_received(self, data: bytes, datatype: Any = None) -> None:
        if self not in self._all:
            return
        try:
            super().data_received(data, datatype)
        except (AssertionError, AttributeError):
            self.close()


class ForwardList:
    """The forwards to one host, on whichever connection carries them."""

    def __init__(self) -> None:
        self.forwards: list[OpenForward] = []
        self.connection: asyncssh.SSHClientConnection | None = None
        self._options = ForwardOptions()
        self._turn = asyncio.Lock()
        self._watch: asyncio.Task[None] | None = None

    async def attach(self, connection: asyncssh.SSHClientConnection) -> None:
        """Have all of them listen on another connection."""
        async with self._turn:
            await self._let_go()
            self.connection = connection
            self._watch = asyncio.create_task(self._lost(connection), name="forwards")
            for each in self.forwards:
                await each.listen(connection)

    async def want(self, options: ForwardOptions, specs: Iterable[ForwardSpec]) -> list[OpenForward]:
        """Add what is not there yet; return those that were added, and those that failed before and listen now."""
        changed: list[OpenForward] = []
        self._options = options
        async with self._turn:
            for spec in dict.fromkeys(specs):
                known = next((each for each in self.forwards if each.spec == spec), None)
                if known is None and len(self.forwards) < MAX_FORWARDS:
                    changed.append(await self._added(spec, options))
                elif known is not None and known.state is ForwardState.FAILED and self.connection is not None:
                    await known.listen(self.connection)
                    changed += [known] if known.listens else []
        return changed

    async def add(self, spec: ForwardSpec) -> Forward:
        """Add one by hand. Raises ForwardFailed where it does not listen."""
        async with self._turn:
            if any(each.spec == spec for each in self.forwards):
                raise ForwardFailed(f"{spec}: it is there already")
            if len(self.forwards) >= MAX_FORWARDS:
                raise ForwardFailed(f"{spec}: there are {MAX_FORWARDS} already", "", "Remove one of them.")
            if self.connection is None or self.connection.is_closed():
                raise ForwardFailed(f"{spec}: the connection is lost", "", "Enter the session again (F5).")
            made = await self._added(spec, self._options)
            if made.state is ForwardState.FAILED:
                self.forwards.remove(made)
                raise ForwardFailed(f"{spec}: it does not listen", made.why)
            return made

    async def remove(self, forward: Forward) -> None:
        """Stop listening, and end the connections that go through it."""
        async with self._turn:
            if isinstance(forward, OpenForward) and forward in self.forwards:
                self.forwards.remove(forward)
                await forward.close()

    async def detach(self) -> None:
        """Stop listening; they are wanted still."""
        async with self._turn:
            await self._let_go()

    def shown(self) -> Forwards:
        """Return them for whoever shows them and works on them."""
        return Forwards(lambda: tuple(self.forwards), self.add, self.remove)

    async def _added(self, spec: ForwardSpec, options: ForwardOptions) -> OpenForward:
        made = OpenForward(spec, options)
        self.forwards.append(made)
        if self.connection is not None:
            await made.listen(self.connection)
        return made

    async def _let_go(self) -> None:
        watch, self._watch = self._watch, None
        if watch is not None and watch is not asyncio.current_task():
            watch.cancel()
        self.connection = None
        for each in self.forwards:
            await each.close()

    async def _lost(self, connection: asyncssh.SSHClientConnection) -> None:
        await connection.wait_closed()
        if self.connection is connection:
            await self.detach()


def told(forward: Forward) -> str:
    """Return what a person has to know of a forward that was opened, empty where it does just what it says."""
    if forward.state is ForwardState.FAILED:
        return f"The forward {forward.spec} does not listen. {forward.why}"
    if not forward.spec.listen.path and not forward.spec.listen.port and forward.port:
        return f"The forward {forward.spec} listens on port {forward.port}."
    return ""
