"""The lines whose error ids were measured with PowerShell 7.6.9 on Linux, no session being open."""

from __future__ import annotations

from pathlib import Path

_FILE = Path(__file__).parents[1] / "data" / "session_ids.tsv"
_ROWS = [row.split("\t") for row in _FILE.read_text(encoding="utf-8").splitlines()[1:]]
#: each line with the id of its error, empty for none
IDS = [(line, error_id) for line, error_id, _ in _ROWS]
#: lines that look for a server; PORT and KEY stand for those of one
OPENING = [line for line, error_id in IDS if error_id == "PSSessionOpenFailed"]
#: lines that bind, and fail where no server is; pstui opens a tab, which shows the error
ENTERING = [line for line, error_id in IDS if "PSRemotingDataStructureException" in error_id]
#: lines that mean something else here on purpose, with the reason
DELIBERATE = {
    "Enter-PSSession x y": "the newer documentation takes -Credential at this position",
    "Get-PSSession nosuch": "WinRM works from here: the computer is asked",
    **dict.fromkeys(
        (line for line, error_id in IDS if error_id == "CommandNotFoundException"),
        "PowerShell on Linux lacks this cmdlet; here it is, with the ids it has on Windows",
    ),
}
