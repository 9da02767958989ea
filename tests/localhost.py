"""Enter this computer in the ways that it offers: python -m tests.localhost winrm ssh pipe process.

For a build server where Windows, macOS or Linux is real: each way is entered as a person enters it, a line is run, and
its answer compared. Settings come from the environment: PSTUI_USER and PSTUI_PASSWORD for WinRM, PSTUI_KEY is the file
of the private key for SSH. The exit code is the number of ways that failed.
"""

from __future__ import annotations

import asyncio
import getpass
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import PstuiError
from pstui.backends.sessions.manager import SessionManager

from tests.support.scripted_console import ScriptedConsole

#: seconds for one way; the first PowerShell of a machine takes its time
LIMIT = 120.0
QUIET = ["pwsh", "-NoLogo", "-NoProfile"]


@contextmanager
def winrm() -> Iterator[ConnectionInfo]:
    """The WinRM service, with the password of an account; on Windows the machine's own list of trusted hosts counts."""
    credential = PSCredential(os.environ["PSTUI_USER"], Secret(os.environ["PSTUI_PASSWORD"]))
    yield ConnectionInfo(
        ParameterSet.COMPUTER_NAME,
        {"ComputerName": "localhost", "Credential": credential},
        settings={"trusted_hosts": ["localhost"]},
    )


@contextmanager
def ssh() -> Iterator[ConnectionInfo]:
    """The SSH server, with a key; its host key must be in known_hosts."""
    values = {"HostName": "localhost", "UserName": getpass.getuser(), "KeyFilePath": os.environ["PSTUI_KEY"]}
    yield ConnectionInfo(ParameterSet.SSH_HOST, values)


@contextmanager
def pipe() -> Iterator[ConnectionInfo]:
    """The named pipe of a PowerShell that runs."""
    command = [*QUIET, "-NonInteractive", "-Command", "'up'; [Console]::In.ReadLine()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield ConnectionInfo(ParameterSet.HOST_PROCESS, {"ProcessId": process.pid})
        finally:
            process.kill()


@contextmanager
def process() -> Iterator[ConnectionInfo]:
    """A PowerShell that is started as a server."""
    yield ConnectionInfo(ParameterSet.PROCESS, {"Command": (*QUIET, "-s")})


WAYS: dict[str, Callable[[], AbstractContextManager[ConnectionInfo]]] = {
    "winrm": winrm,
    "ssh": ssh,
    "pipe": pipe,
    "process": process,
}


async def enter(info: ConnectionInfo) -> None:
    """Enter, run a line, and leave. Raises PstuiError; AssertionError for another answer than the right one."""
    console, manager = ScriptedConsole(), SessionManager()
    session = manager.create(info, console)
    interactive = manager.interact(session, console)
    try:
        async with asyncio.timeout(LIMIT):
            await interactive.enter()
            await interactive.run("6 * 7; 'grüße'")
        shown = console.shown()
        assert shown[-2:] == ["42", "grüße"], shown
    finally:
        await manager.close_all()


def main(names: list[str]) -> int:
    """Enter by each way and say how it went; return how many failed."""
    failed = 0
    for name in names:
        try:
            with WAYS[name]() as info:
                asyncio.run(enter(info))
            print(f"{name}: entered")
        except (PstuiError, AssertionError, OSError, TimeoutError, KeyError) as error:
            failed += 1
            text = error.text() if isinstance(error, PstuiError) else f"{type(error).__name__}: {error}"
            print(f"{name}: {text}", file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [*WAYS]))
