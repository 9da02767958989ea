"""The least that has to be done for an answer: asyncssh and psrpcore open a session and run one command.

``python -m tests.bench._raw HOST PORT USER KEY LINE`` prints the answer. ``lines_alone`` is how fast the server is when
nobody shows what it writes.
"""

from __future__ import annotations

import asyncio
import sys
import time
import uuid
from typing import Any

from tests.support.oop_client import OopClient


class SSHStream:
    """A subsystem as asyncssh gives it."""

    def __init__(self, writer: Any, reader: Any) -> None:
        self._writer, self._reader = writer, reader

    async def read(self) -> bytes:
        """Return the next bytes."""
        return bytes(await self._reader.read(65_536))

    async def write(self, data: bytes) -> None:
        """Send bytes."""
        self._writer.write(data)


class Counting(OopClient):
    """Decodes nothing of what a pipeline writes but its end."""

    def payload(self, guid: uuid.UUID, data: bytes) -> None:
        """Pass over host calls, which are all of a flood."""
        if int.from_bytes(data[25:29], "little") != 0x0004_1100:
            super().payload(guid, data)


async def answer(host: str, port: int, user: str, key: str, line: str) -> list[str]:
    """Open a session over SSH, run a line, and return what it wrote."""
    import asyncssh

    async with asyncssh.connect(host, port, username=user, client_keys=[key], known_hosts=None, config=None) as there:
        writer, reader, _ = await there.open_session(subsystem="powershell", encoding=None)
        async with OopClient(SSHStream(writer, reader), width=0) as client:
            return (await client.line(line)).lines


class Pipes:
    """A process as a stream."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def read(self) -> bytes:
        """Return the next bytes."""
        assert self._process.stdout is not None
        return await self._process.stdout.read(1 << 18)

    async def write(self, data: bytes) -> None:
        """Send bytes."""
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        await self._process.stdin.drain()


async def lines_alone(command: list[str], line: str, rounds: int) -> list[float]:
    """Seconds that a server behind ``command`` takes for a line, each time."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    times = []
    try:
        async with Counting(Pipes(process), width=0) as client:
            for _ in range(rounds):
                start = time.perf_counter()
                async with asyncio.timeout(120):
                    guid = await client.start([*_typed(line)], history=line)
                    while not client.results[guid].state:
                        await asyncio.sleep(0.001)
                times.append(time.perf_counter() - start)
                await client.send("Close", guid, "CloseAck")
    finally:
        process.kill()
        await process.wait()
    return times


def _typed(line: str) -> list[Any]:
    from psrpcore import Command

    from tests.support.oop_client import out_default

    return [Command(line, is_script=True), out_default()]


if __name__ == "__main__":
    host, port, user, key, line = sys.argv[1:]
    print("\n".join(asyncio.run(answer(host, int(port), user, key, line))))
