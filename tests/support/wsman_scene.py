"""A runspace pool over the WSMan transport, whose service is a recorded one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import SessionBroken
from pstui.backends.psrp.host import Host
from pstui.backends.psrp.invocation import Call, Invocation
from pstui.backends.psrp.pool import RunspacePool
from pstui.backends.transports.wsman.client import Client
from pstui.backends.transports.wsman.http import EndpointSettings
from pstui.backends.transports.wsman.security import AuthenticationPlan
from pstui.backends.transports.wsman.target import Target, WSManOptions, shell_uri
from pstui.backends.transports.wsman.transport import WSManTransport

from tests.support.scripted_console import ScriptedConsole
from tests.support.wsman_replay import Replay

#: seconds for anything; the answers come from memory
DEADLINE = 4.0


def way(**settings: Any) -> EndpointSettings:
    target = Target(True, "server", 5986, "wsman", shell_uri(""))
    options = {"open_timeout": DEADLINE, **settings}
    return EndpointSettings(
        target,
        AuthenticationPlan("negotiate", sealed=False),
        WSManOptions(**options),
        PSCredential("alice", Secret("secret")),
    )


class Scene:
    """A pool on a replayed service. ``broke`` is why the session ended by itself."""

    def __init__(self, replay: Replay, **settings: Any) -> None:
        self.replay, self.console = replay, ScriptedConsole()
        self.errors: list[Any] = []
        self.broke: SessionBroken | None = None
        self.client = Client(way(**settings), replay.connection)
        self.transport = WSManTransport(self.client, "server", self.console)
        self.pool = self.make_pool()

    def make_pool(self) -> RunspacePool:
        host = Host(self.console, "server", "server", lambda code: None)
        return RunspacePool(
            self.transport, self.console, host, on_broken=self._broken, on_error_record=self.errors.append
        )

    def _broken(self, failure: SessionBroken) -> None:
        self.broke = failure

    async def run(self, text: str = "x", **values: Any) -> tuple[Any, list[Any]]:
        """Run something; the answer is the recorded one whatever it is."""
        output: list[Any] = []
        invocation = Invocation(((Call(text, is_script=True),),), history=text, **values)
        return await self.pool.run(invocation, on_output=output.append), output


@asynccontextmanager
async def scene(name: str, kind: type[Replay] = Replay, **settings: Any) -> AsyncIterator[Scene]:
    """Give a pool, not yet open, on one recorded service."""
    stage = Scene(kind(name), **settings)
    try:
        async with asyncio.timeout(DEADLINE):
            yield stage
    finally:
        await stage.pool.abort()
