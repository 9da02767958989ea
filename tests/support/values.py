"""Several hundred values as a real server sends them, and the JSON that the real client makes of each.

``tests/data/values/*.ps1`` make the values. ``table`` is what was recorded of them: ``tests/live/test_values.py`` runs
both clients and records it anew when ``PSTUI_RECORD`` is set. The notes that Invoke-Command puts on each object are
taken off, and what differs from run to run is masked. The client lives five hours east of Greenwich.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pstui.backends.psrp.clixml import PlainCipher
from pstui.backends.records import SentObject
from pstui.tui.output.json_values import JsonFormat
from pstui.tui.output.writer import DEPTH

from tests.support.powershell import invoke
from tests.support.sshd import Sshd

FOLDER = Path(__file__).parents[1] / "data" / "values"
TABLE = FOLDER / "table.jsonl.gz"
#: the same zone for .NET, and for the C library, which need not have the tables of zones
DOTNET_ZONE, C_ZONE = "Etc/GMT-5", "<+05>-5"
_MARK = "## "
_HALF = re.compile("[\ud800-\udfff]")
_SCRIPT = """
$all = [ordered]@{}
foreach ($table in (Get-TestValues), (Get-MoreValues)) { foreach ($key in $table.Keys) { $all["$key"] = $table[$key] } }
foreach ($name in @($all.Keys)) { "## $name"; try { & $all[$name] } catch { } }
"""
_CLIENT = """
$options = @{StrictHostKeyChecking='no'; UserKnownHostsFile='/dev/null'; LogLevel='ERROR'}
$session = New-PSSession -HostName $args[0] -Port $args[1] -UserName $args[2] -KeyFilePath $args[3] -Options $options
$name = ''; $found = [ordered]@{}
Invoke-Command -Session $session -FilePath $args[4] | ForEach-Object {
    if ($_ -is [string] -and $_.StartsWith('## ')) { $name = $_.Substring(3); $found[$name] = @(); return }
    try { $text = ConvertTo-Json -InputObject $_ -Compress -Depth 100 -WarningAction SilentlyContinue }
    catch { $text = 'refused' }
    $found[$name] += $text
}
Remove-PSSession $session
ConvertTo-Json -InputObject $found -Compress -EscapeHandling EscapeNonAscii
"""
_NOTES = frozenset({"PSComputerName", "RunspaceId", "PSShowComputerName"})
_MASKED = frozenset({"Used", "Free", "HistoryId", "AccessTime", "LastAccessTime", "LastAccessTimeUtc", "Inode"})

#: What each computer gives in its own way: both clients are compared on it, the recording is not.
OF_THE_COMPUTER = frozenset({"fileinfo"})

#: Where pstui says more than ConvertTo-Json on purpose.
BETTER = {
    "guidnote": '{"value":"00000000-0000-0000-0000-000000000000","X":1}',
    "enumnote": '{"value":"Monday","X":1}',
    "xml": '"<a b=\\"1\\"><c>t</c></a>"',
    "xmlobj": '{"X":"<a>1</a>"}',
    "hashintkey": '{"1":"one"}',
    "enumkey": '{"Monday":1}',
    "hashbool": '{"True":1}',
    "hashdbl": '{"1.5":1}',
    "hashdate": '{"2024-01-01T00:00:00":1}',
    "hashguid": '{"00000000-0000-0000-0000-000000000000":1}',
    "matches": '{"n":"b","0":"b"}',
    "culture": '{"LCID":127,"Name":"","DisplayName":"Invariant Language (Invariant Country)","IetfLanguageTag":"",'
    '"ThreeLetterISOLanguageName":"ivl","ThreeLetterWindowsLanguageName":"IVL","TwoLetterISOLanguageName":"iv"}',
    "modspec": '{"Name":"x","Guid":null,"Version":null,"MaximumVersion":null,"RequiredVersion":null}',
}


@dataclass(frozen=True)
class Value:
    """The objects that one of the scripts wrote: as they were sent, and as the real client's JSON."""

    name: str
    sent: tuple[bytes, ...]
    real: tuple[str, ...]


def script() -> str:
    """Return the script that writes all values, each behind a line with its name."""
    return "".join((FOLDER / name).read_text(encoding="utf-8") for name in ("common.ps1", "more.ps1")) + _SCRIPT


