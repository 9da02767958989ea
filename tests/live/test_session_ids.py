"""The ids of the session cmdlets' errors, asked of a real PowerShell again; and what needs a server, done by ours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pstui.backends.binding.writer import line_of
from pstui.backends.connection import ConnectionInfo

from tests.support.command_bar import Bar
from tests.support.powershell import invoke, real_info, real_server
from tests.support.session_ids import IDS, OPENING
from tests.support.sshd import Sshd

__all__ = ["real_info", "real_server"]

#: runs lines and tells the ids of their errors
SCRIPT = """
foreach ($line in (Get-Content -Raw $args[0] | ConvertFrom-Json)) {
    $Error.Clear()
    try { $null = Invoke-Expression $line 2>$null } catch { }
    [Console]::Out.WriteLine((ConvertTo-Json -Compress @($line, [string]$Error[-1].FullyQualifiedErrorId)))
}
"""


def with_server(line: str, server: Sshd) -> str:
    return line.replace("PORT", str(server.port)).replace("KEY", str(server.user_key))


@pytest.mark.timeout(120)
def test_a_real_powershell_still_gives_these_ids(real_server: Sshd, tmp_path: Path) -> None:
    lines = [with_server(line, real_server) for line, _ in IDS]
    file = tmp_path / "lines.json"
    file.write_text(json.dumps(lines))
    done = invoke(SCRIPT, str(file), timeout=100)
    found = [json.loads(row) for row in done.stdout.decode().splitlines() if row.startswith("[")]
    wrong = [
        (line, want, got)
        for (line, want), (_, got) in zip(IDS, found, strict=True)
        if not (got.endswith(want) if want else got == "")
    ]
    assert not wrong


async def test_what_cannot_be_opened_ends_in_the_same_id(real_info: ConnectionInfo, real_server: Sshd) -> None:
    for line in OPENING:
        (said,) = await Bar().run(with_server(line, real_server))
        assert said.is_error and said.error_id.endswith("PSSessionOpenFailed"), (line, said)


async def test_whole_lines_work_on_real_sessions(real_info: ConnectionInfo, real_server: Sshd) -> None:
    bar = Bar()
    new = line_of(real_info).replace("Enter-PSSession", "New-PSSession")
    try:
        await bar.run(f"$m = @(({new} -Name m0), ({new} -Name m1))")
        assert await bar.shown("$m.Name") == "m0\nm1"
        assert await bar.shown("Invoke-Command -Session $m[-1] { 1 + 1 }") == "2"
        assert await bar.shown("Invoke-Command $m { 'x' }") == "m0 (127.0.0.1):\nx\nm1 (127.0.0.1):\nx"
        assert await bar.shown("$r = Invoke-Command $m[0] { [pscustomobject]@{A = 1} }", "$r.A") == "1"
        text = await bar.shown("Get-PSSession | Where-Object Name -eq m0 | Format-List Name, State, ConfigurationName")
        assert text == "Name              : m0\nState             : Opened\nConfigurationName : DefaultShell"
        await bar.run("Enter-PSSession $m[1]")
        assert bar.entered.name == "m1"
    finally:
        await bar.context.sessions.close_all()
