"""Errors are reported as the real client does, in every view: terminating ones, others, and those of the parser."""

from __future__ import annotations

from pathlib import Path

from pstui.backends.connection import ConnectionInfo
from pstui.backends.records import Stream, Write

from tests.support.dialogue import SIZE, typed_at_the_real_client, typed_here
from tests.support.powershell import entered, real_client, real_info, real_server
from tests.support.scripted_console import ScriptedConsole
from tests.support.sshd import Sshd

__all__ = ["real_info", "real_server"]

ERRORS = (
    "throw 'x'",
    "throw",
    "throw @{a=1}",
    "throw ''",
    "throw ' '",
    "throw [System.IO.IOException]::new('disk')",
    "function f { throw 'inner' }; f",
    "try { throw 1 } catch { throw }",
    "1..2 | ForEach-Object { throw $_ }",
    "nosuchcommand",
    "./nosuch",
    "Get-Date -Foo",
    "'before'; Get-Date -Foo; Write-Output after",
    "Get-Item /nosuch",
    "1/0",
    "'a' 'b'",
    ")",
    "Write-Error boom; Write-Output 1",
    "Get-Item /nosuch -ErrorAction Stop",
    "[int]'x'",
    "$ErrorActionPreference = 'Stop'; Get-Item /nosuch; 'not reached'",
    "$ErrorActionPreference = 'Continue'",
)
#: what differs from view to view: an error of the language, of discovery, of the parser, and one that ends nothing
FEW = ("throw 'x'", "nosuchcommand", "'a' 'b'", "Get-Item /nosuch")
LINES = [
    *ERRORS,
    *(text for view in ("NormalView", "CategoryView", "DetailedView") for text in (f"$ErrorView = '{view}'", *FEW)),
]


async def test_what_is_shown_is_what_the_real_client_shows(
    real_server: Sshd, real_info: ConnectionInfo, tmp_path: Path
) -> None:
    with real_client(tmp_path, real_server, SIZE.width, SIZE.height) as t:
        theirs = typed_at_the_real_client(t, real_server.host, LINES)
    ours = await typed_here(real_info, LINES)
    unlike = {text: (a, b) for text, a, b in zip(LINES, theirs, ours, strict=True) if a != b}
    assert unlike == {}


async def test_every_error_is_written_as_one(real_info: ConnectionInfo) -> None:
    console = ScriptedConsole()
    written = console.buffer.write
    records: list[Write] = []
    console.buffer.write = lambda record: (records.append(record), written(record))[1]  # type: ignore[method-assign]
    async with entered(real_info, console) as interactive:
        for text in ("throw 'x'", "'a' 'b'", "Get-Item /nosuch", "Get-Item /; Get-Date -Foo"):
            records.clear()
            await interactive.run(text)
            assert records[-1].stream is Stream.ERROR, text
