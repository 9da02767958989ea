"""A real PowerShell as the far end, and as the client beside ours.

Servers: behind an sshd (``powershell_sshd``), started as a process (``process_info``), on a named pipe
(``waiting_powershell``). The client: ``real_client``, PowerShell's own console in a terminal. A test that needs one is
skipped where no ``pwsh`` is on the PATH.
"""

from __future__ import annotations

import asyncio
import getpass
import os
import shlex
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.sessions.interactive import InteractiveSession
from pstui.backends.sessions.manager import SessionManager

from tests.support.parts import requires
from tests.support.scripted_console import ScriptedConsole
from tests.support.sshd import Sshd, make_home, running_sshd
from tests.support.tmux import Terminal, environment, terminal

#: seconds until a PowerShell must be up
START = 30.0
#: what keeps a PowerShell of the tests from asking, telling and looking for anything outside
QUIET = {"POWERSHELL_TELEMETRY_OPTOUT": "1", "POWERSHELL_UPDATECHECK": "Off", "DOTNET_CLI_TELEMETRY_OPTOUT": "1"}


def pwsh() -> str:
    """Return the path of the real PowerShell, or skip the test."""
    return requires("pwsh")


def subsystem(*arguments: str) -> str:
    """Return the shell script of an sshd subsystem that is a PowerShell server with more arguments."""
    return f"export LANG=C.UTF-8 TZ=UTC; exec {shlex.join([pwsh(), '-NoLogo', '-NoProfile', '-sshs', *arguments])}"


@contextmanager
def powershell_sshd(folder: Path, *arguments: str, **options: Any) -> Iterator[Sshd]:
    """Run an sshd whose subsystem ``powershell`` is the real server."""
    with running_sshd(folder, subsystems={"powershell": subsystem(*arguments)}, **options) as server:
        yield server


def process_info(*arguments: str, **values: Any) -> ConnectionInfo:
    """Return the connection to a real server that is started as a process of this computer."""
    command = [pwsh(), "-NoLogo", "-NoProfile", "-s", *arguments]
    return ConnectionInfo(ParameterSet.PROCESS, {"Command": tuple(command), **values})


@contextmanager
def waiting_powershell(folder: Path) -> Iterator[int]:
    """Run a PowerShell that waits, to be entered through its named pipe; gives its process id."""
    environ = {**os.environ, **QUIET, "HOME": str(folder)}
    command = [pwsh(), "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", "'up'; [Console]::In.ReadLine()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().strip() == "up"
            yield process.pid
        finally:
            process.kill()


@contextmanager
def real_client(home: Path, server: Sshd | None = None, columns: int = 120, rows: int = 35) -> Iterator[Terminal]:
    """Run PowerShell's own console in a terminal; with a server it has entered a session there."""
    environ = environment(home, Path(pwsh()).parent) | QUIET | {"TERM": "xterm-256color"}
    with terminal([pwsh(), "-NoLogo", "-NoProfile"], environ, home, columns, rows) as t:
        t.wait("PS ", START)
        if server is not None:
            t.line(enter_call(server))
            t.wait(f"[{server.host}]: PS", START)
        yield t


def enter_call(server: Sshd) -> str:
    """Return the call that enters a session there, without a question about the host's key."""
    options = "@{StrictHostKeyChecking='no'; UserKnownHostsFile='/dev/null'; LogLevel='ERROR'}"
    return (
        f"Enter-PSSession -HostName {server.host} -UserName {getpass.getuser()} -Port {server.port}"
        f" -KeyFilePath {server.user_key} -Options {options}"
    )


@asynccontextmanager
async def entered(info: ConnectionInfo, console: ScriptedConsole) -> AsyncIterator[InteractiveSession]:
    """Enter a session of ours without a screen and close it afterwards."""
    manager = SessionManager()
    interactive = manager.interact(manager.create(info, console), console)
    try:
        async with asyncio.timeout(START):
            await interactive.enter()
        yield interactive
    finally:
        await manager.close_all()


def invoke(script: str, *arguments: str, timeout: float = 60.0) -> subprocess.CompletedProcess[bytes]:
    """Run a script in a PowerShell of its own and return what it wrote; ``$args`` holds the arguments."""
    command = [pwsh(), "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", f"& {{ {script} }}", *arguments]
    environ, silent = {**os.environ, **QUIET}, subprocess.DEVNULL
    return subprocess.run(command, stdin=silent, capture_output=True, check=False, timeout=timeout, env=environ)


@pytest.fixture(scope="module")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """One sshd for a module, whose subsystem is the real server. Import the name to use it."""
    with powershell_sshd(tmp_path_factory.mktemp("real") / "sshd") as server:
        yield server


@pytest.fixture
def real_info(real_server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ConnectionInfo:
    """The connection to that server, its key known in the home of this test."""
    make_home(tmp_path / "client", monkeypatch, known=real_server.known_hosts_line)
    return real_server.info()
