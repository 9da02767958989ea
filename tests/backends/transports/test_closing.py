"""Closing a session of the OutOfProc family: its end is waited for no longer than the far end takes to confirm it."""

from __future__ import annotations

import asyncio

from pstui.backends.transports.outofproc import SESSION, OutOfProcTransport, encode


class Staying:
    """A far end that confirms everything and then stays, as ``pwsh -sshs`` does (protocol-notes 6.2)."""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[bytes] = asyncio.Queue()
        self.confirmed, self.stopped = asyncio.Event(), asyncio.Event()

    async def read(self) -> bytes:
        answer = await self.answers.get()
        if b"CloseAck" in answer:
            self.confirmed.set()
        return answer

    async def write(self, data: bytes) -> None:
        self.answers.put_nowait(encode("CloseAck" if data.startswith(b"<Close") else "DataAck", SESSION))

    async def stop(self) -> None:
        self.stopped.set()
        self.answers.put_nowait(b"")

    def ending(self) -> str:
        return ""


async def test_a_far_end_that_has_confirmed_the_close_is_not_waited_for() -> None:
    channel = Staying()
    transport = OutOfProcTransport(channel)
    await transport.open(b"opening")
    closing = asyncio.create_task(transport.close())
    await channel.confirmed.wait()
    for _ in range(20):  # turns of the loop, and no time
        await asyncio.sleep(0)
    assert channel.stopped.is_set()
    await closing
