"""One session on a harmed way: what is done at each step, and in which states it may end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pstui.backends.errors import PstuiError, SessionStateError
from pstui.backends.records import RunspaceState
from pstui.backends.sessions.interactive import InteractiveSession, Outcome
from pstui.backends.sessions.manager import SessionManager

from tests.support.harm import DIRECTIONS, KINDS, Direction, Kind
from tests.support.harmed_ways import Way
from tests.support.scripted_console import ScriptedConsole

STEPS = ("opening", "running", "asking", "stopping", "closing")
#: bytes that pass before a harm, so that it falls into a line, between two, or into a later message
PLACES = (0, 7, 400, 3_000)
#: seconds after which a person stops what does not end by itself
PATIENCE = 0.3
#: seconds within which everything must end, whatever the machine does beside
END = 60.0
#: the ends that are documented
ENDED = (RunspaceState.BROKEN, RunspaceState.CLOSED, RunspaceState.DISCONNECTED)


@dataclass(frozen=True)
class Case:
    """One harm at one step."""

    step: str
    kind: Kind
    direction: Direction
    after: int = 0

    @property
    def name(self) -> str:
        return f"{self.step}-{self.kind}-{self.direction}-{self.after}"


def cases() -> Iterator[Case]:
    """Every case there is."""
    for step in STEPS:
        for kind in KINDS:
            for direction in DIRECTIONS:
                for after in PLACES if step in ("opening", "running") else PLACES[:1]:
                    yield Case(step, kind, direction, after)


@dataclass
class Run:
    """What became of one case. ``told`` is every text that a person was told of a failure."""

    case: Case
    way: Way
    console: ScriptedConsole = field(default_factory=ScriptedConsole)
    manager: SessionManager = field(default_factory=SessionManager)
    told: list[str] = field(default_factory=list)
    outcome: Outcome | None = None

    async def suffer(self) -> None:
        """Take the case to its end. Raises AssertionError for an end that is not documented."""
        session = self.manager.create(self.way.info, self.console)
        interactive = self.manager.interact(session, self.console)
        async with asyncio.timeout(END):
            if await self._opened(interactive):
                await getattr(self, f"_{self.case.step}")(interactive)
            await self.manager.close_all()
        assert session.state in ENDED, f"it is {session.state} at the end"
        assert all(text.strip() for text in self.told), "a failure without a word"
        if session.failed is not None:
            assert session.failed.what.strip()
        if self.case.kind == "slow":
            assert not self.told, f"it was only slow: {self.told}"

    def _arm(self) -> None:
        self.way.relay.arm(self.case.kind, self.case.direction, self.case.after)

    async def _opened(self, interactive: InteractiveSession) -> bool:
        if self.case.step == "opening":
            self._arm()
        entering = asyncio.create_task(interactive.enter())
        harmed = self.case.step == "opening" and self.case.kind != "slow"
        await asyncio.wait({entering}, timeout=3 * PATIENCE if harmed else END)
        if not entering.done():  # who sees nothing happen gives it up
            assert self.case.step == "opening"
            await self._stop(interactive, entering)
        try:
            await entering
        except PstuiError as error:
            self.told.append(error.text())
            assert self.case.step == "opening", f"it was not harmed yet: {error.text()}"
            return False
        return True

    async def _opening(self, interactive: InteractiveSession) -> None:
        """It opened in spite of the harm, or the harm comes only now: a line must find out."""
        await self._ends(interactive, asyncio.create_task(interactive.run(self.way.lines["work"])))

    async def _running(self, interactive: InteractiveSession) -> None:
        self._arm()
        await self._ends(interactive, asyncio.create_task(interactive.run(self.way.lines["work"])))
        if self.case.kind == "slow":
            assert self.console.shown()[: len(self.way.shows)] == [*self.way.shows]

    async def _asking(self, interactive: InteractiveSession) -> None:
        running = asyncio.create_task(interactive.run(self.way.lines["ask"]))
        answer = await self.console.question()
        self._arm()
        answer.set_result("yes")
        await self._ends(interactive, running)

    async def _stopping(self, interactive: InteractiveSession) -> None:
        running = asyncio.create_task(interactive.run(self.way.lines["hang"]))
        while "hanging" not in self.console.shown():
            await asyncio.sleep(0.001)
        self._arm()
        await self._stop(interactive, running)
        await self._ends(interactive, running)

    async def _closing(self, interactive: InteractiveSession) -> None:
        self._arm()

    async def _ends(self, interactive: InteractiveSession, running: asyncio.Task[Outcome]) -> None:
        """Wait for the end of a line as a person does: who sees nothing happen stops it, and then breaks it off."""
        await asyncio.wait({running}, timeout=END if self.case.kind == "slow" else PATIENCE)
        if not running.done():
            await self._stop(interactive, running)
        self.outcome = await running
        assert self.outcome in (Outcome.READY, Outcome.BROKEN), self.outcome
        if self.outcome is Outcome.BROKEN:
            failed = interactive.session.failed
            assert failed is not None
            self.told.append(failed.text())

    async def _stop(self, interactive: InteractiveSession, running: asyncio.Task[Any]) -> None:
        try:
            await interactive.stop()
        except SessionStateError as error:
            self.told.append(error.text())
            assert error.offers, "nothing is offered to be free of it"
            assert error.offers[0].run is not None
            await error.offers[0].run()
        except PstuiError as error:
            self.told.append(error.text())
        await asyncio.wait({running}, timeout=END / 2 if self.case.kind == "slow" else PATIENCE)
        if not running.done():
            await interactive.session.break_session()
            await asyncio.wait({running}, timeout=END / 2)
