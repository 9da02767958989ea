"""The shells of the test endpoint: their states, limits and commands, and what a client may do to them when."""

from __future__ import annotations

import asyncio
import base64
import time
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar
from xml.sax.saxutils import escape

from pstui.backends.errors import ProtocolError
from pstui.backends.transports.outofproc import SESSION

from tests.support import winrm_soap as soap
from tests.support.winrm_psrp import ShellServer, StreamQueue
from tests.support.winrm_soap import NS, Fault, Request, element

POWERSHELL = "http://schemas.microsoft.com/powershell/"
Fed = TypeVar("Fed")
MIN_IDLE = 60.0
NEVER = 2147483.647
_STATE = f"{soap.SHELL}/CommandState/"
_NO_COMMAND = (
    "The Windows Remote Shell received a request to perform an operation on a command identifier that does not exist. "
    "Either the command has completed execution or the client specified an invalid command identifier. "
)
NO_SHELL = (
    "The WS-Management service cannot process the request because the request contained invalid selectors "
    "for the resource. "
)


@dataclass
class Limits:
    """What the service allows. Times are in seconds as clients name them; ``scale`` makes them pass faster."""

    scale: float = 1.0
    max_shells: int = 30
    max_envelope: int = 512000
    default_idle: float = 7200.0
    max_idle: float = NEVER
    configurations: tuple[str, ...] = ("Microsoft.PowerShell",)
    denied_users: set[str] = field(default_factory=set)
    denied_configurations: set[str] = field(default_factory=set)
    #: a shell whose client has gone for so long is disconnected
    silence: float = 240.0
    second_receive: str = "supersede"


