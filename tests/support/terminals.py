"""What tests do with a channel that has a terminal: read until something has come, and try out a shell."""

from __future__ import annotations

import asyncio

from pstui.backends.transports.base import TerminalChannel

LIMIT = 30


async def seen(channel: TerminalChannel, wanted: bytes) -> bytes:
    """Read until something has come."""
    found = b""
    try:
        async with asyncio.timeout(LIMIT):
            while wanted not in found:
                data = await channel.read()
                assert data, (channel.ending(), found)
                found += data
    except TimeoutError:
        raise AssertionError(f"{wanted!r} never came, but {found[-2000:]!r}") from None
    return found


async def try_out_a_shell(channel: TerminalChannel, size: str, folder: str, user: str) -> None:
    """See that a POSIX shell has a terminal of this size, begins in this folder as this user, and obeys."""
    await channel.write(b"export PS1='rea''dy> '; tty; stty size; id -un; pwd; echo $TERM\r")
    found = (await seen(channel, b"ready> ")).decode()
    rows = found.replace("\r", "").split("\n")
    assert "/dev/" in found and "not a tty" not in found
    for wanted in (size, user, folder, "xterm-256color"):
        assert wanted in rows, found
    channel.resize(50, 10)
    async with asyncio.timeout(LIMIT):
        shown = b""
        while b"10 50" not in shown:  # the new size reaches it in its own time
            await channel.write(b"stty size\r")
            shown = await seen(channel, b"ready> ")
    await channel.write(b"echo beg''un; sleep 1000\r")
    await seen(channel, b"begun")

    async def interrupt() -> None:
        while True:  # one that comes while the shell makes its child is nobody's
            await channel.write(b"\x03")
            await asyncio.sleep(0.5)

    interrupting = asyncio.create_task(interrupt())
    await seen(channel, b"ready> ")
    interrupting.cancel()
    await channel.write(b"exit 3\r")
    async with asyncio.timeout(LIMIT):
        while await channel.read():
            pass
    assert channel.exit_code == 3
