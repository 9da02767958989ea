"""What is known of a session: its names, its target, its state, who watches that, and what its far end reported."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Console, ConsoleSize
from pstui.backends.errors import PstuiError, SessionStateError
from pstui.backends.records import ErrorInfo, InformationInfo, RunspaceAvailability, RunspaceState
from pstui.backends.sessions.debugging import DebuggerStop
from pstui.backends.sessions.reported import SessionRecords

if TYPE_CHECKING:
    from pstui.backends.psrp.pool import RunspacePool
    from pstui.backends.transports.wsman.sessions import RemoteSession

_COMPUTER_TYPES = {
    ParameterSet.VM_ID: "VirtualMachine",
    ParameterSet.VM_NAME: "VirtualMachine",
    ParameterSet.CONTAINER_ID: "Container",
}


class SessionFacts:
    """The readable side of a PSSession (semantics 5.1, 5.3). ``on_step`` is told the steps of opening."""

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
        #: whether the far end has refused script text, so that every line is sent as commands if it can be
        self.no_language = False
        #: errors, information records and breakpoints that the far end has reported
        self.records = SessionRecords()
        #: where a script stands in the far end's debugger, None while none does
        self.stopped: DebuggerStop | None = None
        self._change = asyncio.Event()
        self._left = asyncio.Event()
        self._watchers: list[Callable[[Any], None]] = []
        self._pool: RunspacePool | None = None
        #: how the computer that keeps it described it, until it is connected to for the first time from here
        self.kept: RemoteSession | None = None

    @property
    def computer_type(self) -> str:
        """RemoteMachine, VirtualMachine or Container."""
        return _COMPUTER_TYPES.get(self.info.parameter_set, "RemoteMachine")

    @property
    def configuration_name(self) -> str:
        """The session configuration; for SSH the constant DefaultShell."""
        if self.info.parameter_set is ParameterSet.SSH_HOST:
            return "DefaultShell"
        return self.info.text("ConfigurationName")

    @property
    def is_kept(self) -> bool:
        """Whether the far end keeps it while nobody is connected to it."""
        pool = self._pool
        return self.kept is not None or (pool is not None and pool.shell is not None)

    @property
    def can_connect(self) -> bool:
        """Whether it is disconnected and its transport can take it up again."""
        return self.state is RunspaceState.DISCONNECTED and self.is_kept

    @property
    def can_disconnect(self) -> bool:
        """Whether it is open and lives on without a connection."""
        return self.state is RunspaceState.OPENED and self.is_kept

    @property
    def has_left_over(self) -> bool:
        """Whether a command runs in it, or has output, that was begun before it was connected to."""
        return self._pool is not None and bool(self._pool.parked)

    @property
    def protocol(self) -> tuple[int, int]:
        """The negotiated protocol version."""
        return self._pool.protocol if self._pool else (2, 0)

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

    def on_state(self, callback: Callable[[Any], None]) -> Callable[[], None]:
        """Call back at each change of state or availability; returns the way to end that."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback) if callback in self._watchers else None

    def describe(self, kept: RemoteSession) -> None:
        """Take what the computer that keeps the session says of it; it can be connected to then."""
        self.kept, self.instance_id, self.transport = kept, kept.instance_id, "WSMan"
        self._set(RunspaceState.DISCONNECTED, kept.availability)

    def attach(self, console: Console) -> None:
        """Show this session's text and questions on ``console`` from now on."""
        self.console = console
        if self._pool is not None:
            self._pool.attach(console)

    def told_size(self) -> ConsoleSize | None:
        """Return the size that the far end must be told with a command, None where it knows it (semantics 3.11).

        It is the console's; the connection's setting ``width`` fixes the width whatever the console's is.
        """
        pool = self._open_pool()
        size = pool.host.size
        return size if size != pool.opened_size else None

    def _open_pool(self) -> RunspacePool:
        if self._pool is None or self.state is not RunspaceState.OPENED:
            raise SessionStateError(f"{self.info.label}: the session is not open")
        return self._pool

    async def changed(self) -> None:
        """Wait for the next change of state or availability."""
        await self._change.wait()

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

    def _set(self, state: RunspaceState, availability: RunspaceAvailability) -> None:
        if (state, availability) == (self.state, self.availability):
            return
        self.state, self.availability = state, availability
        self._change.set()
        self._change = asyncio.Event()
        for watcher in list(self._watchers):
            watcher(self)
