"""The demo endpoint's protocol: versions, keys, acknowledgements, stop, questions, orderly ends."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from psrpcore import Command
from psrpcore.types import (
    ErrorCategory,
    ErrorCategoryInfo,
    ErrorRecord,
    HostDefaultData,
    HostInfo,
    NETException,
    PSCredential,
    PSSecureString,
)
from pstui.backends.demo.server.memory import MemoryChannel

from tests.support.oop_client import ZERO, OopClient, Result, cancelled, out_default
from tests.support.processes import until_gone


@asynccontextmanager
async def entered(**options: Any) -> AsyncIterator[OopClient]:
    """A client in a session of its own, which must end in order."""
    channel = MemoryChannel()
    async with OopClient(channel, **options) as client:
        yield client
    await asyncio.wait_for(client.ended.wait(), 5)
    assert channel.ending() == ""


@pytest.mark.parametrize("protocol", ["2.0", "2.1", "2.2", "2.3", "2.4"])
async def test_every_protocol_version_gets_its_own_answer(protocol: str) -> None:
    async with entered(protocol=protocol) as client:
        assert client.pool.their_capability is not None
        assert str(client.pool.their_capability.protocolversion) == protocol
        table = client.pool.application_private_data["PSVersionTable"]
        assert table["PSEdition"] == "pstui-demo"
        assert "DebugMode" not in client.pool.application_private_data
        assert (await client.line("1 + 1")).lines == ["2"]


async def test_a_later_minor_version_is_answered_with_the_highest_known_one() -> None:
    async with entered(protocol="2.9") as client:
        assert client.pool.their_capability is not None
        assert str(client.pool.their_capability.protocolversion) == "2.4"


async def test_the_opening_is_acknowledged_after_opened() -> None:
    async with entered() as client:
        assert [kind for kind, _ in client.elements] == ["Data", "DataAck"]
        assert client.pool.state.name == "Opened"


async def test_the_required_commands_are_described() -> None:
    async with entered() as client:
        result = await client.metadata(["Out-Default", "Exit-PSSession"])
        assert result.state == 4
        assert [value.Count for value in result.output[:1]] == [2]
        assert [value.Name for value in result.output[1:]] == ["Out-Default", "Exit-PSSession"]
        assert "Verbose" in result.output[1].Parameters


async def test_a_command_is_acknowledged_before_its_output_and_closed_last() -> None:
    async with entered() as client:
        client.elements.clear()
        await client.line("1..3")
        kinds = [kind for kind, _ in client.elements]
        assert kinds[:2] == ["CommandAck", "DataAck"]
        assert kinds[-1] == "CloseAck"
        assert set(kinds[2:-1]) == {"Data"}


async def test_the_prompt_names_the_endpoint() -> None:
    async with entered() as client:
        result = await client.run([Command("prompt")])
        assert result.output == [f"PS(demo) {Path.home()}> "]


async def test_exit_session_pops_and_exit_in_a_script_sets_the_code() -> None:
    async with entered() as client:
        left = await client.run([Command("Exit-PSSession"), out_default()])
        assert [method for method, _ in left.calls] == [53]
        code = await client.line("'before'; exit 3; 'after'")
        assert code.lines == ["before"]
        assert code.calls[-1] == (6, [3])
        assert code.state == 4


async def test_structured_commands_and_batches() -> None:
    async with entered() as client:
        first, second = Command("Write-Output"), Command("Select-Object")
        first.add_argument([4, 5, 6])
        second.add_parameter("-First", None)
        second.add_argument(2)
        result = await client.run([first, second, out_default()])
        assert result.lines == ["4", "5"]
        one, two = Command("Write-Output"), Command("Write-Output")
        one.add_argument("a")
        two.add_argument("b")
        ends = out_default()
        ends.end_of_statement = True
        assert (await client.run([one, ends, two, out_default()])).lines == ["a", "b"]


async def test_pipeline_input_reaches_commands_and_scripts() -> None:
    async with entered() as client:
        measured = await client.run([Command("Measure-Object")], inputs=[1, 2, 3])
        assert measured.output[0].Count == 3
        doubled = await client.script("$input | ForEach-Object { $_ * 2 }", inputs=[1, 2, 3])
        assert doubled.output == [2, 4, 6]


async def test_an_error_that_comes_back_is_printed_on_the_ordinary_output() -> None:
    async with entered() as client:
        failed = await client.line("throw 'x'")
        assert failed.state == 5
        assert failed.reason.FullyQualifiedErrorId == "x"
        shown = await client.run([out_default()], inputs=[failed.reason])
        assert shown.calls == [(16, ["Error: x"])]


async def test_incomplete_input_says_so() -> None:
    async with entered() as client:
        for text in ("if (", "'open", "1..3 |", "function f {", "@{ a = 1", '"a $(1 + '):
            result = await client.line(text)
            assert result.state == 5, text
            assert result.reason.CategoryInfo.Reason == "IncompleteParseException", text
        wrong = await client.line("a b ) c")
        assert wrong.reason.CategoryInfo.Reason == "ParseException"


# --- stop


async def stopped(client: OopClient, text: str, when: Any = None) -> Result:
    """Run a line, stop it once ``when`` is true of its result, and return what it ended with."""
    guid = await client.start([Command(text, is_script=True), out_default()])
    if when is not None:
        await client.until(lambda: when(client.results[guid]))
    began = time.monotonic()
    await client.send("Signal", guid, "SignalAck")
    assert time.monotonic() - began < 3
    result = client.results[guid]
    assert result.state == 3
    assert result.reason.FullyQualifiedErrorId == "PipelineStopped"
    await client.send("Close", guid, "CloseAck")
    return result


@pytest.mark.parametrize(
    "text",
    [
        "Start-Sleep 60",
        "while ($true) { }",
        "while ($true) { 'line' }",
        "1..2000000000 | Where-Object { $false }",
        "Show-Progress 60",
        "Read-Host Name",
        "sh -c 'sleep 60 & sleep 60'",
    ],
)
async def test_stop_interrupts(text: str) -> None:
    async with entered() as client:
        await stopped(client, text)
        assert (await client.line("'after'")).lines == ["after"]


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX's")
@pytest.mark.parametrize("last", ["wait", "exit"])
async def test_stop_kills_a_program_with_its_children(last: str) -> None:
    async with entered() as client:
        line = f"sh -c 'sleep 60 & echo $!; {last}'"
        result = await stopped(client, line, lambda result: len(result.lines) == 1)
        child = int(result.lines[0])
        await until_gone(child)


async def test_two_pipelines_run_side_by_side() -> None:
    async with entered() as client:
        slow = await client.start([Command("Start-Sleep 60", is_script=True), out_default()])
        assert (await client.line("'beside'")).lines == ["beside"]
        assert client.results[slow].state == 0
        await client.send("Close", slow, "CloseAck")


async def test_closing_the_session_ends_what_runs() -> None:
    channel = MemoryChannel()
    client = OopClient(channel)
    await client.open()
    await client.start([Command("Start-Sleep 60", is_script=True), out_default()])
    await client.close()
    await asyncio.wait_for(client.ended.wait(), 5)
    assert client.elements[-1] == ("CloseAck", ZERO)
    assert client.pool.state.name == "Closed"


async def test_the_end_of_the_client_ends_the_endpoint() -> None:
    channel = MemoryChannel()
    client = OopClient(channel)
    await client.open()
    await client.start([Command("Start-Sleep 60", is_script=True), out_default()])
    await asyncio.wait_for(channel.stop(), 5)
    await asyncio.wait_for(client.ended.wait(), 5)


# --- questions


async def asked(client: OopClient, text: str, answer: Any) -> Result:
    """Run a line, answering its questions with ``answer(method, arguments)``."""
    client.answer = answer
    return await client.line(text)


async def test_read_host_asks_with_one_field() -> None:
    fields: list[Any] = []

    def answer(method: int, arguments: list[Any]) -> Any:
        fields.append((method, arguments))
        return {"Name": "Zoë"}

    async with entered() as client:
        result = await asked(client, '$n = Read-Host Name; "Hello $n"', answer)
        assert result.lines == ["Hello Zoë"]
        method, (caption, message, (field,)) = fields[0]
        assert (method, caption, message) == (23, "", "")
        assert (field.name, field.parameterTypeFullName, field.isFromRemoteHost) == ("Name", "System.String", False)


@pytest.mark.parametrize("protocol", ["2.3", "2.4"])
async def test_secrets_travel_under_either_protocol(protocol: str) -> None:
    async with entered(protocol=protocol) as client:
        if protocol == "2.3":
            client.pool.exchange_key()
            await client.pump(ZERO)
            await client.until(lambda: client.pool._cipher._cipher is not None)

        def answer(method: int, arguments: list[Any]) -> Any:
            if method == 25:
                return PSCredential(UserName="bob", Password=PSSecureString("pw"))
            return {arguments[2][0].name: PSSecureString("s3crèt")}

        result = await asked(
            client, "$s = Read-Host S -AsSecureString; $s.Length; $s; ConvertFrom-SecureString $s -AsPlainText", answer
        )
        assert result.lines == ["6", "System.Security.SecureString", "s3crèt"]
        assert (await asked(client, "Read-Host S -MaskInput", answer)).lines == ["s3crèt"]
        credential = await asked(client, "$c = Get-Credential; $c.UserName; $c.GetNetworkCredential().Password", answer)
        assert credential.lines == ["bob", "pw"]
        sent_back = await client.script("$s, $c")
        assert str(sent_back.output[0].decrypt()) == "s3crèt"
        assert str(sent_back.output[1].UserName) == "bob"


async def test_without_a_key_a_secret_is_not_sent() -> None:
    async with entered(protocol="2.4") as client:
        assert (await client.script("Get-Command prompt")).state == 4
    async with entered(protocol="2.3") as client:
        client.answer = lambda method, arguments: None
        result = await client.line("Get-Credential")
        assert result.state == 4
        assert result.lines == []


@pytest.mark.parametrize("protocol", ["2.0", "2.1"])
async def test_an_old_client_is_asked_for_its_key(protocol: str) -> None:
    async with entered(protocol=protocol) as client:
        guid = await client.start([Command("Read-Host S -AsSecureString", is_script=True)])
        await client.until(lambda: bool(client.results[guid].calls))
        assert client.pool._key_requested
        await client.send("Close", guid, "CloseAck")


async def test_ctrl_c_at_a_question_fails_the_statement_and_leaves_the_session() -> None:
    async with entered() as client:
        result = await asked(client, "Read-Host Name; 'not reached'", lambda method, arguments: cancelled())
        assert result.state == 5
        assert str(result.reason) == "The pipeline has been stopped."
        assert result.lines == []
        assert (await client.line("'alive'")).lines == ["alive"]


async def test_answers_that_do_not_fit_fail_the_command() -> None:
    async with entered() as client:
        for line in ("Read-Host Name", "Test-Prompt"):
            result = await asked(client, line, lambda method, arguments: 17)
            assert result.state == 5
            assert "answer" in str(result.reason)


async def test_a_confirmation_decides_over_a_real_file(tmp_path: Path) -> None:
    kept, gone = tmp_path / "kept.txt", tmp_path / "gone.txt"
    kept.write_text("a")
    gone.write_text("b")
    asked_about: list[str] = []

    def answer(method: int, arguments: list[Any]) -> int:
        assert method == 26
        assert [choice.label for choice in arguments[2]] == ["&Yes", "Yes to &All", "&No", "No to A&ll"]
        asked_about.append(arguments[1])
        return 0 if "gone" in arguments[1] else 2

    async with entered() as client:
        result = await asked(client, f"Remove-Item '{gone}', '{kept}' -Confirm", answer)
        assert result.state == 4
    assert len(asked_about) == 2
    assert kept.exists()
    assert not gone.exists()


async def test_every_kind_of_question_in_one_command() -> None:
    def answer(method: int, arguments: list[Any]) -> Any:
        match method:
            case 23 if len(arguments[2]) == 2:
                return {"Name": "Ann", "Age": "30"}
            case 23:
                return {"A secret": PSSecureString("four")}
            case 26:
                return 2
        return PSCredential(UserName="ann", Password=PSSecureString("x"))

    async with entered(protocol="2.4") as client:
        result = await asked(client, "Test-Prompt", answer)
        text = "\n".join(result.lines)
        assert "Ann" in text
        assert "Blue" in text
        assert "SecretLength : 4" in text


# --- the console the client tells of


async def test_the_width_comes_from_the_pool_or_from_the_pipeline() -> None:
    long = "[pscustomobject]@{ Name = 'x' * 200; B = 1 }"
    async with entered(width=60) as client:
        pool_wide = await client.line(long)
        assert max(map(len, pool_wide.lines)) <= 60
        data = client_host(100)
        host = HostInfo(
            IsHostNull=False, IsHostUINull=False, IsHostRawUINull=False, UseRunspaceHost=False, HostDefaultData=data
        )
        own = await client.run([Command(long, is_script=True), out_default()], host=host)
        assert 60 < max(map(len, own.lines)) <= 100


def client_host(width: int) -> HostDefaultData:
    """Host data of a console of some width."""
    from psrpcore.types import ConsoleColor, Coordinates, Size

    size = Size(width, 30)
    return HostDefaultData(
        ForegroundColor=ConsoleColor.White,
        BackgroundColor=ConsoleColor.Black,
        CursorPosition=Coordinates(0, 0),
        WindowPosition=Coordinates(0, 0),
        CursorSize=25,
        BufferSize=size,
        WindowSize=size,
        MaxWindowSize=size,
        MaxPhysicalWindowSize=size,
        WindowTitle="t",
    )


async def test_colours_are_the_consoles_own_unless_given() -> None:
    async with entered(colour=-1) as client:
        result = await client.line("Write-Host a; Write-Host b -ForegroundColor Green -NoNewline")
        assert result.calls == [(17, [-1, -1, "a"]), (14, [10, -1, "b"])]
    async with entered(colour=7) as client:
        assert (await client.line("Write-Host a")).calls == [(17, [7, 7, "a"])]


async def test_streams_come_as_records_and_as_host_calls() -> None:
    async with entered() as client:
        line = "Write-Warning w; Write-Verbose v -Verbose; Write-Debug d -Debug; Write-Progress A -PercentComplete 5"
        result = await client.line(line)
        assert [kind for kind, _ in result.records] == [
            "WarningRecord",
            "VerboseRecord",
            "DebugRecord",
            "ProgressRecord",
        ]
        assert [method for method, _ in result.calls] == [22, 21, 19, 20]
        told = await client.line("Write-Information i -InformationAction Continue; Write-Information hidden")
        assert [kind for kind, _ in told.records] == ["InformationRecord", "InformationRecord"]
        assert told.lines == ["i"]


async def test_without_out_default_objects_and_error_records_travel() -> None:
    async with entered() as client:
        result = await client.script(
            "1; 'two'; 3.5; $true; Get-Item /nope-here; [pscustomobject]@{ A = 1; B = @(1, 2) }"
        )
        assert result.output[:4] == [1, "two", 3.5, True]
        assert result.output[4].A == 1
        assert list(result.output[4].B) == [1, 2]
        assert result.calls == []
        (error,) = result.errors
        assert error.FullyQualifiedErrorId == "PathNotFound,Get-Item"
        assert error.CategoryInfo.Category == ErrorCategory.ObjectNotFound


async def test_thousands_of_lines_come_whole_and_in_order() -> None:
    async with entered() as client:
        result = await client.line("1..2000")
        assert result.lines == [str(number) for number in range(1, 2001)]


async def test_a_client_that_does_not_read_holds_the_pipeline_back() -> None:
    """The endpoint must not gather output without end: what waits stays bounded while nobody reads."""
    from pstui.backends.demo.server.endpoint import Endpoint
    from pstui.backends.demo.server.link import HIGH_WATER
    from pstui.backends.demo.server.memory import Pipe

    up, gate = Pipe(), asyncio.Event()
    written = 0

    async def write(data: bytes) -> None:
        nonlocal written
        written += len(data)
        if written > 50_000:
            await gate.wait()

    down = Pipe()

    async def both(data: bytes) -> None:
        await down.write(data)
        await write(data)

    endpoint = Endpoint(up.read, both)
    serving = asyncio.create_task(endpoint.serve())

    class Ends:
        async def read(self) -> bytes:
            return await down.read()

        async def write(self, data: bytes) -> None:
            await up.write(data)

    client = OopClient(Ends())
    await client.open()
    taken, ended = 0, asyncio.Event()

    def count(guid: Any, data: bytes) -> None:
        nonlocal taken
        taken += data.count(b">WriteLine2<")
        if b'"PipelineState"' in data:
            ended.set()

    client.payload = count  # type: ignore[method-assign] # decoding so much would only measure psrpcore
    await client.start([Command("1..20000", is_script=True), out_default()])
    for _ in range(3000):
        await asyncio.sleep(0)
    assert endpoint._outbox._waiting < HIGH_WATER * 2
    assert not ended.is_set()
    gate.set()
    await asyncio.wait_for(ended.wait(), 10)
    assert taken == 20_000
    await client.close()
    await asyncio.wait_for(serving, 5)
    assert client._reader is not None
    client._reader.cancel()


def test_nothing_of_the_screen_or_the_transports_is_needed() -> None:
    import subprocess

    code = (
        "import sys; import pstui.backends.demo.server.stdio, pstui.backends.demo.server.endpoint; "
        "print([name for name in ('textual', 'asyncssh', 'pypsrp', 'rich', 'tomlkit') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_error_records_can_be_made_by_hand() -> None:
    """The helper behind Ctrl+C answers is a real ErrorRecord."""
    record = cancelled()
    assert isinstance(record, ErrorRecord)
    assert isinstance(record.CategoryInfo, ErrorCategoryInfo)
    assert isinstance(record.Exception, NETException)
