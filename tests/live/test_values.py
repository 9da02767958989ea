"""Objects as JSON, beside the real client's; and files that the real PowerShell reads."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo
from pstui.backends.psrp.clixml import PlainCipher
from pstui.backends.records import SentObject
from pstui.backends.sessions.manager import SessionManager
from pstui.tui.cli.run import Invocation, running
from pstui.tui.cli.target import Script
from pstui.tui.output.clixml_file import ClixmlFormat

from tests.support import values
from tests.support.parts import requires
from tests.support.powershell import invoke, process_info, real_info, real_server
from tests.support.scripted_console import ScriptedConsole
from tests.support.sshd import Sshd

__all__ = ["real_info", "real_server"]


@pytest.fixture
def east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", values.C_ZONE)
        time.tzset()
        yield
    time.tzset()


async def fetched(info: ConnectionInfo, script: str) -> list[SentObject]:
    console, found = ScriptedConsole(), list[SentObject]()
    session = SessionManager().create(info, console)
    await session.open()
    await session.invoke_script(script, console, out_default=False, on_object=found.append)
    await session.close()
    return found


@pytest.mark.usefixtures("east")
async def test_values_are_those_of_the_real_client(
    real_server: Sshd, real_info: ConnectionInfo, tmp_path: Path
) -> None:
    real = values.real_client(real_server, tmp_path)
    sent = values.by_name(await fetched(real_info, values.script()))
    assert list(real) == list(sent) and len(real) > 350
    found = [values.Value(name, tuple(one.body for one in sent[name]), tuple(texts)) for name, texts in real.items()]
    differences = values.differences(found)
    assert not differences, "\n".join(differences)
    if os.environ.get("PSTUI_RECORD"):
        values.record(found)
    recorded = {one.name: one for one in values.table()}
    for one in found:
        if one.name not in values.BETTER and one.name not in values.OF_THE_COMPUTER:
            now, then = (
                [values.unordered(values.parsed(text)) for text in each.real] for each in (one, recorded[one.name])
            )
            assert now == then, one.name


@pytest.mark.usefixtures("real_info")
def test_the_programs_json_goes_through_jq(real_server: Sshd, tmp_path: Path) -> None:
    """``pstui --json icm … | jq`` over all values, as processes; compared with what the real client gives."""
    (tmp_path / "values.ps1").write_text(values.script(), encoding="utf-8")
    where = [f"{real_server.user}@{real_server.host}:{real_server.port}", "-KeyFilePath", str(real_server.user_key)]
    command = [sys.executable, "-m", "pstui.tui.cli.main", "--json", "icm", "-HostName", *where]
    done = subprocess.run(
        [*command, "-FilePath", str(tmp_path / "values.ps1")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=100,
        env={**os.environ, "TZ": values.C_ZONE},
    )
    assert done.returncode == 0, done.stderr.decode()
    lines = done.stdout.decode().splitlines()
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith('"## '):
            found[name := json.loads(line)[3:].casefold()] = []
        else:
            found[name].append(line)
    recorded = {one.name.casefold(): one for one in values.table()}
    wanted = [name.casefold() for name in values.common_names()]
    assert len(wanted) >= 85 and not set(wanted) - set(found)
    for name in wanted:
        one = recorded[name]
        if one.name in values.OF_THE_COMPUTER:
            continue
        for text, body, real in zip(found[name], one.sent, one.real, strict=True):
            assert values.same(text, real, one.name, in_order=b"<DCT" not in body), f"{name}: {text[:300]}"
    read = subprocess.run(
        [requires("jq"), "-c", "."], input=done.stdout, capture_output=True, check=True, timeout=60
    ).stdout.decode()
    assert read.count("\n") == len(lines)


@pytest.mark.usefixtures("east")
def test_the_real_powershell_reads_the_clixml(tmp_path: Path) -> None:
    """What it reads of the file has the JSON of what its client fetched; secrets and some of IPAddress apart."""
    chosen = [one for one in values.table() if not any(b"<SS" in body or b"IPAddress" in body for body in one.sent)]
    form, parts = ClixmlFormat(), list[str]()
    for one in chosen:
        for body in one.sent:
            form.write(SentObject(body, PlainCipher().decrypt), {}, parts.append)
    form.end(parts.append)
    assert not form.warnings
    (tmp_path / "values.xml").write_text("".join(parts), encoding="utf-8")
    read = invoke(READ.replace("ZONE", values.DOTNET_ZONE), str(tmp_path / "values.xml"), timeout=100)
    assert read.returncode == 0, read.stderr.decode()
    texts = iter(json.loads(read.stdout))
    found = [values.Value(one.name, one.sent, tuple(next(texts) for _ in one.sent)) for one in chosen]
    differences = values.differences(found)
    assert not differences, "\n".join(differences)


READ = """
$env:TZ = 'ZONE'; [TimeZoneInfo]::ClearCachedData()
$texts = Import-Clixml $args[0] | ForEach-Object {
    try { ConvertTo-Json -InputObject $_ -Compress -Depth 100 -WarningAction SilentlyContinue } catch { 'refused' }
}
ConvertTo-Json -InputObject $texts -Compress -EscapeHandling EscapeNonAscii
"""

WHOLE = """
"x" * 2mb
"ab_x0041_`u{1F600}`u{e9}" * 128kb
$bytes = [byte[]]::new(2mb); [Random]::new(7).NextBytes($bytes); , $bytes
[BitConverter]::ToString([Security.Cryptography.SHA256]::HashData($bytes)).Replace('-', '').ToLower()
"""


async def test_long_objects_are_whole(capfd: pytest.CaptureFixture[str]) -> None:
    assert await running(Invocation([process_info()], Script(WHOLE), form="json")) == 0
    text, other, numbers, digest = map(json.loads, capfd.readouterr().out.splitlines())
    assert text == "x" * 2**21
    assert other == "ab_x0041_\U0001f600\u00e9" * 2**17
    assert hashlib.sha256(bytes(numbers)).hexdigest() == digest


async def test_long_text_is_whole(capfd: pytest.CaptureFixture[str]) -> None:
    script = '"x" * 2mb; "a`0b`u{202e}c" * 128kb'
    assert await running(Invocation([process_info()], Script(script))) == 0
    assert capfd.readouterr().out == "x" * 2**21 + "\n" + "a\0b\u202ec" * 2**17 + "\n"
