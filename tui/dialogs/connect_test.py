"""A connection tried out step by step, and closed again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console
from pstui.backends.errors import OpenCancelled, PstuiError
from pstui.backends.sessions.manager import SessionManager
from pstui.tui.dialogs.connect_console import AskingFace, BareConsole
from pstui.tui.pane.plain import plain, plain_lines
from textual.content import Content


@dataclass
class Step:
    """One step of opening: its sign is ``…`` while it is under way, then ``✓`` or ``✗``."""

    name: str
    detail: str = ""
    sign: str = "…"

    @property
    def said(self) -> str:
        """The step with what it is about; of one that has gone well only as much as names it."""
        detail = self.detail.split(" ", 1)[0].rstrip(",") if self.sign == "✓" else self.detail
        return f"{self.name} {detail}".strip()


class ConnectTest:
    """One test. ``show`` is called with what is to be shown whenever that changes."""

    def __init__(
        self,
        sessions: SessionManager,
        info: ConnectionInfo,
        face: AskingFace,
        show: Callable[[Content], None],
        prepared: Callable[[ConnectionInfo, Console], Awaitable[ConnectionInfo]],
    ) -> None:
        self._sessions, self._info, self._show, self._prepared = sessions, info, show, prepared
        self._console = BareConsole(face)
        self.steps: list[Step] = []
        self.error: PstuiError | None = None
        self.passed = False

    async def run(self) -> None:
        """Open, then close again. Raises nothing but CancelledError."""
        self._show(self.content())
        try:
            await self._try(await self._prepared(self._info, self._console))
            self.passed = True
        except PstuiError as error:
            self.error = error
        finally:
            self._end()

    async def _try(self, info: ConnectionInfo) -> None:
        session = self._sessions.create(info, self._console)
        session.on_step = self._step
        try:
            await self._sessions.interact(session, self._console).enter()
        finally:
            await asyncio.shield(self._sessions.remove(session))

    def _step(self, name: str, detail: str) -> None:
        if self.steps and self.steps[-1].name == name:
            self.steps[-1].detail = detail
        else:
            # a connection that begins again, such as after a host key was accepted, begins its steps again
            again = next((place for place, step in enumerate(self.steps) if step.name == name), None)
            if again is not None:
                del self.steps[again:]
            # a step that begins says that the one before has gone well
            for step in self.steps:
                step.sign = "✓"
            self.steps.append(Step(name, detail))
        self._show(self.content())

    def _end(self) -> None:
        for step in self.steps:
            step.sign = "✓"
        if not self.passed and self.steps:
            self.steps[-1].sign = "✗"
        self._show(self.content())

    def content(self) -> Content:
        """Return the steps in one row and, below, how it ended."""
        styles = {"✓": "$success", "✗": "$error", "…": "$calm"}
        row = Content("  ").join(
            Content.assemble((f"{step.sign} ", styles[step.sign]), plain(step.said, limit=80)) for step in self.steps
        )
        if self.passed:
            return Content("\n").join([row, Content.styled("✓ The connection works; it was closed again.", "$success")])
        if isinstance(self.error, OpenCancelled):
            return Content("\n").join([row, Content("The test was given up.")])
        if self.error is not None:
            said = [Content(plain_lines(part)) for part in (self.error.why, self.error.hint) if part]
            return Content("\n").join([row, Content.styled(f"✗ {plain_lines(self.error.what)}", "$error"), *said])
        return row if self.steps else Content.styled("… connecting", "$calm")
