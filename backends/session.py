"""A PSSession and the console loop of an entered one (semantics 2.5–2.8, 3.1–3.6).

CONTRACT (bodies follow): the screen and the command line use exactly these names.
"""

from __future__ import annotations

import enum
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pstui.backends.connection import ConnectionInfo
from pstui.backends.host import Console
from pstui.backends.records import ErrorInfo, RunspaceAvailability, RunspaceState


class Outcome(enum.Enum):
    """What became of a typed line."""

    READY = "ready"  # done; the next prompt is in ``prompt``
    INCOMPLETE = "incomplete"  # the far end wants more: ``prompt`` is ``>> ``
    LEFT = "left"  # exit: the session was left (and closed if temporary)
    BROKEN = "broken"  # the session died; ``failure`` says why


class PSSession:
    """One runspace pool on one far end. Made by ``SessionManager.create``; not entered by itself."""

    id: int
    name: str
    instance_id: uuid.UUID
    info: ConnectionInfo
    transport: str  # WSMan, SSH, Process, NamedPipe, Container, VMBus
    computer_type: str  # RemoteMachine, VirtualMachine, Container
    configuration_name: str
    temporary: bool  # closed when left (made by Enter-PSSession), else kept
    state: RunspaceState
    availability: RunspaceAvailability
    application_private_data: dict[str, Any]
    errors: Sequence[ErrorInfo]  # the session's error records, newest last, bounded
    failure: ErrorInfo | None  # why it broke

    async def open(self) -> None:
        """Connect and open the pool. Raises OpenError, OpenCancelled."""

    async def close(self) -> None:
        """Close orderly; never raises."""

    def on_state(self, callback: Callable[["PSSession"], None]) -> Callable[[], None]:
        """Call back at each change of state or availability; returns the way to end that."""


class InteractiveSession:
    """The console loop of one entered session: prompts, lines, stops, leaving. Owned by a pane, survives its hiding."""

    session: PSSession
    console: Console
    prompt: str  # whole prompt text to show before the next line, e.g. "[root@db]: PS /srv> " or ">> "
    busy: bool  # a line is running

    async def enter(self) -> None:
        """Open if needed, check the required commands, evaluate the first prompt. Raises OpenError."""

    async def run(self, line: str) -> Outcome:
        """Run one typed line to its end; text goes to the console meanwhile. Raises nothing a user may cause."""

    async def stop(self) -> None:
        """Ctrl+C: stop the running command, cancel the question or the opening; returns at once if idle."""

    async def complete(self, text: str, cursor: int) -> "Completion":
        """TabExpansion2 on the far end; offsets in code points. Raises SessionStateError when busy."""

    async def leave(self) -> None:
        """Leave without `exit`: close a temporary session, keep another open."""


@dataclass(frozen=True, slots=True)
class CompletionMatch:
    """One entry of CommandCompletion.CompletionMatches (semantics 3.10)."""

    text: str
    label: str
    kind: str
    tooltip: str


@dataclass(frozen=True, slots=True)
class Completion:
    """Answer of TabExpansion2: replace ``length`` code points at ``start`` by one of ``matches``."""

    start: int
    length: int
    matches: tuple[CompletionMatch, ...]


class SessionManager:
    """All sessions of this process: allocates Id and Name, looks up, keeps, removes (semantics 5.2)."""

    sessions: Sequence[PSSession]

    def create(
        self, info: ConnectionInfo, console: Console, *, name: str = "", temporary: bool = True
    ) -> PSSession: ...
    def interact(self, session: PSSession, console: Console) -> InteractiveSession: ...
    def find(self, info: ConnectionInfo) -> PSSession:
        """Look up by Session, Id, InstanceId or Name. Raises CallError with PowerShell's ids (semantics 1.10)."""

    async def close_all(self) -> None: ...
