"""Channels with a terminal: of this computer, over SSH on the session's connection; what starts there; who has none."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenError
from pstui.backends.sessions.location import location
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.transports import registry
from pstui.backends.transports.base import ConnectContext, TerminalChannel, TerminalWish
from pstui.backends.transports.pty_channel import ENOUGH, PtyChannel, environment
from pstui.backends.transports.terminal_line import posix_argv, remote_command, windows_argv

from tests.support.scripted_console import ScriptedConsole
from tests.support.sshd import make_home, running_sshd
from tests.support.terminals import seen

LIMIT = 30


async def until_the_end(channel: TerminalChannel) -> bytes:
    found = b""
    async with asyncio.timeout(LIMIT):
        while data := await channel.read():
            found += data
    return found


async def test_a_program_of_this_machine_has_a_terminal_of_its_own_and_its_size() -> None:
    channel = await PtyChannel.start(["/bin/sh", "-c", "tty; stty size; read x; stty size; exit 7"], 91, 17)
    found = await seen(channel, b"17 91")
    assert b"/dev/" in found
    channel.resize(40, 9)
    await channel.write(b"\r")
    assert b"9 40" in await until_the_end(channel)
    assert channel.exit_code == 7 and channel.ending() == "The program ended with exit code 7."
    await channel.stop()
    with pytest.raises(BrokenPipeError):
        await channel.write(b"x")


async def test_ctrl_c_reaches_what_runs_there_and_a_shell_alone_runs_nothing() -> None:
    channel = await PtyChannel.start(["/bin/sh", "-i"], 80, 24, is_shell=True)
    try:
        await channel.write(b"PS1='rea''dy> '\r")
        await seen(channel, b"ready> ")
        assert channel.runs is False
        await channel.write(b"echo beg''un; sleep 1000\r")
        await seen(channel, b"begun")
        async with asyncio.timeout(LIMIT):
            while not channel.runs:
                await asyncio.sleep(0.01)
        await channel.write(b"\x03")
        await seen(channel, b"ready> ")
        assert channel.runs is False
    finally:
        await channel.stop()


async def test_what_nobody_reads_waits_at_the_program() -> None:
    channel = await PtyChannel.start(["/bin/sh", "-c", "yes"], 80, 24)
    try:
        await seen(channel, b"y")
        await asyncio.sleep(0.3)
        assert channel._received.waiting < 4 * ENOUGH
        assert len(await channel.read()) > 0
    finally:
        await channel.stop()


async def test_stopping_ends_everything_that_was_started_there(tmp_path: Path) -> None:
    script = f"trap '' HUP; sleep 1000 & echo $! >{tmp_path}/pid; echo up; wait"
    channel = await PtyChannel.start(["/bin/sh", "-c", script], 80, 24)
    await seen(channel, b"up")
    await channel.stop()
    pid = int((tmp_path / "pid").read_text())
    async with asyncio.timeout(LIMIT):
        while Path(f"/proc/{pid}/stat").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text():
            await asyncio.sleep(0.01)


async def test_a_program_that_is_not_there_says_so() -> None:
    channel = await PtyChannel.start(["/nowhere/at/all"], 80, 24)
    await until_the_end(channel)
    assert channel.exit_code == 1
    await channel.stop()


def test_the_terminal_that_pstui_runs_in_is_none_of_the_programs_business() -> None:
    found = environment({"TMUX": "x", "TERM": "dumb", "LINES": "3", "TERM_PROGRAM": "y", "NO_COLOR": "1"})
    assert found == {"NO_COLOR": "1", "TERM": "xterm-256color", "COLORTERM": "truecolor"}


_names = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_characters="/\x7f"), min_size=1, max_size=20
)


@settings(max_examples=25, deadline=None)
@given(_names)
def test_no_name_of_a_folder_is_read_as_a_command(name: str) -> None:
    wish = TerminalWish(80, 24, f"/nowhere/{name}", "echo ok")
    argv = posix_argv(wish)
    assert argv[-2:] == (wish.directory, "echo ok")
    done = subprocess.run(
        ["/bin/sh", "-c", remote_command(wish)],
        capture_output=True,
        text=True,
        env={**os.environ, "SHELL": "/bin/sh"},
        check=False,
    )
    assert (done.stdout, done.returncode) == ("ok\n", 0)


def test_a_line_of_powershell_is_run_by_one_where_a_shell_would_read_it_otherwise() -> None:
    assert "pwsh" not in posix_argv(TerminalWish(80, 24, "", "vim a.txt"))[2]
    assert posix_argv(TerminalWish(80, 24, "", "& vim a.txt"))[-1] == "vim a.txt"
    assert "pwsh" in posix_argv(TerminalWish(80, 24, "", "vim $home/a`ttxt"))[2]
    # a line that would end early, or is longer than any, is not handed over
    for line in ("vim\nrm x", "vim\x00", "v" * 5000):
        assert posix_argv(TerminalWish(80, 24, "", line))[-1] == ""


def test_windows_gets_no_character_that_a_shell_of_its_own_knows() -> None:
    wish = TerminalWish(80, 24, "C:\\it's; rm \u2019x", "vim a.txt")
    argv = windows_argv(wish)
    assert remote_command(wish) == " ".join(argv)
    assert base64.b64decode(argv[-1]).decode("utf-16-le") == (
        "Set-Location -LiteralPath 'C:\\it''s; rm \u2019\u2019x' -ErrorAction SilentlyContinue; vim a.txt"
    )
    assert "-NoExit" in windows_argv(TerminalWish(80, 24, "C:\\"))


@pytest.mark.parametrize(
    "info",
    [
        ConnectionInfo(ParameterSet.COMPUTER_NAME, {"ComputerName": "web1"}),
        ConnectionInfo(ParameterSet.URI, {"ConnectionUri": "https://web1/wsman"}),
    ],
)
async def test_winrm_says_why_it_has_none(info: ConnectionInfo) -> None:
    with pytest.raises(OpenError, match="a terminal cannot be opened") as caught:
        await registry.open_terminal(info, ConnectContext(ScriptedConsole()), TerminalWish(80, 24))
    assert "no terminal" in caught.value.why and "-HostName" in caught.value.hint


async def test_over_ssh_it_begins_where_the_session_is_on_the_same_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    with running_sshd(tmp_path / "sshd", more_config="SetEnv SHELL=/bin/sh") as server:
        make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)
        manager, console = SessionManager(), ScriptedConsole()
        session = manager.create(server.info(), console)
        interactive = manager.interact(session, console)
        channel: Any = None
        try:
            async with asyncio.timeout(60):
                await interactive.enter()
                await interactive.run(f"Set-Location '{folder}'")
                assert await location(session) == str(folder)
                wish = TerminalWish(93, 21, str(folder), "sh -c pwd")
                channel = await registry.open_terminal(session.info, ConnectContext(console), wish)
                assert await until_the_end(channel) == f"{folder}\r\n".encode()
                assert channel.exit_code == 0
                await channel.stop()
                channel = await registry.open_terminal(session.info, ConnectContext(console), TerminalWish(93, 21))
                await channel.write(b"stty size; read x; stty size; exit 5\r")
                await seen(channel, b"21 93")
                channel.resize(50, 10)
                await asyncio.sleep(0.2)
                await channel.write(b"\r")
                assert b"10 50" in await until_the_end(channel)
            assert channel.ending() == "The terminal on 127.0.0.1 ended with exit code 5."
            assert server.log.count("Accepted publickey") == 1
            server.kill_connections()
        finally:
            if channel is not None:
                await channel.stop()
            await manager.close_all()


async def test_a_server_that_gives_no_terminal_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_sshd(tmp_path / "sshd", more_config="PermitTTY no") as server:
        make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)
        with pytest.raises(OpenError, match="gives no terminal"):
            await registry.open_terminal(server.info(), ConnectContext(ScriptedConsole()), TerminalWish(80, 24))
