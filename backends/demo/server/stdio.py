"""``pstui demo --stdio``: the endpoint on standard input and output, as ``pwsh -s`` would be.

Standard output belongs to the protocol alone: it is put aside at the start, and anything else that this process or
its children write there goes to standard error.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress

_CHUNK = 64 * 1024


class StandardStreams:
    """The two streams as awaitables. Threads do the waiting, because stdin may be a pipe, a socket or a file."""

    def __init__(self) -> None:
        self._input, self._output = os.dup(0), os.dup(1)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(2, 1)
        os.close(null)
        for descriptor in (self._input, self._output):
            os.set_inheritable(descriptor, False)
            if sys.platform == "win32":
                import msvcrt

                msvcrt.setmode(descriptor, os.O_BINARY)
        self._loop = asyncio.get_running_loop()
        self._chunks: asyncio.Queue[bytes] = asyncio.Queue(maxsize=8)
        self._writer = ThreadPoolExecutor(1, "stdout")
        threading.Thread(target=self._pump, name="stdin", daemon=True).start()

    def _pump(self) -> None:
        data = b"."
        while data:
            try:
                data = os.read(self._input, _CHUNK)
            except OSError:
                data = b""
            try:
                asyncio.run_coroutine_threadsafe(self._chunks.put(data), self._loop).result()
            except (RuntimeError, CancelledError):
                return  # the loop is closed, or closing: nobody takes it any more

    async def read(self) -> bytes:
        """Return the next bytes of stdin, ``b""`` at its end."""
        return await self._chunks.get()

    async def write(self, data: bytes) -> None:
        """Write bytes to what was stdout. Raises OSError."""
        await self._loop.run_in_executor(self._writer, self._write, data)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._output, view) :]


async def _serve() -> int:
    from pstui.backends.demo.server.endpoint import Endpoint
    from pstui.backends.errors import ProtocolError

    streams = StandardStreams()
    task = asyncio.ensure_future(Endpoint(streams.read, streams.write, own_process=True).serve())
    for number in (signal.SIGTERM, signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGTERM)):
        with suppress(NotImplementedError, ValueError):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return 0
    except ProtocolError as error:
        print(f"pstui demo endpoint: the session ends: {str(error)[:120]}.", file=sys.stderr, flush=True)
        return 1
    except OSError:
        return 0
    return 0


def main() -> int:
    """Serve one client on the standard streams and return the exit code: 0, or 1 when the client broke the protocol."""
    code = asyncio.run(_serve())
    sys.stderr.flush()
    # The thread that waits for stdin cannot be woken; leaving at once spares the interpreter's wait for it.
    os._exit(code)


if __name__ == "__main__":
    main()