def real_client(server: Sshd, folder: Path) -> dict[str, list[str]]:
    """Have the real client fetch the values; return its JSON of the objects by name."""
    (folder / "values.ps1").write_text(script(), encoding="utf-8")
    arguments = (server.host, str(server.port), server.user, str(server.user_key), str(folder / "values.ps1"))
    result = invoke(f"$env:TZ = '{DOTNET_ZONE}'; [TimeZoneInfo]::ClearCachedData(); {_CLIENT}", *arguments, timeout=120)
    assert result.returncode == 0, result.stderr.decode()
    found: dict[str, list[str]] = json.loads(result.stdout)
    return found


def by_name(objects: Sequence[SentObject]) -> dict[str, list[SentObject]]:
    """Sort what the script wrote by the names in between."""
    found: dict[str, list[SentObject]] = {}
    name = ""
    for one in objects:
        if one.body.startswith(f"<S>{_MARK}".encode()):
            name = re.sub("<.*?>", "", one.body.decode())[len(_MARK) :]
            found[name] = []
        else:
            found[name].append(one)
    return found


def table() -> list[Value]:
    """Return the recorded values."""
    rows = [json.loads(line) for line in gzip.decompress(TABLE.read_bytes()).decode().splitlines()]
    return [Value(row["name"], tuple(one.encode() for one in row["sent"]), tuple(row["real"])) for row in rows]


def record(values: Sequence[Value]) -> None:
    """Write the table anew, without what nobody compares."""
    rows = []
    for one in values:
        real = ["" if one.name in BETTER else text for text in one.real]
        rows.append(json.dumps({"name": one.name, "sent": [body.decode() for body in one.sent], "real": real}))
    TABLE.write_bytes(gzip.compress("\n".join(rows).encode(), mtime=0))


def ours(body: bytes, depth: int = DEPTH) -> str:
    """Return pstui's JSON of an object."""
    parts: list[str] = []
    JsonFormat(depth).write(SentObject(body, PlainCipher().decrypt), {}, parts.append)
    return "".join(parts).removesuffix("\n")


class Members(list[tuple[str, Any]]):
    """An object of JSON with its members in their order."""


def parsed(text: str) -> Any:
    """Parse JSON so that the order of members and the spelling of numbers count."""
    return _stripped(
        json.loads(
            text, object_pairs_hook=Members, parse_float=lambda n: ("number", n), parse_int=lambda n: ("number", n)
        )
    )


def _stripped(value: Any) -> Any:
    """Take off the notes of Invoke-Command, and mask what differs from run to run."""
    if isinstance(value, Members):
        found = Members((key, _stripped(item)) for key, item in value if key not in _NOTES)
        if len(found) < len(value) and [key for key, _ in found] == ["value"]:
            return found[0][1]
        names = dict(found)
        if set(names) == {"value", "Guid"}:
            return names["value"]  # a GUID is its text
        if set(names) == {"value", "Value"}:
            return names["Value"]  # an enum is its name
        return Members((key, "masked" if key in _MASKED else item) for key, item in found)
    if isinstance(value, list):
        return [_stripped(item) for item in value]
    if isinstance(value, str):
        value = _HALF.sub("\ufffd", value)  # as it gets into a file
    if isinstance(value, str) and value.startswith("@{"):
        return re.sub("; PSComputerName=.*(?=})", "", value)
    return value


def unordered(value: Any) -> Any:
    """Return what ``parsed`` returned with the members of objects sorted."""
    if isinstance(value, Members):
        return Members(sorted(((key, unordered(item)) for key, item in value), key=lambda member: member[0]))
    return [unordered(item) for item in value] if isinstance(value, list) else value


def same(text: str, real: str, name: str, *, in_order: bool) -> bool:
    """Tell whether pstui's JSON of a value is the real client's, or what is better on purpose."""
    if name in BETTER:
        return text == BETTER[name]
    mine, theirs = parsed(text), parsed(real)
    # the real client keeps a dictionary in an order of its own
    return bool(mine == theirs if in_order else unordered(mine) == unordered(theirs))


def common_names() -> list[str]:
    """Return the names of the values that every table of values has."""
    return re.findall(r"^ *\$o\['(.+?)'\]", (FOLDER / "common.ps1").read_text(encoding="utf-8"), re.MULTILINE)


def differences(values: Sequence[Value]) -> list[str]:
    """Compare pstui's JSON of each object with the real client's; return what differs and is not better on purpose."""
    found = []
    for one in values:
        for body, real in zip(one.sent, one.real, strict=True):
            text = ours(body)
            if not same(text, real, one.name, in_order=b"<DCT" not in body):
                found.append(f"{one.name}: {text[:300]} instead of {BETTER.get(one.name, real)[:300]}")
    return found
