"""Tables of dialogues beside the real client: what a far end asks, Ctrl+C in every place, restricted endpoints."""

from __future__ import annotations

from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo

from tests.support.dialogue import (
    CTRL_C,
    SIZE,
    Asked,
    answered_at_the_real_client,
    answered_here,
    typed_at_the_real_client,
    typed_here,
)
from tests.support.powershell import invoke, powershell_sshd, process_info, real_client, real_info, real_server
from tests.support.sshd import Sshd

__all__ = ["real_info", "real_server"]

#: both clients take every line, one after the other; a busy machine takes its time
pytestmark = pytest.mark.timeout(300)

_CHOICES = "[Management.Automation.Host.ChoiceDescription[]]"
_PICK = f"$Host.UI.PromptForChoice('Pick', 'Which one?', {_CHOICES}('&Apple', '&Berry'), 0)"
_FIELDS = "$f = [Management.Automation.Host.FieldDescription]"
CHOICE = '[?] Help (default is "A"): '
YES = '[?] Help (default is "Y"):'
ASKED = (
    Asked("Read-Host name", (("name:", "Zo\u00eb"),)),
    Asked("Read-Host", (("", "x y"),)),
    Asked("(Read-Host key -AsSecureString).Length", (("key:", "abc"),)),
    Asked("Read-Host pw -MaskInput", (("pw:", "abc"),)),
    Asked(_PICK, ((CHOICE.strip(), "b"),)),
    Asked(_PICK, ((CHOICE.strip(), "?"), (CHOICE.strip(), "z"), (CHOICE.strip(), ""))),
    Asked(_PICK.replace(", 0)", ", -1)"), (("[?] Help", "apple"),)),
    Asked("Set-Content -Path $HOME/pstui-never -Value 1 -Confirm", ((YES, "n"),)),
    Asked("Write-Warning careful -WarningAction Inquire; 'went on'", ((YES, "y"),)),
    Asked(
        '& { param([Parameter(Mandatory)][string] $Who, [Parameter(Mandatory)][int[]] $Age) "$Who $Age" }',
        (("Who:", "Ann"), ("Age[0]:", "3"), ("Age[1]:", "")),
    ),
    Asked("& { param([Parameter(Mandatory)][int] $Age) $Age }", (("Age:", "x"),)),
    Asked(f"{_FIELDS}::new('Lab'); $f.HelpMessage = 'it helps'; $Host.UI.Prompt('Top', 'say', $f)", (("Lab:", "v"),)),
    Asked(f"{_FIELDS}::new('Lab'); $f.Label = '&My label'; $Host.UI.Prompt('', '', $f)", (("Lab:", "v"),)),
    Asked("(Get-Credential -Message Sign -UserName bob).UserName", (("bob:", "pw"),)),
    Asked("'last'"),
)
STOPPED = (
    Asked("Write-Host go; Start-Sleep 60; 'never'", (("go", CTRL_C),)),
    Asked("Write-Host go; while ($true) { }", (("go", CTRL_C),)),
    Asked("'out'; Write-Host go; sleep 60", (("go", CTRL_C),)),
    Asked("Write-Host go; 1..3 | ForEach-Object { Start-Sleep 60; $_ }", (("go", CTRL_C),)),
    Asked("Read-Host name; 'never'", (("name:", CTRL_C),)),
    Asked("Write-Host part -NoNewline; Start-Sleep 60", (("part", CTRL_C),)),
    Asked("Write-Host go; Get-Date -Year (Start-Sleep 60)", (("go", CTRL_C),)),
    Asked("'last'"),
)
#: lines typed at each of the restricted endpoints
RESTRICTED = (
    *(
        "Get-Date -Year 2024 -Format yyyy",
        "gd -Format yy -Year 2023",
        "hi there",
        "hi 1",
        "1+1",
        "$x = 1",
        "'text'",
    ),
    *(
        "Get-Item /etc/hostname | Select-Object Name",
        "Get-Item /nosuch",
        "Get-ChildItem /usr",
        "nosuchcommand",
        "hi $myv",
    ),
    *("Get-Date -Year 2024 -Format yyyy; hi a", "hi a | hi", "& hi b", "if (1) { 2 }", "hi 'a''b' \"c\""),
)
MAKE = """
$file = $args[0]
New-PSSessionConfigurationFile -Path $file/visible.pssc -SessionType RestrictedRemoteServer `
  -VisibleCmdlets 'Get-Date', @{ Name = 'Get-Item'; Parameters = @{ Name = 'Path'; ValidateSet = '/etc/hostname' } } `
  -VisibleFunctions 'hi' `
  -FunctionDefinitions @{ Name = 'hi'; ScriptBlock = { param($n) "hi $n $myv" } } -VisibleAliases 'gd' `
  -AliasDefinitions @{ Name = 'gd'; Value = 'Get-Date' } -VariableDefinitions @{ Name = 'myv'; Value = 'VV' }
New-PSSessionConfigurationFile -Path $file/constrained.pssc -SessionType Default -LanguageMode ConstrainedLanguage
New-PSSessionConfigurationFile -Path $file/restricted.pssc -SessionType Default -LanguageMode RestrictedLanguage
"""


def others(rows: list[str]) -> list[str]:
    """The rows without the warnings before what is secret, which each client says in its own words."""
    own = ("WARNING: A script", "WARNING: what you", "Warning: A script", "A script on", "requesting them.")
    return [row for row in rows if not row.startswith(own)]


def unlike(lines: tuple[Asked, ...], theirs: list[list[str]], ours: list[list[str]]) -> str:
    """The lines that showed something else, as text."""
    found = zip(lines, map(others, theirs), map(others, ours), strict=True)
    differs = [(asked.line, a, b) for asked, a, b in found if a != b]
    return "\n".join(f"{line}\n  real {a}\n  ours {b}" for line, a, b in differs)


async def test_what_is_asked_looks_as_at_the_real_client(
    real_server: Sshd, real_info: ConnectionInfo, tmp_path: Path
) -> None:
    with real_client(tmp_path, real_server, SIZE.width, SIZE.height) as t:
        theirs = answered_at_the_real_client(t, real_server.host, ASKED)
    ours = await answered_here(real_info, ASKED)
    assert not (differs := unlike(ASKED, theirs, ours)), differs


async def test_ctrl_c_leaves_what_the_real_client_leaves(
    real_server: Sshd, real_info: ConnectionInfo, tmp_path: Path
) -> None:
    with real_client(tmp_path, real_server, SIZE.width, SIZE.height) as t:
        theirs = answered_at_the_real_client(t, real_server.host, STOPPED)
    ours = await answered_here(real_info, STOPPED)
    assert not (differs := unlike(STOPPED, theirs, ours)), differs


async def test_restricted_endpoints_answer_as_to_the_real_client(tmp_path: Path) -> None:
    assert invoke(MAKE, str(tmp_path)).returncode == 0
    differs = []
    for name in ("visible", "constrained", "restricted"):
        arguments = ("-ConfigurationFile", str(tmp_path / f"{name}.pssc"))
        folder = tmp_path / name
        folder.mkdir()
        with (
            powershell_sshd(folder / "sshd", *arguments) as server,
            real_client(folder, server, SIZE.width, SIZE.height) as t,
        ):
            theirs = typed_at_the_real_client(t, server.host, RESTRICTED)
        ours = await typed_here(process_info(*arguments), RESTRICTED)
        differs += [(name, *three) for three in zip(RESTRICTED, theirs, ours, strict=True) if three[1] != three[2]]
    assert not differs, "\n".join(map(repr, differs))
