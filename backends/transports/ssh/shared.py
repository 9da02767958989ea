"""One login for everything that goes to the same SSH host: sessions, terminals, files, forwards.

``lease`` gives a connection to a resolved host, made now or already there; ``release`` gives it back, and the last one
to do so closes it. ``start`` does that for a channel: it leases, opens the channel, and where the server allows no
more sessions on one connection (MaxSessions) signs in anew. A jump host is such a host, too: the connection behind it
holds a lease on it. ``[hosts.x] share = false`` opts out.

Two connections are the same when everything that ssh_config and the call say of all their hosts is the same, whatever
the alias. While one logs in, the others that want the same wait for it; where it fails they fail with it, and where it
is given up the next in turn logs in.

The forwards of a host stand on one of its connections. They end with its last user, as those of ssh do; where the
connection was lost instead, they listen again on the next one.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
import weakref
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import asyncssh
from pstui.backends.connection import ConnectionInfo
from pstui.backends.credentials import ASKED_FOR, LoginPassword
from pstui.backends.errors import CallError, OpenCancelled, OpenError
from pstui.backends.forwards import ForwardState, parse
from pstui.backends.places import expanded
from pstui.backends.records import Stream, Write
from pstui.backends.timeouts import timeout
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.connect import HopOpener, key_file
from pstui.backends.transports.ssh.forwarding import ForwardList, told
from pstui.backends.transports.ssh.keys import KeyFile
from pstui.backends.transports.ssh.target import Hop, resolve
from pstui.backends.transports.streams import printable

#: seconds in which a dropped connection must have ended
END = 5.0
#: hosts whose forwards are kept for a connection to come, after theirs was lost
MAX_KEPT = 32

#: what a connection leads to and how: the identities of its hosts, and the key file named
Key = tuple[object, ...]
T = TypeVar("T")


@dataclass(eq=False)
class Link:
    """One connection, logged in. ``users`` hold it; ``is_full`` when the server gave it no more sessions."""

    key: Key
    hop: Hop
    connection: asyncssh.SSHClientConnection
    opener: HopOpener
    parent: Lease | None
    forwards: ForwardList
    users: int = 0
    is_full: bool = False

    @property
    def is_alive(self) -> bool:
        """Whether anything can still be opened on it."""
        return not self.connection.is_closed() and (self.parent is None or self.parent.link.is_alive)

    async def drop(self) -> None:
        """Drop the connection at once, then what it stands on."""
        self.connection.abort()
        with contextlib.suppress(TimeoutError):
            async with timeout(END):
                await self.connection.wait_closed()
        await self.opener.close_proxies()
        if self.parent is not None:
            await self.parent.release()


@dataclass(eq=False)
class Lease:
    """A connection in use. ``connection`` opens channels; ``release`` gives it back, and may be called twice."""

    link: Link
    _links: Links
    #: whether the connection was there before
    is_reused: bool = False
    _is_released: bool = False

    @property
    def connection(self) -> asyncssh.SSHClientConnection:
        return self.link.connection

    @property
    def hop(self) -> Hop:
        """The host that it leads to, as it was resolved."""
        return self.link.hop

    async def release(self) -> None:
        """Give the connection back; it is dropped when nobody is left."""
        if not self._is_released:
            self._is_released = True
            await self._links.give_back(self.link)


@dataclass(eq=False)
class _Way:
    """What all openings on the way to one target have in common."""

    context: ConnectContext
    target: Hop
    named: Path | None
    password: LoginPassword | None
    shares: bool
    files: dict[Path, KeyFile] = field(default_factory=dict)


class Links:
    """The connections of one event loop."""

    def __init__(self) -> None:
        self._links: list[Link] = []
        self._opening: dict[Key, asyncio.Future[OpenError | None]] = {}
        #: the forwards of each host, on one of its shared connections or wanted on the next
        self._forwards: dict[Key, ForwardList] = {}

    async def lease(self, hops: tuple[Hop, ...], way: _Way) -> Lease:
        """Return a connection to the last of ``hops`` through the others. Raises OpenError."""
        key: Key = (*(hop.identity for hop in hops), way.named)
        while way.shares:
            if (link := self._usable(key)) is not None:
                link.users += 1
                return Lease(link, self, is_reused=True)
            if (pending := self._opening.get(key)) is None:
                break
            way.context.step("authentication", "by the session that signs in now")
            await asyncio.wait({pending})
            if (failure := pending.result()) is not None:
                raise _again(failure)
        if not way.shares:
            return Lease(await self._open(key, hops, way, ForwardList()), self)
        pending = self._opening[key] = asyncio.get_running_loop().create_future()
        failure = None
        try:
            link = await self._open(key, hops, way, self._forwards.get(key) or ForwardList())
            self._forwards[key] = link.forwards
            self._links.append(link)
            return Lease(link, self)
        except OpenError as error:
            failure = None if isinstance(error, OpenCancelled) else error
            raise
        finally:
            del self._opening[key]
            pending.set_result(failure)

    def connections(self) -> tuple[Link, ...]:
        """Return the connections that are shared now."""
        return tuple(self._links)

    async def give_back(self, link: Link) -> None:
        """Take back a connection from one of its users."""
        link.users -= 1
        link.is_full = False
        if link.users == 0:
            self._forget(link)
            await self._give_up_forwards(link)
            await link.drop()

    async def _give_up_forwards(self, link: Link) -> None:
        """Give the forwards of a connection to another one to the same host; without one they end, or wait."""
        others = (one for one in self._links if one.forwards is link.forwards and one.is_alive)
        if (other := next(others, None)) is not None:
            if link.forwards.connection is link.connection:
                await link.forwards.attach(other.connection)
            return
        if self._forwards.get(link.key) is link.forwards:
            if not link.is_alive and link.forwards.forwards:
                waiting = [key for key, one in self._forwards.items() if one.connection is None]
                for key in waiting[: max(0, len(waiting) - MAX_KEPT)]:
                    del self._forwards[key]
            else:
                del self._forwards[link.key]
        await link.forwards.detach()

    async def _open(self, key: Key, hops: tuple[Hop, ...], way: _Way, forwards: ForwardList) -> Link:
        parent = await self.lease(hops[:-1], way) if len(hops) > 1 else None
        try:
            opener = HopOpener(
                hops[-1],
                parent.connection if parent else None,
                way.context,
                files=way.files,
                named=way.named,
                password=way.password,
                is_target=hops[-1] is way.target,
                through=hops[0].name,
            )
            connection = await opener.run()
        except BaseException:
            if parent is not None:
                await parent.release()
            raise
        return Link(key, hops[-1], connection, opener, parent, forwards, users=1)

    def _usable(self, key: Key) -> Link | None:
        self._links = [link for link in self._links if link.is_alive]
        return next((link for link in self._links if link.key == key and not link.is_full), None)

    def _forget(self, link: Link) -> None:
        if link in self._links:
            self._links.remove(link)


_by_loop: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Links] = weakref.WeakKeyDictionary()


def links() -> Links:
    """Return the connections of the running event loop."""
    return _by_loop.setdefault(asyncio.get_running_loop(), Links())


async def lease(
    info: ConnectionInfo, context: ConnectContext, *, look: Callable[[Hop], Awaitable[None]] | None = None
) -> Lease:
    """Return a connection to the host of an SSHHost connection. Raises OpenError, and what ``look`` raises."""

    async def as_it_is(lease: Lease) -> Lease:
        return lease

    return await start(info, context, as_it_is, look=look)


async def start(
    info: ConnectionInfo,
    context: ConnectContext,
    opening: Callable[[Lease], Awaitable[T]],
    *,
    look: Callable[[Hop], Awaitable[None]] | None = None,
    forwards: bool = False,
) -> T:
    """Open a channel on a connection to a host; what ``opening`` returns has to release the lease in the end.

    Where it raises, the lease is released here. On a connection that was there already the server may allow no more
    sessions (MaxSessions), or it may be dead without anybody knowing: a new one is made then. With ``forwards`` those
    of the configuration and the profile listen before. ``look`` sees the target before anything is connected, and may
    raise. Raises OpenError, and what ``opening`` raises.
    """
    shares = info.settings.get("share") is not False
    named = _named(info)
    with _scratch() as folder:
        hops = tuple(await asyncio.to_thread(resolve, info, folder))
        if look is not None:
            await look(hops[-1])
        way = _Way(context, hops[-1], named, info.settings.get(ASKED_FOR), shares)
        if named:
            await key_file(way.files, named)
        while True:
            taken = await links().lease(hops, way)
            try:
                if forwards:
                    await _forward(taken.link, info, hops[-1], context)
                return await opening(taken)
            except (asyncssh.Error, OSError, OpenError) as error:
                await taken.release()
                if not taken.is_reused or isinstance(error, NoForward) or _is_about_the_request(error):
                    raise
                taken.link.is_full = True
            except BaseException:
                await taken.release()
                raise


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    """A folder for the files of one opening. It is removed by a thread: on some systems that takes its time."""
    folder = tempfile.mkdtemp(prefix="pstui-ssh-")
    try:
        yield Path(folder)
    finally:
        asyncio.get_running_loop().run_in_executor(None, partial(shutil.rmtree, folder, ignore_errors=True))


class NoForward(OpenError):
    """A forward does not listen, and ExitOnForwardFailure wants no session without it."""


async def _forward(link: Link, info: ConnectionInfo, hop: Hop, context: ConnectContext) -> None:
    """Have all forwards listen that are wanted, and tell of those that do not. Raises NoForward."""
    try:
        specs = [*hop.forwards.specs, *(parse(text) for text in info.settings.get("forwards") or ())]
    except CallError as error:
        raise OpenError(error.what, error.why, error.hint) from error
    opened = []
    if link.forwards.connection is None or link.forwards.connection.is_closed():
        await link.forwards.attach(link.connection)
        opened = list(link.forwards.forwards)
    opened += await link.forwards.want(hop.forwards, specs)
    for forward in opened:
        said = printable(told(forward))
        if forward.state is ForwardState.FAILED and hop.forwards.exits_on_failure:
            raise NoForward(
                f"{printable(hop.name)}: the forward {printable(str(forward.spec))} does not listen",
                forward.why,
                "ExitOnForwardFailure no opens the session without it.",
            )
        if said:
            context.console.write(Write(f"{printable(hop.name)}: {said}", stream=Stream.NOTICE))


def _named(info: ConnectionInfo) -> Path | None:
    text = info.text("KeyFilePath")
    return expanded(text) if text else None


def _is_about_the_request(error: Exception) -> bool:
    """Whether the server gave a session and refused only what was to run in it."""
    return isinstance(error, asyncssh.ChannelOpenError) and error.code in (
        asyncssh.OPEN_REQUEST_SESSION_FAILED,
        asyncssh.OPEN_REQUEST_PTY_FAILED,
    )


def _again(error: OpenError) -> OpenError:
    """Return an error of another opening for this one."""
    same = type(error)(
        error.what, error.why, error.hint, error_id=error.error_id, details=error.details, offers=error.offers
    )
    same.__cause__ = error
    return same
