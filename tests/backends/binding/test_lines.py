"""Whole PowerShell lines: what people type and paste."""

from __future__ import annotations

import time

import pytest
from pstui.backends.binding.connections import connection_info
from pstui.backends.binding.context import BoundCall
from pstui.backends.binding.line import bind_line, statements
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import CallError

from tests.support.sessions import OpenSession, context

OPTIONS = {"ProxyJump": "b", "Port": 3}
WEB, DB = OpenSession(3, "web", "web1"), OpenSession(4, "db", "db1")


def line(text: str) -> BoundCall:
    return bind_line(text, context=context(WEB, DB, environment={"TARGET": "far"}))


@pytest.mark.parametrize("text", ["etsn $s", "$s | etsn", "Enter-PSSession -Session $s", "etsn -Session ($s)"])
def test_a_variable_names_its_session(text: str) -> None:
    call = line(text)
    assert (call.parameter_set, call.values["Session"], call.sessions) == ("Session", WEB, (WEB,))


@pytest.mark.parametrize(
    ("text", "parameter_set", "key", "value"),
    [
        ("etsn -Id $s.Id", "Id", "Id", 3),
        ("etsn $s.Id", "Id", "Id", 3),
        ("etsn -Name $s.Name", "Name", "Name", "web"),
        ("etsn -InstanceId $s.InstanceId", "InstanceId", "InstanceId", WEB.instance_id),
        ("etsn $s.ComputerName", "ComputerName", "ComputerName", "web1"),
        ("'srv' | etsn", "ComputerName", "ComputerName", "srv"),
        ("99 | Enter-PSSession", "ComputerName", "ComputerName", "99"),
        ("etsn '99'", "ComputerName", "ComputerName", "99"),
        ("etsn 3", "Id", "Id", 3),
        ('etsn -HostName "$env:USERNAME@h"', "SSHHost", "UserName", "me"),
        ("etsn -HostName h -KeyFilePath $HOME/k", "SSHHost", "KeyFilePath", "/home/me/k"),
        ("etsn -HostName h -Options @{ProxyJump='b'; Port = 3}", "SSHHost", "Options", {"ProxyJump": "b", "Port": 3}),
        ("etsn srv -Credential (Get-Credential bob)", "ComputerName", "Credential", PSCredential("bob")),
        ("etsn srv -Credential CONTOSO\\bob", "ComputerName", "Credential", PSCredential("CONTOSO\\bob")),
        (
            "etsn c -SessionOption (New-PSSessionOption -SkipCACheck)",
            "ComputerName",
            "SessionOption",
            {"SkipCACheck": True},
        ),
        ("& etsn -HostName h -Port:22", "SSHHost", "Port", 22),
        ("etsn ('srv')", "ComputerName", "ComputerName", "srv"),
        ("etsn -VMId ([guid]'00000000-0000-0000-0000-000000000003') u", "VMId", "VMId", WEB.instance_id),
        ("ETSN -HOSTNAME h -UserName 'it''s'", "SSHHost", "UserName", "it's"),
        ("etsn c # a comment", "ComputerName", "ComputerName", "c"),
        ("etsn srv -Credential $null", "ComputerName", "Credential", PSCredential("")),
        ("etsn -HostName $env:TARGET", "SSHHost", "HostName", "far"),
        ('etsn -HostName "me@$env:TARGET"', "SSHHost", "UserName", "me"),
        ("etsn -HostName -- h", "SSHHost", "HostName", "h"),
        ("etsn $('srv')", "ComputerName", "ComputerName", "srv"),
        ("etsn -HostName h -ConnectingTimeout 0", "SSHHost", "ConnectingTimeout", 0),
        (
            "etsn c -SessionOption ([System.Management.Automation.Remoting.PSSessionOption]@{NoCompression = $true})",
            "ComputerName",
            "SessionOption",
            {"NoCompression": True},
        ),
        ("etsn c -ConfigurationName $null", "ComputerName", "ConfigurationName", None),
        ("etsn -UseSSL @'\nsrv\n'@", "ComputerName", "ComputerName", "srv"),
        ("etsn -HostName h\n -UserName 'a\n-B'\n -Port 2", "SSHHost", "UserName", "a\n-B"),
        ("etsn h -UserName @'\n -Foo\n -Bar\n'@", "SSHHost", "UserName", " -Foo\n -Bar"),
        ("etsn -HostName h -Options @{\n  ProxyJump = 'b'\n  Port = 3\n}", "SSHHost", "Options", OPTIONS),
    ],
)
def test_forms_people_type(text: str, parameter_set: str, key: str, value: object) -> None:
    call = line(text)
    assert (call.parameter_set, call.values[key]) == (parameter_set, value)


