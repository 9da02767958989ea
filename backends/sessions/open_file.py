"""``psedit PATH`` in a session: the function that is put there, and the event by which it asks for an editor.

The event is the real protocol's: ``PSISERemoteSessionOpenFile`` with a path and the content (protocol-notes 3.17).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pstui.backends.psrp.invocation import Call, Invocation

EVENT = "PSISERemoteSessionOpenFile"
_CALL = re.compile(r"\bpsedit\b", re.IGNORECASE)
#: longest path that is taken, in characters
_MAX_PATH = 4096

_SCRIPT = """
$function = {
    param([Parameter(Mandatory = $true, ValueFromPipeline = $true, Position = 0)] [Alias('FileName')] [string[]] $Path)
    process {
        foreach ($each in $Path) {
            $found = @(Resolve-Path -Path $each -ErrorAction Ignore | ForEach-Object { $_.ProviderPath })
            if (-not $found) {
                $found = @($ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($each))
            }
            foreach ($place in $found) {
                if (Test-Path -LiteralPath $place -PathType Container) { Write-Error "$place is a folder."; continue }
                $null = New-Event -SourceIdentifier EVENT -EventArguments @($place, [byte[]]@())
            }
        }
    }
}
if (-not (Get-EventSubscriber -SourceIdentifier EVENT -ErrorAction Ignore)) {
    $null = Register-EngineEvent -SourceIdentifier EVENT -Forward
}
Set-Item -LiteralPath function:global:psedit -Value $function
""".replace("EVENT", EVENT)

#: puts the function into a session
PREPARE = Invocation(((Call(_SCRIPT, is_script=True, local_scope=True),),))


def calls_psedit(line: str) -> bool:
    """Whether a typed line may call the function."""
    return _CALL.search(line) is not None


def opened_path(event: Mapping[str, Any]) -> str:
    """Return the path that an event names, empty for another event or an odd one."""
    if event.get("PSEventArgs.SourceIdentifier") != EVENT:
        return ""
    arguments = event.get("PSEventArgs.SourceArgs")
    path = arguments[0] if isinstance(arguments, list) and arguments else ""
    return path if isinstance(path, str) and len(path) <= _MAX_PATH else ""
