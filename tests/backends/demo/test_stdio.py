"""``pstui demo --stdio`` as a real process: a session over its pipes, and what it does with clients that misbehave."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.support.oop_client import ZERO, OopClient

MODULE = [sys.executable, "-m", "pstui.backends.demo.server.stdio"]


class Pipes:
    """The process's standard streams as a channel."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def read(self) -> bytes:
        assert self.process.stdout
        return await self.process.stdout.read(65536)

    async def write(self, data: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(data)
        await self.process.stdin.drain()


@asynccontextmanager
async def started() -> AsyncIterator[asyncio.subprocess.Process]:
    """The endpoint as a process, killed if it does not end."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*MODULE, stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_session_over_the_standard_streams() -> None:
    async with started() as process:
        client = OopClient(Pipes(process))
        await client.open()
        assert (await client.line("$PID; 1..3")).lines == [str(process.pid), "1", "2", "3"]
        assert "a process of its own" in "\n".join((await client.line("Get-Help")).lines)
        if os.name == "posix":
            loud = await client.line("sh -c 'echo to stdout; echo to stderr >&2; cat'")
            assert loud.lines == ["to stdout", "to stderr"]
        await client.close()
        assert client.elements[-1] == ("CloseAck", ZERO)
        assert await asyncio.wait_for(process.wait(), 10) == 0
        assert process.stderr
        assert await process.stderr.read() == b""


async def test_the_end_of_stdin_ends_it_with_what_runs() -> None:
    async with started() as process:
        client = OopClient(Pipes(process))
        await client.open()
        assert process.stdin
        if os.name == "posix":
            from psrpcore import Command

            guid = await client.start([Command("sh -c 'echo $$; exec sleep 60'", is_script=True)])
            await client.until(lambda: bool(client.results[guid].output))
            child = int(client.results[guid].output[0])
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 10) == 0
        if os.name == "posix":
            with pytest.raises(ProcessLookupError):
                os.kill(child, 0)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
async def test_a_signal_ends_it() -> None:
    async with started() as process:
        client = OopClient(Pipes(process))
        await client.open()
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0


@pytest.mark.parametrize(
    "garbage",
    [
        b"\n",
        b"hello\n",
        b"<Data Stream='Default' PSGuid='00000000-0000-0000-0000-000000000000'>????</Data>\n",
        b"<DataAck PSGuid='00000000-0000-0000-0000-000000000000' />\n",
        b"<Command PSGuid='11111111-1111-1111-1111-111111111111' />\n",
        b"<Data Stream='Default' PSGuid='00000000-0000-0000-0000-000000000000'>AAAAAAAAAAEAAAAAAAAAAAP/////</Data>\n",
        b"\x00\xff\xfe" * 100 + b"\n",
        b"<" * (5 * 1024 * 1024),
    ],
    ids=["empty", "text", "base64", "ack", "early command", "huge fragment", "bytes", "endless line"],
)
async def test_garbage_ends_it_cleanly(garbage: bytes) -> None:
    async with started() as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        with suppress(ConnectionError):
            process.stdin.write(garbage)
            await process.stdin.drain()
        out, err = await asyncio.wait_for(asyncio.gather(process.stdout.read(), process.stderr.read()), 20)
        assert out == b""
        assert b"Traceback" not in err
        assert len(err) < 500
        assert await asyncio.wait_for(process.wait(), 10) == (0 if garbage == b"\n" else 1)


async def test_it_needs_psrpcore_and_cryptography_only(tmp_path: Path) -> None:
    """Modules that a bare container lacks are made unimportable; the endpoint must open all the same."""
    for name in ("textual", "rich", "asyncssh", "pypsrp", "spnego", "tomlkit", "platformdirs", "keyring", "requests"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('not here')\n")
    pipe = asyncio.subprocess.PIPE
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    process = await asyncio.create_subprocess_exec(*MODULE, stdin=pipe, stdout=pipe, stderr=pipe, env=environment)
    client = OopClient(Pipes(process))
    await client.open()
    assert (await client.line("Get-Date -Format yyyy")).lines[0].isdigit()
    await client.close()
    assert await asyncio.wait_for(process.wait(), 10) == 0
