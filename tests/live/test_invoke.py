"""Invoke-Command beside the real one: each row in PowerShell's own client and in pstui, on the same server."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest
from pstui.backends.binding.line import bind_line
from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.session import PSSession
from pstui.tui.cli.args import Options
from pstui.tui.cli.invoke import invocation_of
from pstui.tui.cli.preferences import Preferences
from pstui.tui.cli.run import Invocation, running
from pstui.tui.cli.target import Script

from tests.support.icm_rows import CALLS, ROWS, Row
from tests.support.nobody import NobodyConsole
from tests.support.powershell import QUIET, invoke, process_info, pwsh, real_server
from tests.support.sshd import Sshd

__all__ = ["real_server"]

Captured = pytest.CaptureFixture[str]

#: what comes after a Stop is a race there, the host's error line is no record, and a throw ends the script around it
SAME = [row for row in ROWS if not ("Stop" in row.common.values() or "WriteErrorLine" in row.script or row.throws)]
#: runs each row in one session and tells how it went, as JSON
REAL = """
$s = New-PSSession {target}
$rows = Get-Content -Raw {rows} | ConvertFrom-Json -AsHashtable
$all = foreach ($row in $rows) {{
  $block = [scriptblock]::Create($row.script); $common = $row.common; $e = @(); $out = @()
  $got = @(Invoke-Command $s $block @common 2>&1); $ok = $?
  foreach ($one in $got) {{
    if ($one -is [System.Management.Automation.ErrorRecord]) {{ $e += ($one | Out-String).TrimEnd() }}
    else {{ $out += "$one" }}
  }}
  @{{ out = $out -join "`n"; err = $e -join "`n"; code = [int](-not $ok) }}
}}
$all | ConvertTo-Json -AsArray
"""


def target(server: Sshd) -> str:
    """Return the parameters of the real client that lead to the server."""
    options = "@{StrictHostKeyChecking='no'; UserKnownHostsFile='/dev/null'; LogLevel='ERROR'}"
    user = f"-UserName {server.user} -KeyFilePath {server.user_key}"
    return f"-HostName {server.host} -Port {server.port} {user} -Options {options}"


@pytest.fixture(scope="module")
def real(real_server: Sshd, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What the real client gives for each row."""
    rows = tmp_path_factory.mktemp("rows") / "rows.json"
    rows.write_text(json.dumps([{"script": row.script, "common": dict(row.common)} for row in SAME]))
    script = REAL.format(target=target(real_server), rows=rows)
    done = invoke(f"$PSStyle.OutputRendering = 'PlainText'; {script}", timeout=100)
    assert done.returncode == 0, done.stderr.decode()
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_the_real_client_gives_what_is_recorded(real: list[dict[str, Any]]) -> None:
    for row, found in zip(SAME, real, strict=True):
        assert (found["out"], found["err"]) == (row.out, row.err), row.name
        assert found["code"] == (row.code if row.real is None else row.real), row.name


def test_the_real_client_binds_calls_as_recorded(real_server: Sshd) -> None:
    calls = "; ".join(call.replace("icm {", "icm $s {") for call, _ in CALLS)
    nothing = "@() | icm $s { 'it runs nothing where no object comes' }"
    done = invoke(f"$s = New-PSSession {target(real_server)}; {calls}; {nothing}")
    assert done.stdout.decode().splitlines() == [given for _, given in CALLS], done.stderr.decode()


def test_a_throw_ends_the_real_clients_script(real_server: Sshd) -> None:
    row = next(row for row in ROWS if row.throws)
    call = f"Invoke-Command {target(real_server)} -ScriptBlock {{ {row.script} }}"
    done = subprocess.run(
        [pwsh(), "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", call],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **QUIET, "NO_COLOR": "1"},
    )
    assert (done.stdout.strip(), done.stderr.strip(), done.returncode) == (row.out, row.err, row.code)


class Kept:
    """Gives every run the same session, which stays open."""

    def __init__(self, session: PSSession) -> None:
        self.session = session

    def create(self, info: ConnectionInfo, console: Console) -> PSSession:
        self.session.attach(console)
        return self.session


async def test_pstui_gives_the_same(capfd: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    info = process_info()
    manager = SessionManager()
    session = manager.create(info, NobodyConsole())
    await session.open()

    async def stay_open() -> None: ...

    with monkeypatch.context() as patch:
        patch.setattr(session, "close", stay_open)
        for call, given in CALLS:
            assert await running(invocation_of([info], bind_line(call), Options()), manager=Kept(session)) == 0, call
            assert capfd.readouterr() == (f"{given}\n", ""), call
        for row in ROWS:
            code = await running(_invocation(info, row), manager=Kept(session))
            out, err = capfd.readouterr()
            expected = "el" if "WriteErrorLine" in row.script else row.err
            assert (out.rstrip("\n"), err.rstrip("\n"), code) == (row.out, expected, row.code), row.name
    await manager.close_all()


def _invocation(info: ConnectionInfo, row: Row) -> Invocation:
    return Invocation([info], Script(row.script, preferences=Preferences.of_call(row.common)))
