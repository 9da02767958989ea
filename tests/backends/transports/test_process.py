"""A local process as a channel: its bytes, its end, its children, and what it says on stderr."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenError, SessionBroken
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.transports import process
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.container.connect import find
from pstui.backends.transports.process import ProcessChannel
from pstui.backends.transports.streams import HIGH_WATER

from tests.support.nobody import NobodyConsole
from tests.support.processes import until_gone

pytestmark = pytest.mark.skipif(os.name == "nt", reason="these dialogues use Unix programs")


async def start(program: str) -> ProcessChannel:
    return await ProcessChannel.start([sys.executable, "-u", "-c", program])


async def read_all(channel: ProcessChannel) -> bytes:
    text = b""
    while piece := await asyncio.wait_for(channel.read(), 20):
        text += piece
    return text


async def test_what_is_written_comes_back() -> None:
    channel = await ProcessChannel.start(["cat"])
    await channel.write(b"<Data />\n")
    assert await asyncio.wait_for(channel.read(), 10) == b"<Data />\n"
    await channel.stop()
    await channel.stop()
    assert await channel.read() == b""
    with pytest.raises(BrokenPipeError):
        await channel.write(b"more")


async def test_more_than_any_buffer_holds_goes_through_both_ways() -> None:
    channel = await ProcessChannel.start(["cat"])
    data = os.urandom(1 << 16) * 96
    writing = asyncio.ensure_future(channel.write(data))
    back = bytearray()
    while len(back) < len(data):
        back += await asyncio.wait_for(channel.read(), 20)
    await writing
    assert bytes(back) == data
    await channel.stop()


async def test_a_process_that_writes_more_than_is_read_is_made_to_wait() -> None:
    channel = await ProcessChannel.start(["yes"])
    while channel._received.waiting <= HIGH_WATER:
        await asyncio.sleep(0)
    held = channel._received.waiting
    for _ in range(200):
        await asyncio.sleep(0)
    assert channel._received.waiting == held
    taken = 0
    while taken < 4 * HIGH_WATER:
        taken += len(await asyncio.wait_for(channel.read(), 20))
    await channel.stop()


async def test_the_exit_code_explains_the_end() -> None:
    channel = await start("print('last words'); raise SystemExit(7)")
    assert await read_all(channel) == b"last words\n"
    assert "exit code 7" in channel.ending()
    await channel.stop()


async def test_a_signal_explains_the_end() -> None:
    channel = await start("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert await read_all(channel) == b""
    assert "SIGKILL" in channel.ending()
    await channel.stop()


async def test_a_line_on_stderr_is_an_error_after_what_came_before_it() -> None:
    channel = await start(
        "import sys; sys.stdout.write('first\\n'); print('no \\x1b[31mmodule', file=sys.stderr); sys.stdin.read()"
    )
    assert await asyncio.wait_for(channel.read(), 10) == b"first\n"
    with pytest.raises(SessionBroken) as broken:
        await asyncio.wait_for(channel.read(), 10)
    assert "no ?[31mmodule" in broken.value.why
    await channel.stop()


async def test_stderr_is_kept_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    # All of it shall have come when it is told; the end of the process ends the waiting.
    monkeypatch.setattr(process, "ERROR_GATHERING", 30)
    channel = await start("import sys; sys.stderr.write('x' * 10_000_000 + '\\n' + 'line\\n' * 100_000)")
    with pytest.raises(SessionBroken) as broken:
        await read_all(channel)
    assert len(broken.value.why) < 20_000
    assert "left out" in broken.value.why
    await channel.stop()


async def test_stop_ends_the_whole_group_even_those_who_refuse() -> None:
    channel = await start(
        "import os, signal, subprocess, sys\n"
        "deaf = 'import signal as s, time\\ns.signal(s.SIGTERM, s.SIG_IGN); print(1, flush=True); time.sleep(600)'\n"
        "child = subprocess.Popen([sys.executable, '-c', deaf], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid)\n"
        "sys.stdin.read()\n"
    )
    child = int(await asyncio.wait_for(channel.read(), 20))
    leader = channel.pid
    assert os.getpgid(leader) == leader != os.getpgid(0)
    await asyncio.wait_for(channel.stop(), 10)
    await until_gone(child)
    with pytest.raises(ChildProcessError):
        os.waitpid(leader, os.WNOHANG)


async def test_a_grandchild_that_keeps_the_pipe_does_not_hide_the_end() -> None:
    channel = await ProcessChannel.start(["sh", "-c", "sleep 600 & echo $!"])
    child = int(await asyncio.wait_for(channel.read(), 10))
    assert await asyncio.wait_for(channel.read(), 10) == b""
    assert "exit code 0" in channel.ending()
    await channel.stop()
    os.kill(child, signal.SIGKILL)


async def test_writing_to_a_process_that_ended_is_refused() -> None:
    channel = await start("raise SystemExit(3)")
    assert await read_all(channel) == b""
    with pytest.raises(BrokenPipeError, match="exit code 3"):
        await channel.write(b"x")
    await channel.stop()


async def test_a_missing_program_is_named() -> None:
    info = ConnectionInfo(ParameterSet.PROCESS, {"Command": ("no-such-program-of-ours", "-s")})
    with pytest.raises(OpenError) as refusal:
        await process.connect(info, ConnectContext(NobodyConsole()))
    assert "no-such-program-of-ours" in refusal.value.what
    assert refusal.value.why and refusal.value.hint
    assert refusal.value.error_id == "CommandNotFoundException"


async def test_a_line_in_one_quotation_is_told_from_a_misspelt_program() -> None:
    hints = []
    for argv in (("pwsh -s",), ("pwssh", "-s")):
        with pytest.raises(OpenError) as refusal:
            await process.connect(
                ConnectionInfo(ParameterSet.PROCESS, {"Command": argv}), ConnectContext(NobodyConsole())
            )
        hints.append(refusal.value.hint)
    assert "each word by itself" in hints[0] and "spelling" in hints[1]
    with pytest.raises(OpenError, match="api cannot be looked up") as refusal:
        await find(ConnectionInfo(ParameterSet.CONTAINER_ID, {"ContainerId": "api", "Engine": ("sudo podman",)}))
    assert refusal.value.hint == hints[0]


async def test_a_file_that_is_no_program_is_named(tmp_path: Path) -> None:
    file = tmp_path / "readme"
    file.write_text("nothing to run")
    for mode in (stat.S_IRUSR, stat.S_IRWXU):
        file.chmod(mode)
        with pytest.raises(OpenError, match="readme"):
            await process.connect(
                ConnectionInfo(ParameterSet.PROCESS, {"Command": (str(file),)}), ConnectContext(NobodyConsole())
            )


def test_the_first_pwsh_on_the_path_is_the_loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pwsh = tmp_path / "pwsh"
    pwsh.write_text("#!/bin/sh\n")
    pwsh.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert process.command_of(ConnectionInfo(ParameterSet.PROCESS)) == (str(pwsh), "-s", "-NoLogo", "-NoProfile")


def test_without_powershell_the_demo_endpoint_is_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OpenError) as refusal:
        process.command_of(ConnectionInfo(ParameterSet.PROCESS))
    assert "pwsh" in refusal.value.why
    assert "pstui demo" in refusal.value.hint


async def refused(*command: str) -> OpenError:
    manager, console = SessionManager(), NobodyConsole()
    interactive = manager.interact(
        manager.create(ConnectionInfo(ParameterSet.PROCESS, {"Command": command}), console), console
    )
    with pytest.raises(OpenError) as refusal:
        await asyncio.wait_for(interactive.enter(), 60)
    return refusal.value


async def test_a_program_that_repeats_its_input_is_recognised_at_once() -> None:
    error = await refused("/bin/cat")
    assert "sends back what it is sent" in error.what
    assert "Try by hand: /bin/cat" in error.hint


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("exit 3", "exit code 3."),
        ("exit 137", "exit code 137: signal 9 (SIGKILL), often the lack of memory."),
        ("kill -9 $$", "signal SIGKILL"),
        ("echo hello; exit 0", "hello"),
    ],
)
async def test_a_program_that_is_no_server_is_told_with_the_command_to_try(script: str, says: str) -> None:
    error = await refused("/bin/sh", "-c", script)
    assert says in f"{error.what}\n{error.why}"
    assert f"Try by hand: /bin/sh -c '{script}'" in error.hint
    assert "subsystem" not in error.hint