@dataclass
class Shell:
    """One shell. ``state`` is Connected or Disconnected; ``touched`` is when a client was last heard of."""

    shell_id: str
    request: Request
    owner: str
    server: ShellServer
    name: str = ""
    idle: float = 7200.0
    max_idle: float = NEVER
    buffer_mode: str = "Block"
    state: str = "Connected"
    session_id: str = ""
    envelope: int = 153600
    created: float = field(default_factory=time.monotonic)
    touched: float = field(default_factory=time.monotonic)
    finished: set[uuid.UUID] = field(default_factory=set)
    waiting: int = 0
    receivers: dict[uuid.UUID, asyncio.Future[Fault]] = field(default_factory=dict)
    chores: set[asyncio.Task[None]] = field(default_factory=set)

    def describe(self, *, listed: bool = False) -> str:
        """Write the shell as an element."""
        runs, rests = int(time.monotonic() - self.created), int(time.monotonic() - self.touched)
        facts = {
            "ShellId": self.shell_id,
            "Name": self.name,
            "ResourceUri": self.request.resource_uri,
            "Owner": self.owner,
            "ClientIP": "127.0.0.1",
            "ProcessId": "4711",
            "IdleTimeOut": soap.duration(self.idle),
            "InputStreams": "stdin pr",
            "OutputStreams": "stdout",
            "MaxIdleTimeOut": soap.duration(self.max_idle),
            "Locale": self.request.locale,
            "DataLocale": self.request.data_locale,
            "CompressionMode": "NoCompression",
            "ProfileLoaded": "No" if self.request.options.get("WINRS_NOPROFILE", "") in ("1", "TRUE") else "Yes",
            "Encoding": "UTF8",
            "BufferMode": self.buffer_mode,
            "State": self.state,
            "ShellRunTime": f"P0DT0H{runs // 60}M{runs % 60}S",
            "ShellInactivity": f"P0DT0H{rests // 60}M{rests % 60}S",
        }
        if listed:
            facts |= {"MemoryUsed": "46MB", "ChildProcesses": "0"}
        inner = "".join(element(f"rsp:{key}", escape(value)) for key, value in facts.items() if value)
        return f'<rsp:Shell xmlns:rsp="{NS["rsp"]}">{inner}</rsp:Shell>'

    def commands(self) -> str:
        """Write the commands that can still be received from, as elements."""
        ids = [guid for guid in self.server.outbox.queues if guid != SESSION]
        return "".join(
            f'<rsp:Command xmlns:rsp="{NS["rsp"]}">'
            + element("rsp:CommandId", str(guid).upper())
            + element("rsp:CommandLine")
            + element("rsp:CommandState", "Running")
            + "</rsp:Command>"
            for guid in ids
        )

    def queue(self, guid: uuid.UUID) -> StreamQueue:
        """Return an output stream. Raises Fault when the command is unknown or over."""
        found = self.server.outbox.queues.get(guid)
        if found is None:
            raise Fault(soap.UNEXPECTED_SELECTORS, _NO_COMMAND, "w:InvalidSelectors")
        return found

    def interrupt(self, fault: Fault, guid: uuid.UUID | None = None) -> None:
        """End the waiting Receive of one stream, or all of them, in a fault."""
        for one, waiting in self.receivers.items():
            if guid in (None, one) and not waiting.done():
                waiting.set_result(fault)

    def feed(self, work: Callable[..., Fed], *arguments: Any) -> Fed:
        """Give the PSRP server something, and turn its refusal into a fault."""
        try:
            return work(*arguments)
        except (ProtocolError, ValueError) as error:
            raise Fault(soap.INVALID_DATA, f"The data is invalid: {error}.") from None

    async def receive(self, request: Request, guid: uuid.UUID, scale: float, second: str) -> str:
        """Wait for output and return the body of the response. Raises Fault, also when there is none in time."""
        queue = self.queue(guid)
        before = self.receivers.get(guid)
        if before is not None and not before.done():
            if second == "fault":
                raise Fault(soap.RECEIVE_IN_PROGRESS, "A Receive for this stream is in progress already.")
            before.set_result(Fault(soap.OPERATION_ABORTED, "The operation was superseded by another Receive."))
        stop: asyncio.Future[Fault] = asyncio.get_running_loop().create_future()
        self.receivers[guid] = stop
        try:
            await self._output(queue, stop, request.timeout * scale)
        finally:
            if self.receivers.get(guid) is stop:
                del self.receivers[guid]
        return self._response(request, guid, queue)

    async def _output(self, queue: StreamQueue, stop: asyncio.Future[Fault], timeout: float) -> None:
        end = time.monotonic() + timeout
        while not queue.chunks and not queue.done:
            queue.changed.clear()
            news = asyncio.ensure_future(queue.changed.wait())
            both: list[asyncio.Future[Any]] = [news, stop]
            await asyncio.wait(both, timeout=end - time.monotonic(), return_when=asyncio.FIRST_COMPLETED)
            news.cancel()
            if not stop.done() and time.monotonic() >= end and not queue.chunks:
                raise timed_out()
            if stop.done():
                break
        if stop.done():
            raise stop.result()

    def _response(self, request: Request, guid: uuid.UUID, queue: StreamQueue) -> str:
        taken = self.server.outbox.take(guid, request.max_envelope - 2500)
        command = "" if guid == SESSION else str(guid).upper()
        inner = "".join(
            element("rsp:Stream", base64.b64encode(chunk).decode(), Name="stdout", CommandId=command) for chunk in taken
        )
        if command and queue.done and not queue.chunks:
            code = element("rsp:ExitCode", "0")
            inner += element("rsp:CommandState", code, CommandId=command, State=f"{_STATE}Done")
            self._over(guid)
        elif command:
            inner += element("rsp:CommandState", CommandId=command, State=f"{_STATE}Pending")
        return element("rsp:ReceiveResponse", inner)

    def _over(self, guid: uuid.UUID) -> None:
        """Forget a command whose end was received."""
        self.finished.add(guid)
        self.server.outbox.queues.pop(guid, None)
        self._chore(self.server.close_command(guid))

    def _chore(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self.chores.add(task)
        task.add_done_callback(self.chores.discard)


def timed_out() -> Fault:
    """What a Receive without output ends in: no more than a request to ask again."""
    text = "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.  "
    return Fault(soap.OPERATION_TIMEDOUT, text, "w:TimedOut", sender=False)


def bare_name(user: str) -> str:
    """Return a user's name without domain or realm, in lower case."""
    return user.rpartition("\\")[2].partition("@")[0].lower()


def is_same(one: str, other: str) -> bool:
    """Return whether two spellings name one user."""
    return bare_name(one) == bare_name(other)
