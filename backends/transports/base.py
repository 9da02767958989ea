"""What a transport is: the way PSRP fragments travel to one far end and back.

``Transport`` is what the runspace pool speaks to. Transports of the OutOfProc family (SSH, process, exec in a
container, named pipe, VM socket) only bring a ``Channel``; ``outofproc.py`` makes the Transport of it. WSMan
implements Transport itself, and ``ShellTransport`` besides, which is what can be disconnected and connected to again.

A transport's module holds a constant ``TRANSPORT: TransportKind``; ``registry.py`` finds it. Heavy libraries are
imported inside ``connect``, because listing the transports must load none of them.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Console
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import PstuiError
from pstui.backends.failed_logins import FailedLogins
from pstui.backends.forwards import Forwards
from pstui.backends.records import RunspaceAvailability, RunspaceState


class Channel(Protocol):
    """A byte stream to a process that speaks OutOfProc (protocol-notes 6.1): three methods and a reason for its end."""

    async def read(self) -> bytes:
        """Return the next bytes, at most a few hundred KiB, or ``b""`` once the far end is gone.

        Raises SessionBroken when the far end reported an error beside the stream (stderr of ``pwsh -s``).
        """

    async def write(self, data: bytes) -> None:
        """Send all of ``data``, waiting while the far end takes no more. Raises OSError or SessionBroken."""

    async def stop(self) -> None:
        """End the channel now: kill the process, drop the connection. May be called twice."""

    def ending(self) -> str:
        """Return why the channel ended as far as it knows (exit code, signal, text on stderr), or ``""``."""


@runtime_checkable
class Forwarding(Protocol):
    """What a channel or a transport has besides whose connection carries port forwards."""

    #: None where this one carries none
    forwards: Forwards | None


@dataclass(frozen=True, slots=True)
class Incoming:
    """Fragments that arrived for a pipeline, or for the pool itself when ``pipeline_id`` is None.

    ``failure`` says that nothing more comes for this pipeline, while the session goes on.
    """

    pipeline_id: uuid.UUID | None
    data: bytes
    failure: PstuiError | None = None


class Transport(Protocol):
    """Carries fragments for one runspace pool. All calls happen on the event loop.

    Every method raises SessionBroken (or ProtocolError) when the far end is gone. Flow rules (one outstanding Data
    per GUID, close order) are the transport's business: callers may call ``send`` as often as they like, in order.
    """

    @property
    def max_payload(self) -> int:
        """Largest payload of one packet in bytes, for psrpcore's ``data_to_send``."""

    @property
    def is_private(self) -> bool:
        """Whether the way to the far end is encrypted or local (protocol-notes 7.6)."""

    async def open(self, opening: bytes) -> None:
        """Send the pool's first packet (SESSION_CAPABILITY and INIT_RUNSPACEPOOL) and return without an answer."""

    async def command(self, pipeline_id: uuid.UUID, first: bytes) -> None:
        """Make the command channel and send its first payload."""

    async def send(self, pipeline_id: uuid.UUID | None, data: bytes, *, prompt_response: bool = False) -> None:
        """Send one payload to a pipeline or the pool."""

    async def signal(self, pipeline_id: uuid.UUID) -> None:
        """Stop a command; returns when the far end has acknowledged. Nothing is sent to it afterwards."""

    async def close_command(self, pipeline_id: uuid.UUID) -> None:
        """Close a command's channel; returns when acknowledged or when there is nothing to close."""

    async def close(self) -> None:
        """Close the pool in the orderly way within the protocol's time limit, then the channel. Never raises."""

    async def abort(self) -> None:
        """Drop everything at once. Never raises."""

    def incoming(self) -> AsyncIterator[Incoming]:
        """Yield what arrives, in order, until the session ends; raises SessionBroken when it ends by itself."""


@runtime_checkable
class ShellTransport(Protocol):
    """What a transport has besides that makes a shell for the pool (WSMan); the pool looks whether it has it.

    ``application_arguments`` are told to the far end when the pool opens, ``open_timeout`` is in seconds (None is no
    limit), ``max_object`` the largest object taken in bytes (None for no limit).
    """

    @property
    def application_arguments(self) -> Mapping[str, Any]: ...
    @property
    def open_timeout(self) -> float | None: ...
    @property
    def max_object(self) -> int | None: ...

    def begin(self, pool_id: uuid.UUID, protocol: str) -> None:
        """Take the id of the pool, which is the shell's too, and the protocol offered, before ``open``."""

    def announce(self, pipeline_id: uuid.UUID, text: str) -> None:
        """Take the text of the command that is about to begin, for whoever lists the commands on that computer."""

    def pool_opened(self) -> None:
        """Take the pool for open: nothing more is expected of it at once."""

    def attach(self, console: Console) -> None:
        """Show what happens to the connection on another console from now on."""

    async def connect(self, opening: bytes) -> None:
        """Connect to the shell of the pool's id; ``opening`` ends with CONNECT_RUNSPACEPOOL. Raises OpenError."""

    async def connect_command(self, pipeline_id: uuid.UUID) -> None:
        """Take over a command of the shell that was connected to. Raises SessionBroken."""

    async def disconnect(self, idle_timeout: float | None = None, buffering: str = "") -> None:
        """Let go of the shell, which lives on for ``idle_timeout`` seconds. Raises SessionBroken."""

    async def reconnect(self) -> None:
        """Take the shell again that this transport let go of, its commands too. Raises SessionBroken."""


