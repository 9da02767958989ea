"""A proxy of TCP that holds back what passes: python -m tests.bench._delay PORT SECONDS. It prints its own port.

``SECONDS`` is what a round trip takes longer. It is a process of its own, so that nobody who is measured pays for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator

from tests.support.paths import ROOT


@contextlib.contextmanager
def delayed(port: int, seconds: float) -> Iterator[int]:
    """Give the port of a proxy for a port of the loopback."""
    command = [sys.executable, "-m", "tests.bench._delay", str(port), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def out() -> None:
        while True:
            when, data = await waiting.get()
            await asyncio.sleep(max(0.0, when - loop.time()))
            if not data:
                sink.close()
                return
            sink.write(data)

    sending = asyncio.create_task(out())
    data = b"-"
    while data:
        try:
            data = await source.read(65536)
        except OSError:
            data = b""
        waiting.put_nowait((loop.time() + seconds, data))
    await sending


async def serve(port: int, seconds: float) -> None:
    """Pass connections on to a port until the process ends."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(OSError):
            await asyncio.gather(_pass_on(reader, back, seconds / 2), _pass_on(there, writer, seconds / 2))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