@pytest.mark.parametrize(
    "text",
    [
        "PS C:\\> Enter-PSSession -HostName h -Port 22",
        "PS /home/me> etsn -HostName h -Port 22\n",
        "[web1]: PS C:\\Users> etsn -HostName h -Port 22",
        "PS>etsn -HostName h -Port 22",
        "PS C:\\>Enter-PSSession -HostName h -Port 22",
        "PS> etsn `\n>> -HostName h `\n>> -Port 22\n",
        "Enter-PSSession `\r\n  -HostName h `\r\n  -Port 22\r\n",
        "Enter-PSSession -HostName h\n    -Port 22",
        "Enter-PSSession -HostName h ` \n    -Port 22",
        "\n\nEnter-PSSession –HostName h –Port 22;",
    ],
)
def test_what_is_pasted(text: str) -> None:
    assert dict(line(text).values) == {"HostName": "h", "Port": 22}


def test_the_result_of_a_call_is_assigned() -> None:
    call = line("$web = New-PSSession -ComputerName web1, web2")
    assert (call.cmdlet, call.assign, call.values["ComputerName"]) == ("New-PSSession", "web", ("web1", "web2"))


@pytest.mark.parametrize(
    "text",
    [
        "PS C:\\> $n = New-PSSession -ComputerName Server01\nPS C:\\> Enter-PSSession -Session $n\n",
        "$n = New-PSSession Server01; etsn $n",
        "etsn (New-PSSession -ComputerName Server01)",
        "New-PSSession Server01 | etsn",
    ],
)
def test_a_session_yet_to_be_opened_is_the_source(text: str) -> None:
    call = line(text)
    assert call.cmdlet == "Enter-PSSession" and call.parameter_set == "Session"
    assert call.source is not None
    assert call.source.values["ComputerName"] == ("Server01",)
    info = connection_info(call)
    assert (info.parameter_set.value, info.values["ComputerName"]) == ("ComputerName", "Server01")


@pytest.mark.parametrize("name", ["web1", "web", "-Name web", "-Id 3"])
def test_the_session_that_a_call_finds_is_entered(name: str) -> None:
    assert line(f"Get-PSSession {name} | etsn").sessions == (WEB,)


def test_values_assigned_before_are_used() -> None:
    call = line("$c = Get-Credential bob\n$o = New-PSSessionOption -NoCompression\netsn srv $c -SessionOption $o")
    assert call.values["Credential"] == PSCredential("bob")
    assert call.values["SessionOption"] == {"NoCompression": True}


def test_a_session_that_is_opened_and_not_used_is_refused() -> None:
    for text in ("$a = New-PSSession x; $b = New-PSSession y", "$a = New-PSSession x; Enter-PSSession y"):
        with pytest.raises(CallError) as refused:
            line(text)
        assert "$a is not used" in refused.value.what
    assert line("$a = New-PSSession x; $b = $a; etsn $b").source is not None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("$s = New-PSSession x; etsn $s", ["$s = New-PSSession x", "etsn $s"]),
        ("PS C:\\> gsn\nPS C:\\> rsn 1;;", ["gsn", "rsn 1"]),
        ("etsn -HostName h -Options @{a=1;b=2\n c=3}", ["etsn -HostName h -Options @{a=1;b=2\n c=3}"]),
        ("etsn 'a;b'", ["etsn 'a;b'"]),
        ("PS C:\\> gsn\rPS C:\\> rsn 1\r", ["gsn", "rsn 1"]),
        ("", []),
    ],
)
def test_a_line_is_cut_into_its_statements(text: str, parts: list[str]) -> None:
    assert statements(text) == parts


