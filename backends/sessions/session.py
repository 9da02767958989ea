"""A PSSession: one runspace pool on one far end, its state, its errors and what can be run in it (protocol-notes 5)."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Console
from pstui.backends.errors import (
    BrokenOff,
    Offer,
    OpenCancelled,
    PstuiError,
    SessionBusy,
    SessionDisconnected,
    SessionStateError,
    as_open_error,
)
from pstui.backends.failed_logins import FailedLogins
from pstui.backends.psrp.limits import SCREEN, Limits
from pstui.backends.records import (
    Bounded,
    ErrorInfo,
    InformationInfo,
    PipelineState,
    RunspaceAvailability,
    RunspaceState,
    SentObject,
)
from pstui.backends.sessions import silence
from pstui.backends.sessions.ahead import Ahead
from pstui.backends.sessions.link import Beginning, SessionLink, SessionStatus
from pstui.backends.sessions.reported import (
    STOP_EVENT,
    DebuggerStop,
    SessionRecords,
    read_stop,
    refusal,
)
from pstui.backends.timeouts import timeout
from pstui.backends.transports import registry
from pstui.backends.transports.base import ConnectContext, Transport

if TYPE_CHECKING:
    from pstui.backends.psrp.invocation import HostState, Invocation
    from pstui.backends.psrp.pipeline import Pipeline, PipelineResult
    from pstui.backends.psrp.pool import RunspacePool
    from pstui.backends.psrp.tracing import Tracer

#: Seconds between a command in the debugger that failed or was stopped and the next: a server that gets one while it
#: leaves the other loses it, or ends (protocol-notes 2.4).
NESTED_REST = 0.25
#: Seconds that closing waits for an opening to be given up.
GIVE_UP_TIMEOUT = 5.0


class PSSession:
    """One session (protocol-notes 5.1, 5.3). Made by ``SessionManager.create``; opening it does not enter it.

    ``temporary`` sessions are closed when left. ``on_step`` is told the steps of opening (see ConnectContext).
    ``status`` is its state, ``records`` what its far end reported, ``link`` disconnects and connects it.
    """

    def __init__(
        self,
        info: ConnectionInfo,
        console: Console,
        number: int,
        name: str,
        temporary: bool,
        logins: FailedLogins | None = None,
    ) -> None:
        self.info, self.console, self.id, self.name, self.temporary = info, console, number, name, temporary
        self.given_name = ""  #: the name that a person gave it; ``name`` is made up where nobody did
        self.instance_id = uuid.UUID(int=0)
        self.transport = ""
        #: what the target calls itself, where connecting has found that out (a virtual machine entered by its id)
        self.target_name = ""
        self._logins = logins or FailedLogins()
        self.status, self.records = SessionStatus(), SessionRecords()
        self.link = SessionLink(self)
        self.pool: RunspacePool | None = None
        self.failure: ErrorInfo | None = None  #: why it was lost or could not be opened, as it is listed
        self.failed: PstuiError | None = None  #: the same, as it is shown
        self.application_private_data: dict[str, Any] = {}
        self.on_step: Callable[[str, str], None] = lambda step, detail: None
        self.tracer: Tracer | None = None  # writes what goes over the wire
        #: are told each error record, and each information record as it came, beside ``records``
        self.on_error: Callable[[ErrorInfo], None] = lambda error: None
        self.on_information: Callable[[bytes], None] = lambda body: None
        #: whether the far end's debugger was told once how this client debugs (protocol-notes 3.7)
        self.debug_mode_set = False
        #: whether a stop in the debugger has named its help
        self.debugger_help_named = False
        #: whether the far end has refused script text, so that every line is sent as commands if it can be
        self.no_language = False
        #: what a pipeline here may receive
        self.limits = SCREEN
        #: where a script stands in the far end's debugger, None while none does
        self.stopped: DebuggerStop | None = None
        self._opening: asyncio.Task[None] | None = None
        #: the connection, where it was begun before the opening
        self.ahead = Ahead()
        self._current: Pipeline | None = None
        self._outer: Pipeline | None = None
        self._beginning = Beginning()
        #: several consoles at one stop run their commands one after the other
        self._nested_turn = asyncio.Lock()

    @property
    def state(self) -> RunspaceState:
        """The state of its runspace pool."""
        return self.status.state

    @property
    def availability(self) -> RunspaceAvailability:
        """Whether it would take a command now."""
        return self.status.availability

    @property
    def computer_type(self) -> str:
        """RemoteMachine, VirtualMachine or Container."""
        return self.info.parameter_set.computer_type

    @property
    def configuration_name(self) -> str:
        """The session configuration; for SSH the constant DefaultShell, over WinRM by default Microsoft.PowerShell."""
        if self.info.parameter_set is ParameterSet.SSH_HOST:
            return "DefaultShell"
        is_winrm = self.info.parameter_set in (ParameterSet.COMPUTER_NAME, ParameterSet.URI)
        return self.info.text("ConfigurationName") or ("Microsoft.PowerShell" if is_winrm else "")

    @property
    def can_connect(self) -> bool:
        """Whether it is disconnected and its transport can take it up again."""
        return self.state is RunspaceState.DISCONNECTED and self.link.outlives_connection

    @property
    def protocol(self) -> tuple[int, int]:
        """The negotiated protocol version."""
        return self.pool.protocol if self.pool else (2, 0)

    @property
    def errors(self) -> Sequence[ErrorInfo]:
        """The errors of this session, newest last."""
        return self.records.errors

    @property
    def information(self) -> Sequence[InformationInfo]:
        """The information records of this session, newest last."""
        return self.records.information

    @property
    def breakpoints(self) -> dict[int, str]:
        """The far end's breakpoints by Id, as it reported them."""
        return self.records.breakpoints

    def on_state(self, callback: Callable[[PSSession], None]) -> Callable[[], None]:
        """Call back at each change of state or availability; returns the way to end that."""
        return self.status.watch(lambda: callback(self))

    def changed(self) -> Coroutine[Any, Any, object]:
        """Wait for the next change of state or availability from this call on, even where a task awaits it later."""
        return self.status.changed()

    def attach(self, console: Console) -> None:
        """Show this session's text and questions on ``console`` from now on."""
        self.console = console
        if self.pool is not None:
            self.pool.attach(console)

    def host_to_send(self) -> HostState | None:
        """Return what a command must tell of the console; None while its size is known (protocol-notes 3.11)."""
        return pool.host.state() if (pool := self._open_pool()).host.size != pool.opened_size else None

    def _open_pool(self) -> RunspacePool:
        if self.pool is None or self.state is not RunspaceState.OPENED:
            raise self.not_open()
        return self.pool

    def not_open(self) -> SessionStateError:
        """Return the error for what needs an open session, with the reason why this one is none where it is known."""
        if self.failed is None:
            return SessionStateError(f"{self.info.label}: the session is not open")
        why = f"{self.failed.what}. {self.failed.why}".strip()
        return SessionStateError(f"{self.info.label}: the session is not open", why, self.failed.hint)

    async def open(self) -> None:
        """Connect and open the pool; one that is disconnected is taken up again (protocol-notes 2.2).

        Raises OpenError, SessionStateError; OpenCancelled when ``stop`` ended it.
        """
        while self.state is RunspaceState.OPENING:
            await self.changed()  # by another one
        if self.can_connect:
            await self.link.connect()
        if self.state is RunspaceState.OPENED:
            return
        if self._opening is not None:
            raise SessionStateError("the session's last opening is still being given up")
        self.failure = self.failed = None
        self.debug_mode_set = self.no_language = False
        self.status.set(RunspaceState.OPENING, RunspaceAvailability.NONE)
        task = self._opening = asyncio.create_task(self._open(), name="session opening")
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await self._give_up(task)
            if (current := asyncio.current_task()) is not None and current.cancelling():
                raise
            raise OpenCancelled(f"{self.info.label}: opening was cancelled") from None
        except PstuiError as error:
            await self.drop()
            self._fail(error)
            raise as_open_error(self.info.label, error) from error
        finally:
            self._opening = None

    async def _give_up(self, task: asyncio.Task[None]) -> None:
        """End an opening that nobody wants any more, and whatever it has opened so far."""
        task.cancel()
        self.status.set(RunspaceState.CLOSED, RunspaceAvailability.NONE)
        await asyncio.wait({task})
        await self.drop()

    async def _open(self) -> None:
        pool = await self.make_pool()
        self.instance_id = pool.id
        try:
            with silence.told(self.info, self.console):
                await pool.open()
        except BaseException:
            await _abort(pool.transport)
            raise
        self.application_private_data = pool.private_data
        self.status.set(RunspaceState.OPENED, RunspaceAvailability.AVAILABLE)

    async def make_pool(self) -> RunspacePool:
        """Make the way to the far end ready, and the pool that is to speak over it. Raises OpenError."""
        self.transport = registry.for_set(self.info.parameter_set).name
        connect = self.tracer.noting(registry.connect) if self.tracer else registry.connect
        transport = await (self.ahead.take() or connect(self.info, self.context()))
        try:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise asyncio.CancelledError  # it opened although it was told to give up
            self.on_step("session", "")
            # The far end starts now, which takes it longer than loading this.
            await registry.loaded("pstui.backends.psrp.pool")
            from pstui.backends.psrp.host import Host
            from pstui.backends.psrp.pool import RunspacePool

            host = Host(
                self.console,
                self.info.label,
                self.info.computer_name,
                self.status.leave,
                width=int(self.info.settings.get("width") or 0),
                on_error_line=self.records.add_error_line,
            )
            pool = RunspacePool(
                transport,
                self.console,
                host,
                on_broken=self._fail,
                on_error_record=self._error,
                on_event=self._event,
                on_information=self._information,
            )
        except BaseException:
            await _abort(transport)
            raise
        self.pool = pool
        return pool

    def _error(self, error: ErrorInfo) -> None:
        self.records.add_error(error)
        self.on_error(error)

    def _information(self, body: bytes) -> None:
        self.records.add_information(body)
        self.on_information(body)

    def context(self) -> ConnectContext:
        """Return what a transport may need of its surroundings."""
        named = partial(setattr, self, "target_name")
        return ConnectContext(self.console, self.on_step, self.given_name, named, self._logins)

    async def close(self) -> None:
        """Close orderly: commands, pool, transport. Never raises.

        A disconnected session is connected to first, so that it ends at the far end too (protocol-notes 5.4).
        """
        if (opening := self._opening) is not None:
            opening.cancel()
            await asyncio.wait({opening}, timeout=GIVE_UP_TIMEOUT)
        if self.can_connect:
            with contextlib.suppress(PstuiError, TimeoutError):
                async with timeout(GIVE_UP_TIMEOUT):
                    await self.link.connect()
        if self.pool is not None and self.state is RunspaceState.OPENED:
            self.status.set(RunspaceState.CLOSING, RunspaceAvailability.NONE)
            await self.pool.close()
        await self.drop()
        if self.state is not RunspaceState.BROKEN:
            self.status.set(RunspaceState.CLOSED, RunspaceAvailability.NONE)

    async def break_session(self) -> None:
        """End the session at once, whatever runs in it; for a far end that confirms no stop. Never raises.

        Whoever waits for its commands gets SessionBroken, and the session stays Broken.
        """
        failure = BrokenOff(
            f"{self.info.label}: the session was broken off",
            "What ran in it may still be running there; its output is lost.",
            "Enter it again to continue.",
        )
        if self._opening is not None:
            self._opening.cancel()
        elif self.pool is not None:
            await self.pool.fail(failure)
            await self.drop()

    async def drop(self) -> None:
        """Let go of the pool at once."""
        await self.ahead.drop()
        pool, self.pool = self.pool, None
        if pool is not None:
            await pool.abort()

    async def run(
        self,
        invocation: Invocation,
        *,
        on_output: Callable[[Any], None] | None = None,
        on_object: Callable[[SentObject], None] | None = None,
        on_error: Callable[[ErrorInfo], None] | None = None,
        source: AsyncIterator[Any] | None = None,
        limits: Limits | None = None,
    ) -> PipelineResult:
        """Run one pipeline, within the session's limits or others.

        Raises SessionBroken; SessionStateError when the session is not open or busy, or a limit was crossed.
        """
        async with self._nested_turn if invocation.is_nested else contextlib.nullcontext():
            with self.busy(invocation.is_nested) as pool:
                result = await pool.run(
                    invocation,
                    on_output=on_output,
                    on_object=on_object,
                    on_error=on_error,
                    source=source,
                    on_start=self.started,
                    limits=limits or self.limits,
                )
                if invocation.is_nested and result.state is not PipelineState.COMPLETED:
                    await asyncio.sleep(NESTED_REST)
        if invocation.add_to_history and result.error is not None and result.state is PipelineState.FAILED:
            self.records.add_error(result.error)
        return result

    @contextlib.contextmanager
    def writing_errors(self) -> Iterator[None]:
        """Take what the far end writes for an error: it prints one that is in the list already."""
        host = self._open_pool().host
        host.prints_error = True
        try:
            yield
        finally:
            host.prints_error = False

    async def command_metadata(self, names: list[str]) -> tuple[PipelineResult, list[Any]]:
        """Ask the far end for the metadata of commands (protocol-notes 3.9)."""
        with self.busy() as pool:
            return await pool.command_metadata(names, self.started)

    @contextlib.contextmanager
    def busy(self, nested: bool = False, *, takes_up: bool = False) -> Iterator[RunspacePool]:
        """Hold the session for one pipeline; a nested one runs while another stands at a breakpoint.

        One that ``takes_up`` what runs already follows what makes the session busy, unless that is followed.
        Raises SessionStateError when the session is not open or busy already.
        """
        pool = self._open_pool()
        expected = RunspaceAvailability.REMOTE_DEBUG if nested else RunspaceAvailability.AVAILABLE
        if takes_up and self._outer is None:
            expected = RunspaceAvailability.BUSY
        if self.availability is not expected:
            raise SessionBusy(f"{self.info.label}: the session is busy with another command")
        self._beginning.begins()
        outer, self._current = self._current, None  # a stop is for what begins now, before it is on its way too
        if not nested:
            self.status.set(self.state, RunspaceAvailability.BUSY)
        try:
            yield pool
        finally:
            self._current = outer
            self._beginning.over()
            if not nested:
                self._outer = self.stopped = None
                if self.state is RunspaceState.OPENED:
                    self.status.set(self.state, RunspaceAvailability.AVAILABLE)

    async def available(self) -> None:
        """Wait until a command could run; it can when this returns. Raises SessionStateError when not open."""
        self._open_pool()
        while self.availability is not RunspaceAvailability.AVAILABLE:
            await self.changed()
            self._open_pool()

    async def running(self) -> PipelineResult | None:
        """Wait for the end of what runs here; None when nothing runs. Raises SessionBroken, SessionStateError."""
        while self.availability not in (RunspaceAvailability.AVAILABLE, RunspaceAvailability.NONE):
            if self._outer is not None:
                return await self._outer.result()
            if self.link.has_unreceived:
                self.link.follow()
            await self.changed()
        self._open_pool()
        return None

    async def debugger_stop(self) -> DebuggerStop:
        """Wait until a running script stands in the far end's debugger."""
        while self.stopped is None:
            await self.changed()
        return self.stopped

    async def resume(self, action: Invocation) -> None:
        """Let the stopped script run again; it may stop again before this returns. Raises SessionStateError."""
        async with self._nested_turn:
            with self.busy(nested=True) as pool:
                stopped, self.stopped = self.stopped, None
                self.status.set(self.state, RunspaceAvailability.BUSY)
                self._current = self._outer  # a stop is for the script again
                answers = Bounded(1)
                if why := refusal(await pool.run(action, on_output=answers.take), answers):
                    self.stopped = stopped
                    self.status.set(self.state, RunspaceAvailability.REMOTE_DEBUG)
                    raise SessionStateError("the far end did not take what the debugger was told", why)

    def _event(self, event: dict[str, Any]) -> None:
        source = event.get("PSEventArgs.SourceIdentifier")
        if source == STOP_EVENT and self.availability is RunspaceAvailability.BUSY:
            self.stopped = read_stop(event)
            self.status.set(self.state, RunspaceAvailability.REMOTE_DEBUG)
        else:
            self.records.take_event(event)

    async def invoke_script(
        self,
        script: str,
        console: Console,
        *,
        arguments: Sequence[object] | Mapping[str, object] = (),
        using: Mapping[str, object] | None = None,
        input: AsyncIterator[object] | None = None,
        out_default: bool = True,
        on_output: Callable[[object], None] | None = None,
        on_object: Callable[[SentObject], None] | None = None,
        limits: Limits | None = None,
    ) -> PipelineResult:
        """Run a script as Invoke-Command does; ``out_default`` has the far end format its output as text.

        ``using`` is the table of the values of its ``$using:`` variables; a table of ``arguments`` goes by name.
        ``on_object`` takes the output as it was sent, ``on_output`` as values; ``limits`` are others than its own.
        """
        from pstui.backends.psrp.invocation import script_invocation

        self.attach(console)
        invocation = script_invocation(
            script, arguments, using or {}, self.host_to_send(), out_default=out_default, no_input=input is None
        )
        return await self.run(invocation, on_output=on_output, on_object=on_object, source=input, limits=limits)

    async def stop(self) -> None:
        """Stop what runs, or the opening. Raises SessionStateError when the far end does not confirm the stop."""
        if self._opening is None and self._current is None:
            await asyncio.sleep(0)  # a command in a task made just now begins first: as it does, it drops older stops
        if self._opening is not None:
            self._opening.cancel()
        elif self._current is None:
            await self._beginning.in_time(self.pool and self.pool.transport, self.break_session)
        if self._opening is None and self._current is not None and self.pool is not None:
            try:
                await self.pool.stop(self._current)
            except SessionStateError as error:
                error.offers = (Offer("Break the session", self.break_session),)
                raise

    def started(self, pipeline: Pipeline) -> None:
        self._current = pipeline
        self._beginning.over()
        if not pipeline.is_nested:
            self._outer = pipeline
        if self._beginning.stop_wanted and self.pool is not None:
            stopping = asyncio.create_task(self.pool.stop(pipeline))
            pipeline.host_call_tasks.add(stopping)
            stopping.add_done_callback(pipeline.host_call_tasks.discard)

    def _fail(self, error: PstuiError) -> None:
        self.failed = error
        text = f"{error.what}\n{error.why}".strip()
        self.failure = ErrorInfo(text, fully_qualified_error_id=error.error_id)
        lives_on = isinstance(error, SessionDisconnected)
        if lives_on:
            self.temporary = False  # it must be found again to be connected to
        self.status.set(RunspaceState.DISCONNECTED if lives_on else RunspaceState.BROKEN, RunspaceAvailability.NONE)


async def _abort(transport: Transport) -> None:
    with contextlib.suppress(Exception):
        await transport.abort()
