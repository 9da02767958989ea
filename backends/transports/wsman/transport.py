"""A Transport over a WinRM shell: fragments go out by Command and Send and come in by Receive (protocol-notes 6.7).

How this works. A runspace pool is a shell there, and its GUID the shell's. Create carries the first fragments, Command
begins a pipeline, Send feeds it, Signal stops or closes it, Delete ends the shell; ``shell.py`` writes these requests
and ``client.py`` gets them answered, over as many HTTP connections as are needed at once. What comes back arrives only
in answers to Receive, one task a stream (``receive.py``).

Every request of the open shell passes ``_asked``, which decides what a fault means: a shell that the service took for
left is taken again and the request repeated; a command that is over is not an error where that may happen; a refusal of
this request alone is a SessionStateError; anything else ends the session. Lost requests never get here: ``recovery.py``
has them sent again.

``disconnect`` and ``reconnect`` are of the same shell object; ``connect`` takes a shell that another client made, and
``connect_command`` what ran on in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from pstui.backends.console import Console
from pstui.backends.errors import ProtocolError, SessionBroken, SessionDisconnected
from pstui.backends.timeouts import timeout
from pstui.backends.transports.base import Incoming
from pstui.backends.transports.wsman import errors, faults
from pstui.backends.transports.wsman.client import Client
from pstui.backends.transports.wsman.envelope import Request, payload_size
from pstui.backends.transports.wsman.receive import FinishedCommands, Receiver, StreamState
from pstui.backends.transports.wsman.recovery import Recovery
from pstui.backends.transports.wsman.shell import STOP, TERMINATE, ShellInfo, ShellRequests, connect_answer, shells
from pstui.backends.transports.wsman.target import ENVELOPE, OLD_ENVELOPE

#: seconds for an orderly end; a person who leaves does not wait for more
CLOSE_TIMEOUT = 5.0
#: seconds a command's Receive has to end by itself once the command is closed, so that its connection is kept
FAREWELL = 2.0
#: seconds between two attempts to open
RETRY_PAUSE = 0.2

_VERSION = re.compile(rb'N="protocolversion">(\d+)\.(\d+)<')


#: makes the client for the address that a redirect names, or raises OpenError
Redirect = Callable[[str], Awaitable[Client]]


class WSManTransport:
    """Carries the fragments of one pool through one shell. ``create`` it or ``connect`` to one that exists."""

    def __init__(self, client: Client, computer: str, console: Console, redirect: Redirect | None = None) -> None:
        options = client.endpoint.options
        self._client, self.computer, self._options = client, computer, options
        self.max_payload = payload_size(options.envelope or OLD_ENVELOPE)
        self.is_private = client.endpoint.plan.is_private
        self.application_arguments: Mapping[str, Any] = options.arguments
        self.max_object = options.max_object
        self.open_timeout = options.open_timeout
        self._redirect = redirect
        self.shell: ShellInfo | None = None
        self.name = ""
        self.recovery = Recovery(client, computer, console, self._probe)
        self.close_timeout = CLOSE_TIMEOUT
        self._requests: ShellRequests | None = None
        self._protocol = "2.3"
        self._texts: dict[uuid.UUID, str] = {}
        self._receiver = Receiver(computer, self._put, self._retake)
        self._streams, self._queue = self._receiver.streams, self._receiver.queue
        self._retaking = asyncio.Lock()
        self._chores: set[asyncio.Task[None]] = set()
        self._finished = FinishedCommands(self._forget)
        self._negotiated = options.envelope is not None

    # What a shell needs to know of its pool.

    def begin(self, pool_id: uuid.UUID, protocol: str) -> None:
        """Take the pool's id for the shell's, and the protocol that is offered."""
        resource = self._client.endpoint.target.shell_uri
        self._requests, self._protocol = (
            ShellRequests(self._client.envelopes, self._options, pool_id, resource),
            protocol,
        )

    def announce(self, pipeline_id: uuid.UUID, text: str) -> None:
        """Take the text of a command that is about to begin, for whoever lists the commands on that computer."""
        self._texts[pipeline_id] = text

    def pool_opened(self) -> None:
        """Take the pool for open: its stream has nothing urgent any more."""
        self._receiver.pool_is_open = True

    def attach(self, console: Console) -> None:
        """Show interruptions on another console from now on."""
        self.recovery.console = console

    # Opening.

    async def open(self, opening: bytes) -> None:
        """Create the shell with the pool's first fragments. Raises OpenError."""
        if self._requests is None:
            self.begin(uuid.uuid4(), self._protocol)
        assert self._requests is not None
        left = self._options.retries
        while True:
            try:
                body = await self._client.once(self._requests.create(opening, self._protocol, self.name))
                self._requests.created(body)
                break
            except faults.WSManFailure as failure:
                location = failure.location if isinstance(failure, faults.HTTPFailure) else ""
                if location and self._redirect is not None:
                    await self._move(await self._redirect(location))
                elif left <= 0 or not errors.may_open_later(failure):
                    raise errors.open_error(failure, self._client.endpoint.error_context) from failure
                else:
                    left -= 1
                    await asyncio.sleep(RETRY_PAUSE)
        self.shell = next(iter(shells(body)), None)
        self._start()

    async def _move(self, client: Client) -> None:
        """Go on with another client, after a redirect."""
        assert self._requests is not None
        self._client.connections.close()
        self._client = client
        self.recovery.follow(client)
        self.is_private = client.endpoint.plan.is_private
        self.begin(uuid.UUID(self._requests.shell_id), self._protocol)

    async def connect(self, opening: bytes) -> None:
        """Connect to the shell named after the pool, which nobody holds. Raises OpenError."""
        assert self._requests is not None
        try:
            body = await self._client.once(self._requests.connect(opening, self._protocol))
            answer = connect_answer(body)
        except faults.WSManFailure as failure:
            raise errors.open_error(failure, self._client.endpoint.error_context) from failure
        self._put(None, answer)
        self._start()

    async def connect_command(self, pipeline_id: uuid.UUID) -> None:
        """Take up a command that ran on meanwhile; its output arrives from now on. Raises SessionBroken."""
        assert self._requests is not None
        stream = self._streams.get(pipeline_id)
        if stream is None:
            await self._asked(self._requests.connect_command(pipeline_id))
            self._streams[pipeline_id] = StreamState(self._receive(pipeline_id))
        elif not stream.is_over:
            stream.begin(self._receive(pipeline_id))

    def _start(self) -> None:
        self._client.recover = self.recovery
        self._streams[None] = StreamState(self._receive(None))

    # Commands.

    async def command(self, pipeline_id: uuid.UUID, first: bytes) -> None:
        """Begin a command with its first fragments, and wait for its output from now on."""
        assert self._requests is not None
        self._finished.wait()
        text = self._texts.pop(pipeline_id, "")
        answer = await self._asked(self._requests.command(pipeline_id, first, text))
        self._requests.began(pipeline_id, answer)
        self._streams[pipeline_id] = StreamState(self._receive(pipeline_id))

    async def send(self, pipeline_id: uuid.UUID | None, data: bytes, *, prompt_response: bool = False) -> None:
        """Send fragments to a command or the pool, in order."""
        stream = self._streams.get(pipeline_id)
        if stream is None or self._requests is None:
            return  # the command is gone; nobody waits for this any more
        if pipeline_id is None:
            self._receiver.wanted.set()
        name = "pr" if prompt_response else "stdin"
        async with stream.turn:
            if not (stream.stopped or stream.is_over):
                await self._asked(self._requests.send(pipeline_id, data, name), may_be_over=pipeline_id is not None)

    async def signal(self, pipeline_id: uuid.UUID) -> None:
        """Stop a command. Nothing is sent to it afterwards. Raises SessionStateError when the stop was refused."""
        stream = self._streams.get(pipeline_id)
        if stream is None or self._requests is None or stream.stopped or stream.is_over:
            return
        if self.recovery.give_up():
            return  # nothing reaches the command now: the session is let go of instead, as PowerShell does
        stream.stopped = True
        await self._asked(self._requests.signal(pipeline_id, STOP), may_be_over=True)

    async def close_command(self, pipeline_id: uuid.UUID) -> None:
        """Close a command; one that is over is forgotten later, when there is time."""
        self._texts.pop(pipeline_id, None)
        if isinstance(self._queue.failure, SessionDisconnected):
            return  # it keeps running there, and may be taken up again
        if (stream := self._streams.pop(pipeline_id, None)) is None or self._requests is None:
            return
        if self._queue.failure is not None:
            stream.end()
            return
        stream.stopped = True
        if stream.is_over:
            # What is over only takes a place in the service's list of commands: clear it when there is time.
            self._finished.add(pipeline_id)
            return
        task = asyncio.create_task(self._terminate(pipeline_id, stream), name="close command")
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)
        await asyncio.wait({task}, timeout=self.close_timeout)

    async def _forget(self, pipeline_id: uuid.UUID) -> None:
        """Have the service forget a command."""
        assert self._requests is not None
        if self._queue.failure is None:
            with contextlib.suppress(faults.WSManFailure, SessionBroken):
                await self._client.call(self._requests.signal(pipeline_id, TERMINATE))
            self._requests.ended(pipeline_id)

    async def _terminate(self, pipeline_id: uuid.UUID, stream: StreamState) -> None:
        await self._forget(pipeline_id)
        if stream.task is not None and not stream.task.done():
            await asyncio.wait({stream.task}, timeout=FAREWELL)
        stream.end()

    # Leaving and coming back.

    async def disconnect(self, idle_timeout: float | None = None, buffering: str = "") -> None:
        """Let go of the shell, which lives on without us. Times in seconds. Raises SessionBroken."""
        assert self._requests is not None
        with self._queue.leaving():
            await self._asked(self._requests.disconnect(idle_timeout, buffering))
        self._queue.end(SessionDisconnected(f"{self.computer}: the session was disconnected"))
        await self._rest()

    async def reconnect(self) -> None:
        """Take the shell again that ``disconnect`` or a network failure let go of. Raises SessionBroken."""
        assert self._requests is not None
        await self._rest()
        self._queue.resume()
        self.recovery.ended = None
        self._client.connections.drop()
        if await self._state() in ("Disconnected", ""):
            await self._asked(self._requests.reconnect())
        self._streams[None].begin(self._receive(None))

    async def _rest(self) -> None:
        for stream in self._streams.values():
            stream.end()
        tasks = {stream.task for stream in self._streams.values() if stream.task is not None}
        if tasks:
            await asyncio.wait(tasks)

    async def _state(self) -> str:
        assert self._requests is not None
        try:
            return await self._told(recovers=False)
        except faults.WSManFailure as failure:
            raise errors.broken(failure, self.computer) from failure

    async def _told(self, *, recovers: bool = True) -> str:
        """Return the state that the service tells of the shell, "" where it tells none. Raises WSManFailure.

        A service that cannot answer this question may still hold the shell.
        """
        assert self._requests is not None
        try:
            request = self._requests.get(self._options.receive_timeout)
            found = shells(await self._client.call(request, recovers=recovers))
        except faults.Fault as fault:
            if fault.ends_the_session:
                raise
            return ""
        except faults.BadReply:
            return ""
        return found[0].state if found else ""

    # The end.

    async def close(self) -> None:
        """Delete the shell within the time limit, then cut the connections. Never raises."""
        if self._queue.closing:
            return
        self._queue.closing = True
        self._finished.wait()
        reachable = self._queue.failure is None and not self.recovery.is_going_on
        if reachable and None in self._streams and self._requests is not None:
            with contextlib.suppress(faults.WSManFailure, SessionBroken, TimeoutError):
                async with timeout(self.close_timeout):
                    if self._chores:
                        await asyncio.wait(self._chores)
                    await self._client.call(self._requests.delete(), recovers=False)
        await self.abort()

    async def abort(self) -> None:
        """Cut every connection and release everyone who waits. Never raises."""
        self._queue.closing = True
        self._finished.wait()
        self._client.connections.close()
        tasks = {*self._chores, *(stream.task for stream in self._streams.values() if stream.task is not None)}
        tasks.discard(asyncio.current_task())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._queue.end(SessionBroken("the session was closed"))

    def incoming(self) -> AsyncIterator[Incoming]:
        """Yield arriving fragments in order. Raises SessionBroken when the session dies by itself."""
        return self._queue.items()

    # Inside.

    async def _receive(self, pipeline_id: uuid.UUID | None) -> bool:
        assert self._requests is not None
        return await self._receiver.receive(self._client, self._requests, pipeline_id)

    def _put(self, pipeline_id: uuid.UUID | None, data: bytes) -> None:
        if not data:
            return
        if pipeline_id is None and not self._negotiated:
            self._negotiate(data)
        limit, stream = self._options.max_data, self._streams.get(pipeline_id)
        if stream is not None:
            stream.size += len(data)
            if limit is not None and pipeline_id is not None and stream.size > limit:
                raise ProtocolError(
                    f"{self.computer} sent more than {limit} bytes for one command",
                    "That is the MaximumReceivedDataSizePerCommand of the session option.",
                    "Ask for less, or allow more.",
                )
        self._queue.put(Incoming(pipeline_id, data))

    def _negotiate(self, data: bytes) -> None:
        """Send larger envelopes once the far end shows that it is of the age that takes them (protocol-notes 6.7)."""
        if (found := _VERSION.search(data)) is not None:
            self._negotiated = True
            if (int(found[1]), int(found[2])) >= (2, 2):
                self.max_payload = payload_size(ENVELOPE)

    async def _asked(self, request: Request, *, may_be_over: bool = False) -> ET.Element:
        """Send a request of the open shell, and return the body of its answer.

        With ``may_be_over`` a command that the service no longer knows is not an error. Raises SessionBroken, or
        SessionStateError where the service refused this request alone.
        """
        if self._queue.failure is not None:
            raise self._queue.failure
        try:
            try:
                return await self._client.call(request)
            except faults.Fault as fault:
                if fault.code not in faults.LET_GO or self._queue.is_ending:
                    raise
            await self._retake()
            return await self._client.call(request)
        except faults.WSManFailure as failure:
            if isinstance(failure, faults.Fault):
                if may_be_over and failure.knows_nothing:
                    return ET.Element("nothing")
                if failure.code != faults.NO_SUCH_SESSION:
                    raise errors.command_error(failure, self.computer) from failure
            broken = errors.broken(failure, self.computer)
            self._queue.end(broken)
            raise broken from failure

    async def _probe(self, within: float) -> None:
        """Ask the service for anything at all, and take the shell again that it took for left meanwhile."""
        assert self._requests is not None
        found = shells(await self._client.once(self._requests.get(within)))
        if found and found[0].state == "Disconnected" and not self._queue.is_ending:
            await self._client.once(self._requests.reconnect())

    async def _retake(self) -> None:
        """Take the shell again that the service took for left. Raises WSManFailure, SessionBroken."""
        assert self._requests is not None
        async with self._retaking:
            if await self._told() in ("Disconnected", "") and not self._queue.is_ending:
                await self._client.call(self._requests.reconnect())
