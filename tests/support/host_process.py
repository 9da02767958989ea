"""A process that waits on a pipe as a PowerShell does, its far end the demo endpoint: ``python -m … FOLDER [NAME]``.

It prints the path of its pipe once it listens, serves one session after the other, and ends with its input.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from pstui.backends.demo.server.endpoint import Endpoint


def start(folder: Path, name: str = "") -> tuple[subprocess.Popen[str], str]:
    """Start such a process with its pipe in ``folder``; return it and the path of the pipe."""
    command = [sys.executable, "-m", "tests.support.host_process", str(folder), *([name] if name else [])]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


async def _serve(path: str) -> None:
    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def read() -> bytes:
            return await reader.read(65536)

        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        try:
            await Endpoint(read, write).serve()
        finally:
            writer.close()

    server = await asyncio.start_unix_server(session, path)
    print(path, flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    given = sys.argv[2] if len(sys.argv) > 2 else f"CoreFxPipe_PSHost.1DB2C3D4.{os.getpid()}.None.pwsh"
    asyncio.run(_serve(f"{sys.argv[1]}/{given}"))
