"""A PSSession: one runspace pool on one far end, its state, its errors and what can be run in it (semantics 5)."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .connection import ConnectionInfo, ParameterSet
from .debugging import BREAKPOINT_EVENT, STOP_EVENT, DebuggerStop, read_breakpoint, read_stop
from .errors import OpenCancelled, OpenError, PstuiError, SessionBroken, SessionDisconnected, SessionStateError
from .host import Console
from .records import ErrorInfo, RunspaceAvailability, RunspaceState
from .transports import registry
from .transports.base import ConnectContext, Transport

if TYPE_CHECKING:
    from .psrp.commands import Invocation
    from .psrp.pipeline import Pipeline, PipelineResult
    from .psrp.pool import RunspacePool

#: Error records kept for the list of a session's errors.
MAX_ERRORS = 500

_COMPUTER_TYPES = {
    ParameterSet.VM_ID: "VirtualMachine",
    ParameterSet.VM_NAME: "VirtualMachine",
    ParameterSet.CONTAINER_ID: "Container",
}


class PSSession:
    """One session. Made by ``SessionManager.create``; opening it does not enter it.

    ``temporary`` sessions are closed when left. ``on_step`` is told the steps of opening (see ConnectContext).
    """

    def __init__(self, info: ConnectionInfo, console: Console, number: int, name: str, temporary: bool) -> None:
        self.info, self.console, self.id, self.name, self.temporary = info, console, number, name, temporary
        self.instance_id = uuid.UUID(int=0)
        self.transport = ""
        #: what the target calls itself, where connecting has found that out (a virtual machine entered by its id)
        self.target_name = ""
        self.state = RunspaceState.BEFORE_OPEN
        self.availability = RunspaceAvailability.NONE
        self.failure: ErrorInfo | None = None
        self.failed: PstuiError | None = None
        self.application_private_data: dict[str, Any] = {}
        self.on_step: Callable[[str, str], None] = lambda step, detail: None
        self.leave_code: int | None = None
        #: whether the far end's debugger was told once how this client debugs (semantics 3.7)
        self.debug_mode_set = False
        #: the far end's breakpoints by Id, as it reported them
        self.breakpoints: dict[int, str] = {}
        self._stops: asyncio.Queue[DebuggerStop] = asyncio.Queue()
        self._errors: deque[ErrorInfo] = deque(maxlen=MAX_ERRORS)
        self._watchers: list[Callable[[PSSession], None]] = []
        self._pool: RunspacePool | None = None
        self._opening: asyncio.Task[None] | None = None
        self._current: Pipeline | None = None
        self._stop_wanted = False
        self._left = asyncio.Event()

    @property
    def computer_type(self) -> str:
        """RemoteMachine, VirtualMachine or Container (semantics 5.1)."""
        return _COMPUTER_TYPES.get(self.info.parameter_set, "RemoteMachine")

    @property
    def configuration_name(self) -> str:
        """The session configuration; for SSH the constant DefaultShell (semantics 5.1)."""
        if self.info.parameter_set is ParameterSet.SSH_HOST:
            return "DefaultShell"
        return self.info.text("ConfigurationName")

    @property
    def errors(self) -> Sequence[ErrorInfo]:
        """The error records of this session, newest last."""
        return tuple(self._errors)

    @property
    def protocol(self) -> tuple[int, int]:
        """The negotiated protocol version."""
        return self._pool.protocol if self._pool else (2, 0)

    def on_state(self, callback: Callable[[PSSession], None]) -> Callable[[], None]:
        """Call back at each change of state or availability; returns the way to end that."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback) if callback in self._watchers else None

    async def open(self) -> None:
        """Connect and open the pool. Raises OpenError; OpenCancelled when ``stop`` ended it."""
        if self.state is RunspaceState.OPENED:
            return
        if self._opening is not None:
            raise SessionStateError("the session is being opened already")
        self.failure = self.failed = None
        self.debug_mode_set = False
        self._set(RunspaceState.OPENING, RunspaceAvailability.NONE)
        task = self._opening = asyncio.create_task(self._open(), name="session opening")
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await self._give_up(task)
            if (current := asyncio.current_task()) is not None and current.cancelling():
                raise
            raise OpenCancelled(f"{self.info.label}: opening was cancelled") from None
        except PstuiError as error:
            await self._drop()
            self._fail(error)
            raise self._as_open_error(error) from error
        finally:
            self._opening = None

    async def _give_up(self, task: asyncio.Task[None]) -> None:
        """End an opening that nobody wants any more, and whatever it has opened so far."""
        task.cancel()
        await asyncio.wait({task})
        await self._drop()
        self._set(RunspaceState.CLOSED, RunspaceAvailability.NONE)

    async def _open(self) -> None:
        from .psrp.host import Host
        from .psrp.pool import RunspacePool

        self.transport = registry.for_set(self.info.parameter_set).name
        transport = await registry.connect(self.info, self._context())
        try:
            self.on_step("session", "")
            host = Host(self.console, self.info.label, self.info.computer_name, self._leave)
            pool = RunspacePool(
                transport,
                self.console,
                host,
                on_broken=self._broke,
                on_error_record=self._errors.append,
                on_event=self._event,
            )
            self._pool = pool
            self.instance_id = pool.id
            await pool.open()
        except BaseException:
            await _abort(transport)
            raise
        self.application_private_data = pool.private_data
        self._set(RunspaceState.OPENED, RunspaceAvailability.AVAILABLE)

    def _context(self) -> ConnectContext:
        def named(name: str) -> None:
            self.target_name = name

        return ConnectContext(self.console, self.on_step, named)

    def _as_open_error(self, error: PstuiError) -> OpenError:
        if isinstance(error, OpenError):
            return error
        what = f"{self.info.label}: {error.what}"
        return OpenError(
            what, error.why, error.hint, error_id=error.error_id, details=error.details, offers=error.offers
        )

    async def close(self) -> None:
        """Close orderly: commands, pool, transport. Never raises."""
        if self._opening is not None:
            self._opening.cancel()
        if self._pool is not None and self.state is RunspaceState.OPENED:
            self._set(RunspaceState.CLOSING, RunspaceAvailability.NONE)
            await self._pool.close()
        await self._drop()
        if self.state is not RunspaceState.BROKEN:
            self._set(RunspaceState.CLOSED, RunspaceAvailability.NONE)

    async def _drop(self) -> None:
        """Let go of the pool at once."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.abort()

    async def run(
        self,
        invocation: Invocation,
        *,
        on_output: Callable[[Any], None] | None = None,
        source: AsyncIterator[Any] | None = None,
    ) -> PipelineResult:
        """Run one pipeline. Raises SessionBroken, or SessionStateError when the session is not open or busy."""
        with self._busy(invocation.is_nested) as pool:
            return await pool.run(invocation, on_output=on_output, source=source, on_start=self._started)

    async def command_metadata(self, names: list[str]) -> tuple[PipelineResult, list[Any]]:
        """Ask the far end for the metadata of commands (semantics 3.9)."""
        with self._busy() as pool:
            return await pool.command_metadata(names, self._started)

    @contextlib.contextmanager
    def _busy(self, nested: bool = False) -> Iterator[RunspacePool]:
        """Hold the session for one pipeline; a nested one runs while another stands at a breakpoint.

        Raises SessionStateError when the session is not open or busy already.
        """
        pool = self._open_pool()
        expected = RunspaceAvailability.REMOTE_DEBUG if nested else RunspaceAvailability.AVAILABLE
        if self.availability is not expected:
            raise SessionStateError(f"{self.info.label}: the session is busy with another command")
        outer = self._current
        self._stop_wanted = False
        if not nested:
            self._set(self.state, RunspaceAvailability.BUSY)
        try:
            yield pool
        finally:
            self._current = outer
            if self.state is RunspaceState.OPENED and not nested:
                self._set(self.state, RunspaceAvailability.AVAILABLE)

    async def debugger_stop(self) -> DebuggerStop:
        """Wait until a running script stops in the far end's debugger."""
        return await self._stops.get()

    async def resume(self, action: Invocation) -> None:
        """Let the stopped script run again; it may stop anew before this returns."""
        with self._busy(nested=True) as pool:
            self._set(self.state, RunspaceAvailability.BUSY)
            await pool.run(action)

    def _event(self, event: dict[str, Any]) -> None:
        source = event.get("PSEventArgs.SourceIdentifier")
        if source == STOP_EVENT:
            self._set(self.state, RunspaceAvailability.REMOTE_DEBUG)
            self._stops.put_nowait(read_stop(event))
        elif source == BREAKPOINT_EVENT and (found := read_breakpoint(event)):
            number, text = found
            self.breakpoints.pop(number, None)
            if text and len(self.breakpoints) < MAX_ERRORS:
                self.breakpoints[number] = text

    def attach(self, console: Console) -> None:
        """Show this session's text and questions on ``console`` from now on."""
        self.console = console
        if self._pool is not None:
            self._pool.attach(console)

    async def invoke_script(
        self,
        script: str,
        console: Console,
        *,
        arguments: Sequence[object] = (),
        input: AsyncIterator[object] | None = None,
        out_default: bool = True,
        on_output: Callable[[object], None] | None = None,
    ) -> PipelineResult:
        """Run a script as Invoke-Command does; ``out_default`` has the far end format its output as text."""
        from .psrp.commands import ERRORS, OUT_DEFAULT, Call, Invocation
        from .psrp.wire import outgoing

        self.attach(console)
        values = tuple((None, outgoing(value)) for value in arguments)
        call = Call(script, values, is_script=True, merged=ERRORS if out_default else frozenset())
        statement = (call, OUT_DEFAULT) if out_default else (call,)
        invocation = Invocation(
            (statement,), add_to_history=True, no_input=input is None, redirect_errors=True, size=self.told_size()
        )
        return await self.run(invocation, on_output=on_output, source=input)

    async def stop(self) -> None:
        """Stop what runs, or the opening. Raises SessionStateError when the far end does not confirm the stop."""
        if self._opening is not None:
            self._opening.cancel()
        elif self._current is not None and self._pool is not None:
            await self._pool.stop(self._current)
        else:
            self._stop_wanted = True

    def told_size(self) -> Any:
        """Return the console's size where the far end must be told it with a command, else None (semantics 3.11)."""
        pool = self._open_pool()
        return self.console.size if self.console.size != pool.opened_size else None

    async def left(self) -> int:
        """Wait until the far end asks to leave the session, and return the exit code it gave."""
        await self._left.wait()
        return self.leave_code or 0

    def _leave(self, code: int) -> None:
        self.leave_code = code
        self._left.set()

    def stay(self) -> None:
        """Forget a request to leave, when the session is entered again."""
        self.leave_code = None
        self._left.clear()

    def _started(self, pipeline: Pipeline) -> None:
        self._current = pipeline
        if self._stop_wanted and self._pool is not None:
            stopping = asyncio.create_task(self._pool.stop(pipeline))
            pipeline.answering.add(stopping)
            stopping.add_done_callback(pipeline.answering.discard)

    def _open_pool(self) -> RunspacePool:
        if self._pool is None or self.state is not RunspaceState.OPENED:
            raise SessionStateError(f"{self.info.label}: the session is not open")
        return self._pool

    def _broke(self, failure: SessionBroken) -> None:
        self._fail(failure)

    def _fail(self, error: PstuiError) -> None:
        self.failed = error
        text = f"{error.what}\n{error.why}".strip()
        self.failure = ErrorInfo(text, fully_qualified_error_id=error.error_id)
        lives_on = isinstance(error, SessionDisconnected)
        self._set(RunspaceState.DISCONNECTED if lives_on else RunspaceState.BROKEN, RunspaceAvailability.NONE)

    def _set(self, state: RunspaceState, availability: RunspaceAvailability) -> None:
        if (state, availability) == (self.state, self.availability):
            return
        self.state, self.availability = state, availability
        for watcher in list(self._watchers):
            watcher(self)


async def _abort(transport: Transport) -> None:
    with contextlib.suppress(Exception):
        await transport.abort()
