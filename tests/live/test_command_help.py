"""The reader of Get-Help beside a real PowerShell: cmdlets without help files, functions with help, no Get-Help."""

from __future__ import annotations

import pytest
from pstui.backends.errors import PstuiError
from pstui.tui.dialogs.help_text import NO_FILES, links_in, read

from tests.support.powershell import entered, process_info
from tests.support.scripted_console import ScriptedConsole

TOY = """function Get-Toy {
<#
.SYNOPSIS
Gets a toy.
.DESCRIPTION
Long text about toys.
.PARAMETER Name
Which toy.
.LINK
Get-Process
#>
param([Parameter(Mandatory)][string]$Name, [switch]$Soft) }"""


async def test_help_is_read_from_over_there() -> None:
    async with entered(process_info(), ScriptedConsole()) as interactive:
        made = read(await interactive.help("gps", 78))
        assert made.note == NO_FILES and {"id", "name", "module"} <= set(made.parameters)
        assert any("Required? true" in line for line in made.about("-Id"))
        assert max(map(len, made.lines)) <= 110 and [each.title for each in made.sections][:2] == ["NAME", "SYNTAX"]
        await interactive.run(TOY)
        toy = read(await interactive.help("Get-Toy", 78))
        assert not toy.note and toy.about("-Name")[0] == "Which toy."
        assert "Get-Process" in [topic for line in toy.lines for *_, topic in links_in(line, toy.name)]
        many = read(await interactive.help("item", 78))
        assert {"Get-Item", "Copy-Item"} <= {topic for line in many.lines for *_, topic in links_in(line, many.name)}
        with pytest.raises(PstuiError, match="no help on nothing-here"):
            await interactive.help("nothing-here", 78)
        await interactive.run("Remove-Item Function:Get-Toy; $ExecutionContext.SessionState.InvokeCommand | Out-Null")
        await interactive.run(
            "(Get-Command Get-Help).Visibility = 'Private'; (Get-Command Out-String).Visibility = 'Private'"
        )
        described = read(await interactive.help("Get-Process", 78))
        assert "no Get-Help" in described.note and "id" in described.parameters
