"""The control channel of the test endpoint: one JSON command on a line of standard input, one line in answer."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from tests.support.winrm_accept import GateOptions
from tests.support.winrm_faults import Weather
from tests.support.winrm_http import HttpServer
from tests.support.winrm_service import Service


class Control:
    """Takes commands from standard input until it ends. Each is an object with ``do`` and what that needs."""

    def __init__(self, service: Service, weather: Weather, http: HttpServer, gates: Iterable[GateOptions]) -> None:
        self._service, self._weather, self._http, self._gates = service, weather, http, list(gates)
        self._chores: set[asyncio.Task[None]] = set()
        self._commands: dict[str, Callable[..., Awaitable[Any]]] = {
            "rule": self._rule,
            "clear": self._clear,
            "cut": self._cut,
            "cut_after": self._cut_after,
            "drop_connections": self._drop_connections,
            "stall": self._stall,
            "limits": self._limits,
            "gate": self._gate,
            "shells": self._shells,
            "end_shells": self._end_shells,
            "backlog": self._backlog,
            "connections": self._connections,
        }

    async def obey(self, command: dict[str, Any]) -> Any:
        """Do one thing and return what is to be told."""
        do = command.pop("do")
        if do not in self._commands:
            raise ValueError(f"unknown command {do}")
        return await self._commands[do](**command)

    async def _rule(self, rule: dict[str, Any]) -> None:
        self._weather.add(rule)

    async def _clear(self) -> None:
        self._weather.clear()
        for chore in self._chores:
            chore.cancel()
        await self._http.hear()

    async def _cut(self, seconds: float) -> None:
        self._http.deafen()
        self._http.cut()
        self._later(seconds, self._http.hear)

    async def _cut_after(self, bytes: int, seconds: float) -> None:
        def broken() -> None:
            self._weather.bytes_left = None
            self._http.deafen()
            self._http.cut()
            self._later(seconds, self._http.hear)

        self._weather.bytes_left, self._http.broken = bytes, broken

    async def _drop_connections(self) -> None:
        self._http.cut()

    async def _stall(self, seconds: float) -> None:
        self._weather.stall()
        self._later(seconds, self._calm)

    async def _calm(self) -> None:
        self._weather.calm()

    async def _limits(self, **values: Any) -> None:
        for name, value in values.items():
            present = getattr(self._service.limits, name)
            setattr(self._service.limits, name, type(present)(value) if isinstance(value, list) else value)

    async def _gate(self, **values: list[str]) -> None:
        for gate in self._gates:
            for name, value in values.items():
                setattr(gate, name, type(getattr(gate, name))(value))

    async def _shells(self) -> dict[str, str]:
        return {shell.shell_id: shell.state for shell in self._service.shells.values()}

    async def _backlog(self) -> dict[str, Any]:
        """Tell for every shell whether so much waits that pipelines wait too, and whether all of them are done."""
        told = {}
        for shell in self._service.shells.values():
            outbox = shell.server.outbox
            done = all(queue.done for guid, queue in outbox.queues.items() if guid.int)
            told[shell.shell_id] = {"full": outbox.is_full, "done": done}
        return told

    async def _end_shells(self) -> None:
        for shell in list(self._service.shells.values()):
            await self._service.end(shell)

    async def _connections(self) -> int:
        return len(self._http.connections)

    def _later(self, delay: float, work: Callable[[], Awaitable[None]]) -> None:
        """Do something after so many seconds; a negative time is never."""

        async def wait() -> None:
            await asyncio.sleep(delay)
            await work()

        if delay >= 0:
            task = asyncio.ensure_future(wait())
            self._chores.add(task)
            task.add_done_callback(self._chores.discard)

    async def serve(self) -> None:
        """Take commands until standard input ends. A thread reads them, which works on every platform."""
        loop, lines = asyncio.get_running_loop(), asyncio.Queue[str]()

        def read() -> None:
            for line in sys.stdin:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            loop.call_soon_threadsafe(lines.put_nowait, "")

        threading.Thread(target=read, name="control", daemon=True).start()
        while line := await lines.get():
            try:
                told = {"ok": True, "value": await self.obey(json.loads(line))}
            except Exception as error:  # a wrong command is told to the test, which fails with it
                told = {"ok": False, "value": f"{type(error).__name__}: {error}"}
            print(json.dumps(told), flush=True)
