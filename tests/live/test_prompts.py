"""Prompts of every kind, as the real console shows them (PowerShell 7.6.9 in a terminal, invariant culture)."""

from __future__ import annotations

from pstui.backends.connection import ConnectionInfo
from pstui.backends.sessions.interactive import Outcome

from tests.support.powershell import entered, process_info, real_info, real_server
from tests.support.scripted_console import ScriptedConsole

__all__ = ["real_info", "real_server"]

#: what the prompt function puts out, and what the real console shows of it
VALUES = {
    "42": "42",
    "$true": "True",
    "$false": "False",
    "1.5": "1.5",
    "0.1+0.2": "0.30000000000000004",
    "1e10": "10000000000",
    "1e20": "1E+20",
    "1e-5": "1E-05",
    "123456789.123456789": "123456789.12345679",
    "[float]0.1": "0.1",
    "[single]1e10": "1E+10",
    "[double]::NaN": "NaN",
    "[double]::PositiveInfinity": "Infinity",
    "[decimal]1.10": "1.1",
    "[byte]5": "5",
    "[int64]7": "7",
    "[bigint]5": "PS>",
    "[char]'x'": "x",
    "[datetime]'2024-03-04 05:06:07'": "03/04/2024 05:06:07",
    "(Get-Date '2024-03-04').AddTicks(5)": "03/04/2024 00:00:00",
    "[datetimeoffset]'2024-03-04'": "PS>",
    "[timespan]'1:2:3'": "01:02:03",
    "[guid]'00000000-0000-0000-0000-000000000001'": "00000000-0000-0000-0000-000000000001",
    "[version]'1.2'": "1.2",
    "[uri]'http://x/y'": "http://x/y",
    "[xml]'<a/>'": "System.Xml.XmlDocument",
    "[ipaddress]'1.2.3.4'": "1.2.3.4",
    "[DayOfWeek]'Friday'": "5",
    "{ x }": " x ",
    "@{a=1}": "System.Collections.Hashtable",
    "@(,@(1,2))": "System.Collections.ArrayList",
    "1,2": "1",
    "[pscustomobject]@{A=1}": "PS>",
    "Get-Item /tmp": "PS>",
    "ConvertTo-SecureString a -AsPlainText -Force": "System.Security.SecureString",
    "[DBNull]::Value": "PS>",
    "$null": "PS>",
    "''": "PS>",
    "throw 'x'": "PS>",
    "1/0": "PS>",
    "nosuchcommand": "PS>",
    "('L' * 500) + '> '": "L" * 500 + "> ",
}
#: prompt functions that write, and what they leave in the text
WRITING = {
    "Write-Error 'perr'; 'e> '": ("e> ", ["perr"]),
    "'e> '; Write-Error late": ("e> ", ["late"]),
    "Write-Error \"two`nlines\"; Write-Error b; 'e> '": ("e> ", ["two", "lines", "b"]),
    "Get-Item /nope; 'e> '": ("e> ", ["Cannot find path '/nope' because it does not exist."]),
    "Write-Warning w; 'e> '": ("e> ", ["WARNING: w"]),
    "Write-Host a; Write-Host b -NoNewline; 'e> '": ("e> ", ["a", "b"]),
}


async def test_prompts_of_every_type(real_info: ConnectionInfo) -> None:
    console = ScriptedConsole()
    differs = {}
    async with entered(real_info, console) as interactive:
        for value, shown in VALUES.items():
            assert await interactive.run(f"function prompt {{ {value} }}") is Outcome.READY
            if interactive.prompt != f"[{real_info.text('HostName')}]: {shown}":
                differs[value] = interactive.prompt
    assert differs == {}


async def test_prompts_that_write_and_one_that_leaves() -> None:
    console = ScriptedConsole()
    differs = {}
    async with entered(process_info(), console) as interactive:
        for body, (prompt, text) in WRITING.items():
            before = len(console.shown())
            assert await interactive.run(f"function prompt {{ {body} }}") is Outcome.READY
            if (interactive.prompt.endswith(prompt), console.shown()[before:]) != (True, text):
                differs[body] = (interactive.prompt, console.shown()[before:])
        assert differs == {}
        before = len(console.shown())
        await interactive.run("function prompt { 'p> ' }")
        await interactive.run("Write-Host nn -NoNewline")
        assert console.shown()[-1] == "nn" and console.column() == 0, "the row ends before the prompt"
        assert await interactive.run("function prompt { exit }") is Outcome.LEFT
