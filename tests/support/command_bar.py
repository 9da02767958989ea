"""The command bar without its screen: lines go in, what they say and what they enter comes out."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Question
from pstui.backends.credentials import Secret
from pstui.backends.errors import PstuiError
from pstui.backends.records import RunspaceAvailability, RunspaceState
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.session import PSSession
from pstui.tui.cmdlets.common_parameters import CmdletOutput
from pstui.tui.cmdlets.run import CmdletRunner
from pstui.tui.workspace.context import AppContext

from tests.support.nobody import NobodyConsole

DEMO = ConnectionInfo(ParameterSet.DEMO)


@dataclass(slots=True)
class Answering(NobodyConsole):
    """A console with one answer to every question."""

    answer: str = ""

    async def ask(self, question: Question) -> Secret:
        return Secret(self.answer)


@dataclass
class Entered:
    """A screen that notes what was entered."""

    infos: list[ConnectionInfo] = field(default_factory=list)

    async def enter(self, info: ConnectionInfo) -> None:
        self.infos.append(info)

    async def exit(self) -> str:
        return ""

    def tabs_of_sessions(self) -> dict[int, int]:
        return {}

    async def let_go(self, session: PSSession, why: str = "") -> None: ...
    async def disconnect(self, session: PSSession, idle_timeout: float | None, buffering: str) -> None: ...
    async def connect(self, session: PSSession) -> None: ...
    async def receive(self, session: PSSession) -> None: ...


class Bar:
    """The command bar with open sessions of these names, numbered from 1; scripts do not run in them."""

    def __init__(self, *names: str) -> None:
        self.context = AppContext(SessionManager())
        self.ui, self.console = Entered(), Answering()
        self.runner = CmdletRunner(self.context, self.ui, self.console, lambda: 120)
        for name in names:
            self._named(name)

    def session(self, name: str) -> PSSession:
        """Return a session by its name."""
        return next(each for each in self.context.sessions.sessions if each.name == name)

    def _named(self, name: str) -> None:
        session = self.context.sessions.create(DEMO, NobodyConsole(), name=name, temporary=False)
        session.instance_id = uuid.uuid4()
        session.status.set(RunspaceState.OPENED, RunspaceAvailability.AVAILABLE)

    async def run(self, *lines: str) -> list[CmdletOutput]:
        """Run lines one after the other; return what the last one says."""
        said: list[CmdletOutput] = []
        for line in lines:
            try:
                said = await self.runner.run(line)
            except PstuiError as error:
                said = [CmdletOutput.of(error)]
        return said

    async def shown(self, *lines: str) -> str:
        """Run lines; return the text of what the last one says."""
        return "\n".join(each.text for each in await self.run(*lines))

    async def refused(self, *lines: str) -> str:
        """Return the id of the error that the last line ends in."""
        said = await self.run(*lines)
        assert said and said[-1].is_error, said
        return said[-1].error_id

    @property
    def entered(self) -> Any:
        """The session that was entered last."""
        return self.ui.infos[-1].values.get("Session") if self.ui.infos else None
