"""New-PSSession: the sessions that a call asks for, opened side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pstui.backends.binding.binder import BoundCall
from pstui.backends.binding.calls import connections
from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console, QuestionCancelled
from pstui.backends.errors import PstuiError
from pstui.backends.sessions.pssession import PSSession
from pstui.tui.cli.invoke_lines import with_passwords
from pstui.tui.cmdlets.said import Said
from pstui.tui.workspace.context import World

#: sessions that open at once, as PowerShell has it
THROTTLE_LIMIT = 32


class Opening:
    """Opens what New-PSSession asks for. ``console`` is where the sessions ask their questions."""

    def __init__(self, world: World, console: Console) -> None:
        self._world, self._console = world, console

    async def open(self, call: BoundCall) -> tuple[list[PSSession], list[Said]]:
        """Return the sessions, and what there is to say; each that fails says why."""
        world, told = self._world, list[Said]()
        infos = connections(call, defaults=world.defaults, credentials=world.credential)
        names = call.values.get("Name") or ()
        names = (names,) if isinstance(names, str) else tuple(names)
        ready = await self._ready(infos)
        limit = int(call.values.get("ThrottleLimit") or 0)
        gate = asyncio.Semaphore(limit if limit > 0 else THROTTLE_LIMIT)

        async def one(number: int, info: ConnectionInfo | Said) -> PSSession | Said:
            if isinstance(info, Said):
                return info
            async with gate:
                return await self._one(info, names[number] if number < len(names) else "", told)

        results = await asyncio.gather(*(one(number, info) for number, info in enumerate(ready)))
        made = [item for item in results if isinstance(item, PSSession)]
        return made, told + [item for item in results if isinstance(item, Said)]

    async def _ready(self, infos: Sequence[ConnectionInfo]) -> list[ConnectionInfo | Said]:
        """Fetch the passwords that are needed, for several sessions each of them once and beforehand."""
        ready: list[ConnectionInfo | Said] = []
        for info in infos:
            try:
                found = await self._world.prepared(info, self._console)
                ready.append(found)
            except PstuiError as error:
                ready.append(_failed(error))
        if len(ready) < 2:
            return ready
        try:
            filled = iter(await with_passwords([x for x in ready if isinstance(x, ConnectionInfo)], self._console))
        except QuestionCancelled:
            return [Said("No session was opened: the password was not given.", "PSSessionOpenFailed", True)]
        return [next(filled) if isinstance(each, ConnectionInfo) else each for each in ready]

    async def _one(self, info: ConnectionInfo, name: str, told: list[Said]) -> PSSession | Said:
        sessions = self._world.sessions
        session = sessions.create(info, self._console, name=name, temporary=False)
        if info.settings.get("verbose"):
            session.on_step = lambda step, detail: told.append(Said(f"VERBOSE: {info.label}: {step} {detail}".rstrip()))
        try:
            await session.open()
        except PstuiError as error:
            await sessions.remove(session)
            return _failed(error)
        except asyncio.CancelledError:
            await asyncio.shield(sessions.remove(session))
            raise
        return session


def _failed(error: PstuiError) -> Said:
    code = getattr(error, "code_name", "")
    return Said(error.text(), f"{code},PSSessionOpenFailed".lstrip(","), True)
