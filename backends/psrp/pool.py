"""The client side of one runspace pool on one transport (protocol-notes 3.4–3.11, 4, 7).

How this works. psrpcore's ``ClientRunspacePool`` is a sans-IO client: ``prepare_message`` queues what is to be sent,
and the pool sends what is queued with ``_payloads``, one message at a time, so that two of them never share a payload.
What arrives takes another road: ``_read``, one task for the life of the session, takes fragments from
``transport.incoming()``, joins them to messages for the pool or for one of its pipelines, and hands each to
``receive.py``. Only what the fast decoder does not know goes through psrpcore's own parsers.

A command is a ``Pipeline``. ``run`` sends it and waits for its ``result``, a future that a final state, a broken
session or input that could not be sent resolves. Host calls that ask a person are answered in tasks of their own
(``host_calls.py``), so the reader never waits for anyone but a console that has too much to show: then it stops
reading, and the transport makes the far end wait.

A session ends once, in ``_finish``: it sets the last state, releases everyone who waits and withdraws the open
questions. A lost connection to a session that lives on there does not end it but parks it (``park``);
``disconnection.py`` takes it up again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from xml.etree import ElementTree

from psrpcore import ClientRunspacePool, PSRPPayload, StreamType
from psrpcore import types as ps
from psrpcore.types import PSRPMessageType
from pstui.backends.console import BACKLOG_LIMIT, Console
from pstui.backends.errors import (
    LimitExceeded,
    OpenError,
    ProtocolError,
    PstuiError,
    SessionBroken,
    SessionDisconnected,
    SessionStateError,
    Unreadable,
)
from pstui.backends.psrp import invocation as commands
from pstui.backends.psrp.clixml import outgoing
from pstui.backends.psrp.feeding import input_packets
from pstui.backends.psrp.fragments import Defragmenter, Message
from pstui.backends.psrp.host import Host
from pstui.backends.psrp.host_calls import HostCalls
from pstui.backends.psrp.invocation import PipelineTemplates
from pstui.backends.psrp.limits import SCREEN, Limits
from pstui.backends.psrp.pipeline import Pipeline, PipelineResult
from pstui.backends.psrp.receive import AT_ONCE, MAX_SENT_BACK, read_ahead, receive_pipeline, receive_pool
from pstui.backends.psrp.session_key import SessionKey
from pstui.backends.psrp.values import dismantling, in_steps
from pstui.backends.records import (
    Batch,
    Bounded,
    ErrorInfo,
    PipelineState,
    RunspaceState,
    SentObject,
    Stream,
    Write,
)
from pstui.backends.transports.base import ShellTransport, Transport

log = logging.getLogger(__name__)

#: Seconds: no answer at all to the opening (protocol-notes 7.8).
OPEN_TIMEOUT = 180.0
#: Most commands whose metadata is taken.
MAX_COMMANDS = 10_000
#: Seconds of work between two turns of the loop, so that keys are answered during a flood.
TURN = 0.002
#: Seconds a state may lag behind the confirmation of a stop.
STATE_TIMEOUT = 5.0


class RunspacePool:
    """The client side of one pool. ``on_broken`` is called once if the session dies by itself."""

    def __init__(
        self,
        transport: Transport,
        console: Console,
        host: Host,
        *,
        on_broken: Callable[[SessionBroken], None],
        on_error_record: Callable[[ErrorInfo], None],
        on_event: Callable[[dict[str, Any]], None] = lambda event: None,
        on_information: Callable[[bytes], None] = lambda body: None,
    ) -> None:
        self.transport, self.console, self.host = transport, console, host
        self.on_error_record, self.on_event, self.on_information = on_error_record, on_event, on_information
        self.state = RunspaceState.BEFORE_OPEN
        self.private_data: dict[str, Any] = {}
        self.pipelines: dict[uuid.UUID, Pipeline] = {}
        #: commands that run on at the far end while the pool is disconnected
        self.disconnected_pipelines: dict[uuid.UUID, Pipeline] = {}
        self.protocol = (2, 0)
        self.opened_size = host.size
        self.open_timeout: float | None = OPEN_TIMEOUT
        #: the transport, where it makes a shell for the pool
        self.shell: ShellTransport | None = transport if isinstance(transport, ShellTransport) else None
        #: whether the pool exists at the far end and is connected to, rather than opened
        self.is_connecting = False
        self._on_broken = on_broken
        #: psrpcore's sans-IO client, which serializes and does the key exchange
        self.core = ClientRunspacePool()
        self._templates = PipelineTemplates(self.core)
        offered = "2.4" if transport.is_private else "2.3"
        self.core.our_capability = ps.SessionCapability(
            PSVersion=ps.PSVersion("2.0"),
            protocolversion=ps.PSVersion(offered),
            SerializationVersion=ps.PSVersion("1.1.0.1"),
        )
        self.offered_protocol = offered
        self._fragments = Defragmenter(self.max_object())
        self._calls = HostCalls(self)
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.key = SessionKey(self)
        self._reader: asyncio.Task[None] | None = None
        self._aborting: asyncio.Task[None] | None = None

    @property
    def id(self) -> uuid.UUID:
        """The pool's GUID, a session's InstanceId."""
        return self.core.runspace_pool_id

    @property
    def cipher(self) -> Any:
        """What reads and writes SecureString in this session."""
        return self.core._cipher

    async def open(self, title: str = "") -> None:
        """Open the pool on the far end. Raises OpenError, ProtocolError or SessionBroken."""
        self.state = RunspaceState.OPENING
        self.opened_size = self.host.size
        core = self.core
        core.prepare_message(core.our_capability)
        commands.queue_written(core, PSRPMessageType.InitRunspacePool, self._opening(title), None)
        head, *rest = self._payloads()
        self.make_shell()
        await self.transport.open(head.data)
        self.start_reading()
        for payload in rest:
            await self.transport.send(None, payload.data)
        await self.wait_opened()

    def make_shell(self) -> None:
        """Tell a transport that makes a shell what it needs to know, and take its limits."""
        if self.shell is not None:
            self.shell.begin(self.id, self.offered_protocol)
            self.open_timeout = self.shell.open_timeout

    def start_reading(self) -> None:
        """Take what arrives from now on."""
        self._reader = asyncio.create_task(self._read(), name="pool reader")

    def max_object(self, limits: Limits = SCREEN) -> int:
        """Return the largest message that is taken, in bytes: no more than MaximumReceivedObjectSize."""
        told = self.shell.max_object if self.shell is not None else None
        return limits.max_object if told is None else min(told, limits.max_object)

    def _opening(self, title: str) -> bytes:
        """Return the message that opens the pool; without arguments of the session option it is always the same."""

        state = self.host.state(title)

        def write() -> bytes:
            return commands.written(self.core, commands.opening(state, self._arguments()))

        if self.shell is not None and self.shell.application_arguments:
            return write()
        return commands.written_once(("opening", repr(state), self.offered_protocol), write)

    def _arguments(self) -> dict[str, Any]:
        own = commands.version_table(self.offered_protocol)
        more = outgoing(dict(self.shell.application_arguments)) if self.shell is not None else {}
        return {**more, **own}

    async def wait_opened(self) -> None:
        """Wait for the far end to open the pool. Raises OpenError, SessionBroken."""
        try:
            await asyncio.wait_for(asyncio.shield(self.opened), self.open_timeout)
        except TimeoutError:
            raise OpenError(
                f"the far end did not open a session within {self.open_timeout:g} s",
                "It accepted the connection but never answered the remoting protocol.",
                "Check that the program started there is a PowerShell in server mode.",
            ) from None

    async def run(
        self,
        invocation: commands.Invocation,
        *,
        on_output: Callable[[Any], None] | None = None,
        on_object: Callable[[SentObject], None] | None = None,
        on_error: Callable[[ErrorInfo], None] | None = None,
        source: AsyncIterator[Any] | None = None,
        on_start: Callable[[Pipeline], None] | None = None,
        limits: Limits = SCREEN,
    ) -> PipelineResult:
        """Run one pipeline to its end. ``source`` gives its input.

        Raises SessionBroken, SessionStateError; LimitExceeded when it sent more in one piece than ``limits`` allow,
        Unreadable when it sent what cannot be read.
        """
        prepare = self._templates.prepare(invocation, self.protocol)
        pipeline = Pipeline(
            on_output, on_object=on_object, on_error=on_error, is_nested=invocation.is_nested, limits=limits
        )
        if self.shell is not None:
            self.shell.announce(pipeline.id, invocation.history or "")
        return await self._invoke(prepare, pipeline, source, on_start)

    async def command_metadata(
        self, names: list[str], on_start: Callable[[Pipeline], None] | None = None
    ) -> tuple[PipelineResult, list[Any]]:
        """Ask for the metadata of commands; returns the end of it and the objects (protocol-notes 3.9)."""
        found = Bounded(MAX_COMMANDS)
        pipeline = Pipeline(found.take, ignore_exit=True)
        request = commands.metadata_request(names)
        prepare = partial(self.core.prepare_message, request, PSRPMessageType.GetCommandMetadata)
        result = await self._invoke(prepare, pipeline, None, on_start)
        return result, found

    async def _invoke(
        self,
        prepare: Callable[[uuid.UUID], None],
        pipeline: Pipeline,
        source: AsyncIterator[Any] | None,
        on_start: Callable[[Pipeline], None] | None,
    ) -> PipelineResult:
        if self.state is not RunspaceState.OPENED:
            raise SessionStateError("the session is not open")
        if any(other.is_nested == pipeline.is_nested for other in self.pipelines.values()):
            raise SessionStateError("the session is busy with another command", "It runs one at a time.")
        pipeline.fragments = Defragmenter(self.max_object(pipeline.limits))

        async def begin() -> None:
            prepare(pipeline.id)
            head, *rest = self._payloads()
            await self.transport.command(pipeline.id, head.data)
            for payload in rest:
                await self.transport.send(pipeline.id, payload.data)

        return await self.follow(pipeline, begin, on_start, source)

    async def follow(
        self,
        pipeline: Pipeline,
        begin: Callable[[], Awaitable[None]],
        on_start: Callable[[Pipeline], None] | None = None,
        source: AsyncIterator[Any] | None = None,
    ) -> PipelineResult:
        """Follow a command from ``begin``, which starts it or takes it up, to its end."""
        self.pipelines[pipeline.id] = pipeline
        feeding: asyncio.Task[None] | None = None
        try:
            await begin()
            if on_start:
                on_start(pipeline)
            if source is not None:
                feeding = asyncio.create_task(self._feed(pipeline, source))
            return await pipeline.result()
        finally:
            if feeding is not None:
                feeding.cancel()
            pipeline.cancel_answers()
            with contextlib.suppress(SessionBroken):
                await self.transport.close_command(pipeline.id)
            self.pipelines.pop(pipeline.id, None)

    async def _feed(self, pipeline: Pipeline, source: AsyncIterator[Any]) -> None:
        """Send a pipeline its input and the end of it.

        Input that the far end refuses, or that cannot be had, ends the pipeline: it would wait for the rest for ever.
        A session that breaks ends it by itself, once what arrived before is shown.
        """
        try:
            async for values in source:
                if isinstance(values, ElementTree.Element):  # written already: the record of an error to be printed
                    await self.send_message(values, PSRPMessageType.PipelineInput, pipeline.id)
                    continue
                await self._send_input(pipeline, values if isinstance(values, Batch) else (values,))
            await self.send_message(ps.EndOfPipelineInput(), PSRPMessageType.EndOfPipelineInput, pipeline.id)
        except PstuiError as failure:
            if not isinstance(failure, SessionBroken):
                pipeline.fail(failure)

    async def _send_input(self, pipeline: Pipeline, values: Sequence[Any]) -> None:
        """Send values of a pipeline's input in as few packets as they fit into."""
        for packet in input_packets(self.core, pipeline.id, values, self.transport.max_payload):
            await self.transport.send(pipeline.id, packet)

    async def stop(self, pipeline: Pipeline) -> None:
        """Stop a running pipeline once. Raises SessionStateError if it is not confirmed, and when asked again then."""
        if pipeline.is_done:
            return
        if pipeline.stopping:
            if pipeline.unstoppable:
                raise SessionStateError(*pipeline.unstoppable)
            return
        pipeline.stopping = True
        try:
            await self.transport.signal(pipeline.id)
        except SessionStateError as error:
            pipeline.unstoppable = (error.what, error.why, error.hint)
            raise
        # The state precedes the confirmation but may still be queued behind a flood; a server may also confirm without
        # any state.
        with contextlib.suppress(TimeoutError, SessionBroken):
            await asyncio.wait_for(pipeline.result(), STATE_TIMEOUT)
        pipeline.change_state(PipelineState.STOPPED)

    async def send_message(
        self, message: Any, message_type: PSRPMessageType, pipeline_id: uuid.UUID | None, *, prompt: bool = False
    ) -> None:
        """Send one message to a pipeline or the pool; ``prompt`` puts it on the PromptResponse stream.

        An XML element is sent as it is.
        """
        stream = StreamType.prompt_response if prompt else StreamType.default
        if isinstance(message, ElementTree.Element):
            commands.queue_written(self.core, message_type, ElementTree.tostring(message, "utf-8"), pipeline_id)
        else:
            self.core.prepare_message(message, message_type=message_type, pipeline_id=pipeline_id, stream_type=stream)
        await self.flush(pipeline_id, prompt=prompt)

    async def flush(self, pipeline_id: uuid.UUID | None, *, prompt: bool = False) -> None:
        """Send what psrpcore has ready, all of it for one GUID."""
        for payload in self._payloads():
            await self.transport.send(pipeline_id, payload.data, prompt_response=prompt)

    async def close(self) -> None:
        """Close the pool orderly; never raises."""
        if self.state is RunspaceState.OPENED:
            self.state = RunspaceState.CLOSING
        await self.transport.close()
        await self._end_reading()

    async def abort(self) -> None:
        """Drop the session at once, without telling the far end; never raises."""
        self._finish(SessionBroken("the session was closed"), RunspaceState.CLOSED)
        with contextlib.suppress(Exception):
            await self.transport.abort()
        await self._end_reading()

    async def _end_reading(self) -> None:
        self._finish(SessionBroken("the session was closed"), RunspaceState.CLOSED)
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait({self._reader})

    def attach(self, console: Console) -> None:
        """Show text and ask questions on another console from now on."""
        self.console = self.host.console = self.host.questions.console = console
        if self.shell is not None:
            self.shell.attach(console)

    def _payloads(self) -> list[PSRPPayload]:
        """Take everything psrpcore has ready, so that two messages never share a payload by accident."""
        return list(iter(partial(self.core.data_to_send, self.transport.max_payload), None))

    async def _read(self) -> None:
        """Feed what arrives to its pipeline until the session ends."""
        loop = asyncio.get_running_loop()
        turn = last = loop.time()
        try:
            async for item in self.transport.incoming():
                if loop.time() - last > TURN:
                    turn = loop.time()  # it had to wait for this: everybody else had a turn
                pipeline = self.pipelines.get(item.pipeline_id) if item.pipeline_id else None
                if item.pipeline_id is not None and pipeline is None:
                    continue
                if pipeline is not None and item.failure is not None:
                    pipeline.fail(item.failure)
                    continue
                fragments = pipeline.fragments if pipeline else self._fragments
                messages = fragments.feed(item.data)
                if fragments.crossed is not None:
                    self._crossed(fragments.crossed, pipeline)
                    fragments.crossed = None
                for message in messages:
                    await self._message(message, pipeline)
                    if loop.time() - turn > TURN:
                        await asyncio.sleep(self.console.rest)
                        turn = loop.time()
                if loop.time() - turn > TURN:  # a message that is long in coming has its turns, too
                    await asyncio.sleep(self.console.rest)
                    turn = loop.time()
                if self.console.backlog > BACKLOG_LIMIT:
                    await self.console.drained()
                last = loop.time()
            self._broke(SessionBroken("the far end has ended the session"))
        except SessionBroken as failure:
            await self.fail(failure)
        except Exception as error:  # a fault of ours must end the session, not leave everyone waiting for ever
            log.error("reading from the far end failed: %s", type(error).__name__)
            what = "pstui could not handle a message from the far end"
            await self.fail(ProtocolError(what, f"{type(error).__name__} was not expected."))

    async def _message(self, message: Message, pipeline: Pipeline | None) -> None:
        if pipeline is not None and (message.pipeline_id != pipeline.id or message.pool_id != self.id):
            raise ProtocolError("the far end sent a message that belongs to another session or command")
        try:
            if len(message.body) > AT_ONCE and await read_ahead(self, pipeline, message):
                return
            if pipeline is not None:
                receive_pipeline(self, self._calls, pipeline, message)
            else:
                receive_pool(self, self._calls, message)
        except (LimitExceeded, Unreadable) as failure:
            self._crossed(failure, pipeline)
        if message.root is not None and len(message.body) > MAX_SENT_BACK:
            await in_steps(dismantling(message.root))

    def _crossed(self, failure: LimitExceeded | Unreadable, pipeline: Pipeline | None) -> None:
        """End the pipeline that sent too much in one piece, or what cannot be read.

        What the session itself sends is passed over, unless its opening waits for it.
        """
        if pipeline is not None:
            pipeline.fail(failure)
        elif not self.opened.done():
            raise ProtocolError(failure.what, failure.why, failure.hint)
        else:
            self.console.write(Write(failure.text(), stream=Stream.NOTICE))

    async def fail(self, failure: SessionBroken) -> None:
        """Break the session; one that broke the rules is not listened to any longer."""
        self._broke(failure)
        if isinstance(failure, ProtocolError):
            # The caller may be the answer to a question, which ends with its pipeline: that must not stop this.
            self._aborting = asyncio.create_task(self.transport.abort())
            await asyncio.shield(self._aborting)

    def park(self, failure: SessionDisconnected) -> None:
        """Become disconnected: what runs keeps running there, and nobody waits for it here."""
        self.state = RunspaceState.DISCONNECTED
        self.disconnected_pipelines.update(self.pipelines)
        for pipeline in list(self.pipelines.values()):
            pipeline.fail(failure)

    def _broke(self, failure: SessionBroken) -> None:
        if isinstance(failure, SessionDisconnected):
            if self.state is not RunspaceState.DISCONNECTED and self.state is not RunspaceState.DISCONNECTING:
                self.park(failure)
                self._on_broken(failure)
            return
        by_itself = self.state not in (RunspaceState.CLOSING, RunspaceState.CLOSED, RunspaceState.BROKEN)
        self._finish(failure, RunspaceState.BROKEN if by_itself else RunspaceState.CLOSED)
        if by_itself:
            self._on_broken(failure)

    def _finish(self, failure: PstuiError, state: RunspaceState) -> None:
        """Enter a last state and release everyone who waits."""
        if self.state in (RunspaceState.BROKEN, RunspaceState.CLOSED):
            return
        self.state = state
        broken = failure if isinstance(failure, SessionBroken) else SessionBroken(failure.what, failure.why)
        if not self.opened.done():
            self.opened.set_exception(broken)
            self.opened.exception()  # mark as seen: opening may have been given up
        for pipeline in list(self.pipelines.values()):
            pipeline.fail(broken)
        self._calls.cancel()