@dataclass(frozen=True, slots=True)
class TerminalWish:
    """What a terminal is to be: its size in cells, the folder it begins in, and the line that it runs.

    An empty ``directory``, or one that is not there, means where the far end puts a login. An empty ``line`` means
    the shell of the account. A line is one of PowerShell's; a shell gets it where both read it alike.
    """

    columns: int
    rows: int
    directory: str = ""
    line: str = ""


class TerminalChannel(Channel, Protocol):
    """A channel to a program that has a terminal: what it writes are sequences for one, as xterm knows them."""

    def resize(self, columns: int, rows: int) -> None:
        """Tell the program the size of its terminal, in cells."""

    @property
    def runs(self) -> bool | None:
        """Whether a program runs beside the shell; None where that is not known."""

    @property
    def exit_code(self) -> int | None:
        """The exit code of the program, None while it runs and where it is not known."""


@dataclass(frozen=True, slots=True)
class ConnectContext:
    """What a transport may need of its surroundings while connecting.

    ``console`` asks passwords and host keys (Question with ``remote=False``) and gets notices; ``step`` is told each
    step of opening for -Verbose and for the connection test: ``step(name, detail)`` with the names ``name`` (address
    look-up), ``port``, ``host key``/``TLS``, ``authentication``, ``session``. A step is told when it begins; told
    again, its detail is a better one. Hosts on the way (jump hosts) begin again with ``name`` or ``port``.
    ``named`` is told what the target calls itself, where the connection names it otherwise.
    """

    console: Console
    step: Callable[[str, str], None] = field(default=lambda name, detail: None)
    #: the name that the session was given, for far ends that list it by one; empty where it was given none
    name: str = ""
    named: Callable[[str], None] = field(default=lambda name: None)
    #: passwords that were refused before are not sent a second time
    failed_logins: FailedLogins = field(default_factory=FailedLogins)
    #: is told the credential that a person was asked for, once the far end took it: it need not be asked for again
    taken: Callable[[PSCredential], None] = field(default=lambda credential: None)


@dataclass(frozen=True, slots=True)
class RemoteSession:
    """A session as the computer that keeps it describes it. Times are in seconds; 0 is unknown.

    ``availability`` is Busy while a client holds it, None when it can be connected to. ``commands`` are the ids of
    what runs in it or has output that nobody took.
    """

    instance_id: uuid.UUID
    name: str
    computer_name: str
    configuration_name: str
    state: RunspaceState
    availability: RunspaceAvailability
    owner: str = ""
    idle_timeout: float = 0.0
    max_idle_timeout: float = 0.0
    commands: tuple[uuid.UUID, ...] = ()


OpenTerminal = Callable[[ConnectionInfo, ConnectContext, TerminalWish], Awaitable[TerminalChannel]]
ListSessions = Callable[[ConnectionInfo, ConnectContext], Awaitable[Sequence[RemoteSession]]]


@dataclass(frozen=True, slots=True)
class TransportKind:
    """One transport, as the registry knows it: the ``Transport`` property of a PSSession and what it serves.

    A kind whose far ends keep sessions that nobody is connected to gives ``list_sessions``; its transports are
    ``ShellTransport`` then.
    """

    name: str
    parameter_sets: frozenset[ParameterSet]
    connect: Callable[[ConnectionInfo, ConnectContext], Awaitable[Transport]]
    #: returns "" when usable here, else the reason with what would help
    unavailable: Callable[[], str] = field(default=lambda: "")
    #: lower is tried first when two transports serve one set
    rank: int = 100
    #: returns the sessions that a computer keeps, or raises OpenError; None where the far end keeps none
    list_sessions: ListSessions | None = None
    #: opens a terminal where a session goes, or raises OpenError; None where there is none, for the reason beside it
    open_terminal: OpenTerminal | None = None
    no_terminal: str = ""
    #: raises OpenError for what can be known before a password is asked for, such as a closed port
    check: Callable[[ConnectionInfo, ConnectContext], Awaitable[None]] | None = None
