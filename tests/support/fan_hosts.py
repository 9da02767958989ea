"""Sessions without far ends for many hosts at once: what each does is said by its name, such as ``slow-3``.

``same``, ``other``, ``slow``, ``refuse`` (no session), ``die`` (half-way through its output), ``fail`` (an error
record), ``hang`` (until stopped), ``flood`` (far too much of everything), ``never`` (opens never), ``ask`` (a secret,
and says how long the answer was).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Console, Question, QuestionKind
from pstui.backends.errors import OpenError, SessionBroken
from pstui.backends.records import ErrorInfo, PipelineState, RunspaceState, Write


def target(name: str) -> tuple[str, ConnectionInfo]:
    """Return a host as it is marked."""
    return name, ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": name}, name)


@dataclass
class Result:
    state: PipelineState
    error: ErrorInfo | None = None


class FakeSession:
    """As much of a PSSession as a fan-out uses."""

    def __init__(self, info: ConnectionInfo, console: Console, owner: FakeSessions) -> None:
        self.info, self.console, self._owner = info, console, owner
        self.kind = info.profile.partition("-")[0]
        self.state = RunspaceState.BEFORE_OPEN
        self.temporary = True
        self.on_error: Callable[[ErrorInfo], None] = lambda error: None
        self._stopped = asyncio.Event()

    def attach(self, console: Console) -> None:
        self.console = console

    async def open(self) -> None:
        owner = self._owner
        owner.opening += 1
        owner.most = max(owner.most, owner.opening)
        try:
            await asyncio.sleep(0)
            if self.kind == "never":
                await asyncio.Event().wait()
            if self.kind == "refuse" and not owner.mended:
                raise OpenError(f"{self.info.label}: port 22 refuses", "Nothing listens there.", "Start sshd.")
        finally:
            owner.opening -= 1
        self.state = RunspaceState.OPENED

    async def invoke_script(
        self, script: str, console: Console, *, arguments: Mapping[str, object] | None = None
    ) -> Result:
        self._owner.ran.append((self.info.profile, script))
        if arguments is not None:
            self._owner.given.append(dict(arguments))
        match self.kind:
            case "hang":
                await self._stopped.wait()
                return Result(PipelineState.STOPPED)
            case "slow":
                await self._owner.go.wait()
            case "ask":
                label = f"Password of {self.info.profile}: "
                answer = await console.ask(Question(QuestionKind.SECRET, label, followed=True))
                console.write(Write(f"{len(answer)} letters"))
                return Result(PipelineState.COMPLETED)
            case "fail":
                self.on_error(ErrorInfo("it is not there"))
            case "flood":
                for _ in range(6_000):
                    console.write(Write("x" * 100))
                for _ in range(10_000):
                    console.write(Write("y", newline=False))
                    self.on_error(ErrorInfo("no"))
            case "die":
                console.write(Write("one"))
                self.state = RunspaceState.BROKEN
                raise SessionBroken(f"{self.info.label}: the far end is gone")
        console.write(Write("one"))
        console.write(Write("\x1b[31mtwo\x1b[0m" if self.kind != "other" else "2"))
        return Result(PipelineState.COMPLETED)

    async def stop(self) -> None:
        self._stopped.set()


class FakeSessions:
    """As much of a SessionManager as a fan-out uses. ``go`` lets the slow ones go on; ``most`` opened at once."""

    def __init__(self) -> None:
        self.made: list[FakeSession] = []
        self.ran: list[tuple[str, str]] = []
        self.given: list[dict[str, object]] = []
        self.go = asyncio.Event()
        self.opening = self.most = 0
        self.mended = False

    def create(self, info: ConnectionInfo, console: Console, **options: Any) -> FakeSession:
        self.made.append(FakeSession(info, console, self))
        return self.made[-1]

    async def remove(self, session: FakeSession) -> None:
        self.made.remove(session)
