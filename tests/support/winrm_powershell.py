"""A real PowerShell as the PSRP server of the WinRM test endpoint: one ``pwsh -s`` a shell, spoken to by OutOfProc.

The endpoint has it instead of the demo where PSTUI_TEST_WINRM_POWERSHELL names the program.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import uuid
from collections.abc import Callable

from pstui.backends.transports.outofproc import SESSION, decode_line, encode, encode_data

from tests.support.winrm_psrp import ShellServer, StreamQueue

VARIABLE = "PSTUI_TEST_WINRM_POWERSHELL"
_ACKNOWLEDGED = {"DataAck": "Data", "CommandAck": "Command", "CloseAck": "Close", "SignalAck": "Signal"}


def server(largest: Callable[[], int]) -> ShellServer:
    """Return the server of a new shell."""
    program = os.environ.get(VARIABLE)
    return PowerShellServer(largest, program) if program else ShellServer(largest)


class PowerShellServer(ShellServer):
    """Hands what the shell gets to a process, one element after the other, and what comes back to the streams."""

    def __init__(self, largest: Callable[[], int], program: str) -> None:
        super().__init__(largest)
        self._program = program
        self._waiting: asyncio.Queue[tuple[str, uuid.UUID, bytes, asyncio.Future[None]]] = asyncio.Queue()
        self._outstanding: dict[tuple[str, uuid.UUID], asyncio.Future[None]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def open(self, data: bytes) -> None:
        self._tasks.append(asyncio.ensure_future(self._serve()))
        self._put("Data", SESSION, data)

    def send(self, guid: uuid.UUID, data: bytes) -> None:
        self._put("Data", guid, data)

    def command(self, guid: uuid.UUID, data: bytes) -> None:
        self.outbox.queues[guid] = StreamQueue()
        self._put("Command", guid)
        self._put("Data", guid, data)

    async def signal(self, guid: uuid.UUID) -> None:
        await self._put("Signal", guid)

    async def close_command(self, guid: uuid.UUID) -> None:
        await self._put("Close", guid)
        self.outbox.queues.pop(guid, None)

    async def shut(self) -> None:
        self.outbox.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _put(self, kind: str, guid: uuid.UUID, data: bytes = b"") -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((kind, guid, data, done))
        return done

    async def _serve(self) -> None:
        process = await asyncio.create_subprocess_exec(
            self._program,
            *("-s", "-NoLogo", "-NoProfile"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 24,
        )
        assert process.stdin is not None and process.stdout is not None
        writing = asyncio.ensure_future(self._write(process.stdin))
        try:
            async for line in process.stdout:
                element = decode_line(line.rstrip())
                if element.name == "Data":
                    await self.outbox.room()
                    self.outbox.post(element.ps_guid, element.data)
                    continue
                done = self._outstanding.pop((_ACKNOWLEDGED[element.name], element.ps_guid), None)
                if done is not None and not done.done():
                    done.set_result(None)
        finally:
            writing.cancel()
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def _write(self, stream: asyncio.StreamWriter) -> None:
        while True:
            kind, guid, data, done = await self._waiting.get()
            self._outstanding[kind, guid] = done
            stream.write(encode_data(guid, data) if data else encode(kind, guid))
            await stream.drain()
            await done
