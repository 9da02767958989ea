"""Lines of session cmdlets as the command bar runs them: items, pipelines, splatting, variables, errors, scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pstui.backends.credentials import PSCredential

from tests.support.command_bar import DEMO, Bar

ENTER = ",Microsoft.PowerShell.Commands.EnterPSSessionCommand"
GET = ",Microsoft.PowerShell.Commands.GetPSSessionCommand"
NOT_THERE = "RemoteRunspaceNotAvailableForSpecified"


@pytest.fixture
def bar() -> Bar:
    return Bar("web", "db", "api")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Enter-PSSession $m[0]", "web"),
        ("Enter-PSSession -Session $m[-1]", "api"),
        ("etsn -Session (Get-PSSession)[0]", "web"),
        ("etsn -Session (Get-PSSession -Name db)[0]", "db"),
        ("etsn $m[$i]", "db"),
        ("etsn $m[1..2][0]", "db"),
        ("$m[2] | etsn", "api"),
        ("etsn (Get-PSSession | Where-Object Name -eq db)", "db"),
        ("Get-PSSession | Select-Object -First 1 | etsn", "web"),
        ("Get-PSSession | ? { $_.Name -like 'a*' } | Enter-PSSession", "api"),
        ("Get-PSSession | Sort-Object Name | select -Last 1 | etsn", "web"),
        ("$p = @{Session = $m[1]}; Enter-PSSession @p", "db"),
        ("$m | where { -not ($_.Name -eq 'web') -and $_.Id -lt 3 } | etsn", "db"),
    ],
)
async def test_a_session_is_found_by_its_place_or_by_what_it_is(bar: Bar, line: str, name: str) -> None:
    await bar.run("$m = Get-PSSession", "$i = 1", line)
    assert bar.entered is not None and bar.entered.name == name


@pytest.mark.parametrize(
    ("line", "error_id"),
    [
        ("Enter-PSSession $m", f"CannotConvertArgument{ENTER}"),
        ("Enter-PSSession -Session $m[0..1]", f"CannotConvertArgument{ENTER}"),
        ("Enter-PSSession -Session $m[7]", f"ParameterArgumentValidationError{ENTER}"),
        ("Enter-PSSession -Session $nosuch", f"ParameterArgumentValidationError{ENTER}"),
        ("Enter-PSSession -HostName $nosuch", f"ParameterArgumentValidationError{ENTER}"),
        ("$nosuch[0] | Enter-PSSession", "NullArray"),
        ("Enter-PSSession -Session $m[0].Id", f"CannotConvertArgumentNoMessage{ENTER}"),
        ("$p = @{Name = 'a'}; Enter-PSSession @p -Id 9", f"AmbiguousParameterSet{ENTER}"),
        ("$p = @{Id = 9; Bogus = 1}; Enter-PSSession @p", f"NamedParameterNotFound{ENTER}"),
        ("[pscustomobject]@{Id = 999} | Enter-PSSession", f"{NOT_THERE}SessionId{ENTER}"),
        ("[pscustomobject]@{Name = 'zzz'} | Enter-PSSession", f"{NOT_THERE}Name{ENTER}"),
        ("[pscustomobject]@{Foo = 1} | Enter-PSSession", f"System.UriFormatException{ENTER}"),
        ("[pscustomobject]@{Id = 998}, [pscustomobject]@{Id = 999} | Get-PSSession", f"{NOT_THERE}SessionId{GET}"),
        ("Import-Csv nosuch.csv | New-PSSession", "FileOpenFailure,Microsoft.PowerShell.Commands.ImportCsvCommand"),
        ("gsn | where -Foo", "NamedParameterNotFound,Microsoft.PowerShell.Commands.WhereObjectCommand"),
        ("gsn | select -First abc", "CannotConvertArgumentNoMessage,Microsoft.PowerShell.Commands.SelectObjectCommand"),
        ("gsn | Nosuch-Thing", "CommandNotFoundException"),
        ("$PSSessionOption.Bogus = 2", "PropertyAssignmentException"),
        ("$PSSessionOption.MaxConnectionRetryCount = 'abc'", "ExceptionWhenSetting"),
        ("$nosuch.Foo = 2", "PropertyNotFound"),
        (
            "gsn | select -First -1",
            "ParameterArgumentValidationError,Microsoft.PowerShell.Commands.SelectObjectCommand",
        ),
        ("gsn | sort Name -Top 0", "ParameterArgumentValidationError,Microsoft.PowerShell.Commands.SortObjectCommand"),
        ("gsn | select -exp Nosuch", "ExpandPropertyNotFound,Microsoft.PowerShell.Commands.SelectObjectCommand"),
        ("gsn -Id @()", f"ParameterArgumentValidationErrorEmptyArrayNotAllowed{GET}"),
        ("gsn -Name @()", f"ParameterArgumentValidationError{GET}"),
        ("[int]'x'", "InvalidCastFromStringToInteger"),
        ("[double]'x'", "InvalidCastFromStringToDoubleOrSingle"),
        ("[decimal]'x'", "InvalidCastFromStringToDecimal"),
        ("1 -lt 'x'", "InvalidCastFromStringToInteger"),
        (
            "Invoke-Command -Session $m[7] { 1 }",
            "ParameterArgumentValidationError,Microsoft.PowerShell.Commands.InvokeCommandCommand",
        ),
    ],
)
async def test_what_does_not_fit_has_powershells_id(bar: Bar, line: str, error_id: str) -> None:
    assert await bar.refused("$m = Get-PSSession", line) == error_id


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("(Get-PSSession).Count", "3"),
        ("(Get-PSSession).Name", "web\ndb\napi"),
        ("(Get-PSSession -Id 2).Name", "db"),
        ("Get-PSSession -Id 2 | Select-Object -ExpandProperty State", "Opened"),
        ("Get-PSSession | ForEach-Object Name", "web\ndb\napi"),
        ("gsn | % { $_.Id }", "1\n2\n3"),
        ("gsn | sort Name -Descending | select -exp Name", "web\ndb\napi"),
        ("gsn | Where-Object State -eq Opened | measure | select -exp Count", "3"),
        ("gsn | Where-Object Name -in 'web','api' | select -exp Name", "web\napi"),
        ("gsn | Where-Object Name -notmatch '^[wd]' | select -exp Name", "api"),
        ("gsn | select -Skip 1 -First 1 | % Name", "db"),
        ("gsn | select Name, Id", "Name Id\n---- --\nweb   1\ndb    2\napi   3"),
        ("gsn -Name db | fl Name, State", "Name  : db\nState : Opened"),
        ("gsn | ft Name -HideTableHeaders", "web\ndb\napi"),
        ("gsn | Out-Null", ""),
        ("gsn | select -Unique State | select -exp State", "Opened"),
        ("'a', 'A', 'a' | select -Unique", "a\nA"),
        ("gsn -Name db | fl Name, Nosuch", "Name : db"),
        ("gsn -Name db | ft Name, Nosuch", "Name Nosuch\n---- ------\ndb"),
        ("gsn | gsn | % Name", "web\ndb\napi"),
        ("@{'a b' = 1}.'a b'", "1"),
        ("1 -eq 'x'", "False"),
        ('"a`nb"', "a\nb"),
        ("gsn | Where-Object State -eq Broken", ""),
        ('"$w is $n"', "[PSSession]web is 5"),
        ("@{a = 1}", "Name Value\n---- -----\na        1"),
        ("1..3", "1\n2\n3"),
        ("$w.State -eq 'opened' -and $n -ge 5", "True"),
        ("'web','db' -contains $w.Name", "True"),
        ("($n -lt 5) -or -not $w", "False"),
        ("$UICulture | Out-Null", ""),
    ],
)
async def test_values_and_small_pipelines_are_shown(bar: Bar, line: str, text: str) -> None:
    assert await bar.shown("$w = Get-PSSession -Name web", "$n = 5", line) == text


async def test_all_properties_of_a_session_are_listed(bar: Bar) -> None:
    text = await bar.shown("Get-PSSession -Id 1 | Format-List *")
    assert "ComputerType           : RemoteMachine" in text
    assert f"InstanceId             : {bar.session('web').instance_id}" in text
    assert await bar.shown("(Get-PSSession -Id 1).InstanceId") == str(bar.session("web").instance_id)


async def test_a_call_inside_a_line_is_run_once_before_it() -> None:
    bar = Bar()
    async with opened(bar, "one"):
        assert await bar.shown("(Get-PSSession | Where-Object Name -eq one).Id") == "1"
        text = await bar.shown("$s = Get-PSSession; Invoke-Command -Session $s { 'x' }; $s.Name")
        assert text == "x\none"


async def test_errors_are_silenced_and_kept(bar: Bar) -> None:
    assert await bar.shown("Enter-PSSession -Name zzz -ErrorAction SilentlyContinue -ErrorVariable ev") == ""
    said = await bar.run("$ev")
    assert [each.error_id for each in said] == [f"{NOT_THERE}Name{ENTER}"]
    await bar.run("Get-PSSession -Id 77 -ea 0 -ev +ev")
    assert await bar.shown("$ev.Count") == "2"
    assert await bar.shown("$Error[0].FullyQualifiedErrorId") == f"{NOT_THERE}SessionId{GET}"
    await bar.run("Get-PSSession -Id 78 -ea Ignore -ev ev")
    assert await bar.shown("$Error.Count") == "2"
    said = await bar.run("Get-PSSession -Id 1, 99 -ErrorAction Stop; Remove-PSSession -Id 1")
    assert bar.session("web") in bar.context.sessions.sessions, "Stop ends the line"
    assert await bar.refused("Enter-PSSession -Bogus -ErrorAction SilentlyContinue") == f"NamedParameterNotFound{ENTER}"


async def test_a_variable_that_is_not_set_is_named(bar: Bar) -> None:
    (said,) = await bar.run("Enter-PSSession -Session $nosuch")
    assert "$nosuch has no value here." in said.text
    assert await bar.shown("$nosuch") == "$nosuch has no value here."


async def test_a_credential_is_asked_for_once(bar: Bar) -> None:
    bar.console.answer = "S3cret"
    await bar.run("$c = Get-Credential alice")
    held = bar.context.variables["c"]
    assert isinstance(held, PSCredential) and held.user_name == "alice" and held.password is not None
    assert held.password.reveal() == "S3cret"
    for computer in ("a", "b"):
        await bar.run(f"Enter-PSSession {computer} -Credential $c")
        assert bar.ui.infos[-1].values["Credential"] == held
    assert "S3cret" not in await bar.shown("$c"), "a password is never shown"


async def test_the_preference_variable_is_there_before_it_is_set(bar: Bar) -> None:
    text = await bar.shown("$PSSessionOption")
    assert "MaximumConnectionRedirectionCount : 5" in text and "OpenTimeout                       : 00:03:00" in text
    await bar.run("$PSSessionOption.MaximumConnectionRedirectionCount = 2", "Enter-PSSession srv")
    assert bar.ui.infos[-1].values["SessionOption"] == {"MaximumConnectionRedirectionCount": 2}


async def test_objects_bind_by_the_names_of_their_properties(bar: Bar, tmp_path: Path) -> None:
    for line, key, value in (
        ("[pscustomobject]@{ComputerName='srv'} | Enter-PSSession", "ComputerName", "srv"),
        ("[pscustomobject]@{Cn='srv'; ConfigurationName='jea'} | etsn", "ConfigurationName", "jea"),
        ("[pscustomobject]@{ConnectionUri='http://srv/wsman'} | etsn", "ConnectionUri", "http://srv/wsman"),
        ("[pscustomobject]@{ContainerId='api'} | etsn", "ContainerId", "api"),
        ("[pscustomobject]@{Id='2'} | etsn", "Id", 2),
        ("[pscustomobject]@{Name='db'} | etsn", "Name", "db"),
        (
            f"[pscustomobject]@{{InstanceId='{bar.session('db').instance_id}'}} | etsn",
            "InstanceId",
            bar.session("db").instance_id,
        ),
    ):
        said = await bar.run(line)
        assert bar.ui.infos[-1].values.get(key) == value, (line, said)
    (said_of_host,) = await bar.run("[pscustomobject]@{HostName='srv'} | New-PSSession")
    assert said_of_host.error_id == "PSSessionInvalidComputerName,Microsoft.PowerShell.Commands.NewPSSessionCommand"
    assert "-HostName $object.HostName" in said_of_host.text
    file = tmp_path / "hosts.csv"
    file.write_text("ComputerName,Note\nsrv1,first\nsrv2,\n")
    assert await bar.shown(f"(Import-Csv {file}).ComputerName") == "srv1\nsrv2"
    await bar.run(f"Import-Csv {file} | select -First 1 | Enter-PSSession")
    assert bar.ui.infos[-1].values["ComputerName"] == "srv1"


async def test_what_is_written_out_goes_before_what_is_splatted(bar: Bar) -> None:
    await bar.run("$p = @{HostName = 'u@h'; Port = 23}", "Enter-PSSession @p -Port 24 -Subsystem jea")
    values = dict(bar.ui.infos[-1].values)
    assert values == {"HostName": "h", "UserName": "u", "Port": 24, "Subsystem": "jea"}
    await bar.run("$a = 'srv'; Enter-PSSession @a")
    assert bar.ui.infos[-1].values["ComputerName"] == "srv"


async def test_nothing_through_the_pipe_does_nothing(bar: Bar) -> None:
    for line in ("gsn -Name no* | Remove-PSSession", "gsn -Name no* | etsn"):
        (said,) = await bar.run(line)
        assert not said.is_error and "nothing to do" in said.text
    assert len(bar.context.sessions.sessions) == 3
    assert await bar.refused("$null | Remove-PSSession") == (
        "ParameterArgumentValidationErrorNullNotAllowed,Microsoft.PowerShell.Commands.RemovePSSessionCommand"
    )


async def test_what_stands_in_a_block_is_done_for_each_object(bar: Bar) -> None:
    await bar.run("Get-PSSession | Where-Object Name -ne db | ForEach-Object { Remove-PSSession $_ }")
    assert bar.context.sessions.sessions == (bar.session("db"),)


@asynccontextmanager
async def opened(bar: Bar, *names: str) -> AsyncIterator[None]:
    """Open sessions of the demo endpoint under names."""
    for name in names:
        session = bar.context.sessions.create(DEMO, bar.console, name=name, temporary=False)
        await session.open()
    try:
        yield
    finally:
        await bar.context.sessions.close_all()


async def test_a_script_runs_in_open_sessions_and_is_shown_by_session() -> None:
    bar = Bar()
    async with opened(bar, "one", "two"):
        assert await bar.shown("$s = Get-PSSession -Name one", "Invoke-Command -Session $s { 1 + 1 }") == "2"
        text = await bar.shown("Invoke-Command -Session (Get-PSSession) { 'here' }")
        assert text == "one (demo):\nhere\ntwo (demo):\nhere"
        assert await bar.shown("$r = Invoke-Command $s { 20; 22 }", "$r[-1]") == "22"
        said = await bar.run("Invoke-Command -Session $s { throw 'no' }")
        assert said[-1].is_error and "no" in said[-1].text
        assert await bar.shown("Invoke-Command -Session $s { $input } -InputObject 7") == "7"


async def test_what_a_cmdlet_cannot_do_here_is_named(bar: Bar) -> None:
    (said,) = await bar.run("gsn | Format-List -GroupBy State")
    assert "-GroupBy cannot be used here" in said.text
    (said,) = await bar.run("gsn | Where-Object { $_.Name + 'x' }")
    assert "not computed here" in said.text


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("gsn -PipelineVariable p | % { $p.Name }", "-PipelineVariable cannot be used here"),
        ("gsn | % -pv p { $p.Name }", "-PipelineVariable cannot be used here"),
        ("$PID -gt 0", "$PID is not known here"),
        ("gsn | ? { $Host.Name }", "$Host is not known here"),
        ("'a' | % ToUpper", "ToUpper is no property of a text or a number"),
        ("gsn -Id 9 -ea 0 -ev e; $e[0].CategoryInfo.Category", "This property is not known here"),
        ("5 -is [int]", "A type by itself cannot be used here"),
    ],
)
async def test_nothing_is_taken_for_nothing_where_powershell_has_a_value(bar: Bar, line: str, what: str) -> None:
    (said,) = await bar.run(line)
    assert said.is_error and what in said.text