def test_zero_is_a_value_of_a_connection() -> None:
    assert connection_info(line("etsn -HostName h -ConnectingTimeout 0")).values["ConnectingTimeout"] == 0


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("$PSSessionOption = New-PSSessionOption -SkipCACheck; etsn c", {"SessionOption": {"SkipCACheck": True}}),
        ("$PSSessionOption = @{OpenTimeout = '00:00:30'}; etsn c", {"SessionOption": {"OpenTimeout": 30000}}),
        ("$PSSessionOption = @{Nonsense = 1}; etsn c", {}),
        ("$PSSessionOption = @{SkipCACheck = $true}; etsn c -SessionOption @{}", {"SessionOption": {}}),
        ("$PSSessionConfigurationName = 'jea'; etsn c", {"ConfigurationName": "jea"}),
        ("$PSSessionConfigurationName = 'jea'; etsn c -ConfigurationName x", {"ConfigurationName": "x"}),
        ("$global:PSSessionApplicationName = 'App'; etsn c", {"ApplicationName": "App"}),
        ("$PSSessionConfigurationName = 'jea'; etsn (New-PSSession c)", {"ConfigurationName": "jea"}),
    ],
)
def test_preference_variables_go_before_the_defaults(text: str, values: dict[str, object]) -> None:
    found = dict(connection_info(line(text), defaults={"configuration_name": "other"}).values)
    assert found.pop("ComputerName") == "c"
    assert found == {"ConfigurationName": "other"} | values


def test_preference_variables_are_for_winrm() -> None:
    text = "$PSSessionConfigurationName = 'jea'; $PSSessionOption = @{SkipCACheck = $true}; etsn -HostName h"
    assert dict(connection_info(line(text)).values) == {"HostName": "h"}
    with pytest.raises(CallError) as refused:
        connection_info(line("$PSSessionOption = @{IdleTimeout = '00:00:05'}; etsn -HostName h"))
    assert refused.value.error_id.startswith("Argument,"), "the idle time is checked for every set"


def test_a_session_alone_is_shown() -> None:
    assert line("$s").sessions == (WEB,)
    assert "3" in line("$s.Id").notices[0]


def test_input_for_a_remote_command_comes_through_the_pipe() -> None:
    call = line("1, 2 | icm -HostName h { $input }")
    assert (call.values["InputObject"], call.values["ScriptBlock"]) == ((1, 2), "$input")


def test_several_sessions_where_several_are_allowed() -> None:
    assert line("Get-PSSession | Remove-PSSession").sessions == (WEB, DB)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("etsn h > file", ">"),
        ("etsn h; Get-Date", "Get-Date"),
        ("etsn h && etsn i", "&&"),
        ("etsn h,i", "h,i"),
        ("etsn h -Port abc", "abc"),
        ("etsn h -Nope 3", "-Nope"),
        ("etsn (1 + @{a=1})", "+"),
        ("etsn $unknown", "$unknown"),
        ("etsn $s.Runspace", "Runspace"),
        ("etsn 'half", "'half"),
        ('etsn "$(Get-Date)"', '"$(Get-Date)"'),
        ("Get-PSSession | etsn", "|"),
        ("'a', 'b' | etsn", "|"),
        ("Get-PSSession | Group-Object Name | etsn", "Group-Object"),
        ("etsn (Get-Content hosts.txt)", "Get-Content"),
        ("if ($true) { etsn h }", "if"),
        ("etsn h &", "&"),
        ("$x = etsn h", "etsn"),
        ("3", "3"),
        ("etsn h | Out-Null", "|"),
        ("foreach ($h in 1..3) { etsn $h }", "foreach"),
        ("etsn -Options @{a=1 b=2} -HostName h", "b"),
    ],
)
def test_a_form_that_is_not_taken_is_refused_with_its_place(text: str, place: str) -> None:
    with pytest.raises(CallError) as refused:
        line(text)
    written, marks = refused.value.why.split("\n")[-2:]
    assert set(marks.strip()) == {"~"}
    at = marks.index("~")
    assert written[at : at + len(place)] == place
    assert refused.value.what


def test_the_place_is_found_in_the_right_line() -> None:
    with pytest.raises(CallError) as refused:
        line("PS C:\\> etsn `\n  -HostName h `\n  -Porty 3")
    assert "  -Porty 3\n  ~~~~~~" in refused.value.why


@pytest.mark.parametrize("text", ["", "  ", "# nothing", "PS C:\\>", "$x = 3", "@{a=1}"])
def test_a_line_without_a_call_is_refused(text: str) -> None:
    with pytest.raises(CallError):
        line(text)


@pytest.mark.parametrize("text", [" " * 65_000, "PS " * 20_000 + ">", "`" + " \t" * 30_000, "\n-a ''" * 9_000])
def test_a_long_paste_is_read_in_no_time(text: str) -> None:
    began = time.monotonic()
    with pytest.raises(CallError):
        line(text)
    assert time.monotonic() - began < 5, "what takes more than each character once takes minutes"


def test_deep_brackets_are_refused() -> None:
    with pytest.raises(CallError):
        line("etsn " + "(" * 5000 + "1")
    with pytest.raises(CallError):
        line("etsn -Options " + "@{a=" * 5000)
