"""Names, positions, sets and values bind as PowerShell binds them."""

from __future__ import annotations

import uuid

import pytest
from pstui.backends.binding.connections import connection_info, connections, what_if
from pstui.backends.binding.context import BoundCall
from pstui.backends.binding.errors import MissingMandatory
from pstui.backends.binding.line import bind_line
from pstui.backends.binding.parameters import cmdlet_name
from pstui.backends.binding.shell import bind
from pstui.backends.connection import ParameterSet
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import CallError

from tests.support.sessions import OpenSession, context


def enter(*arguments: str) -> BoundCall:
    return bind("Enter-PSSession", arguments, context=context(OpenSession(99, "ninety-nine")))


@pytest.mark.parametrize(
    ("arguments", "parameter_set", "values"),
    [
        (["srv"], "ComputerName", {"ComputerName": "srv"}),
        (["99"], "Id", {"Id": 99}),
        (["srv", "CONTOSO\\u"], "ComputerName", {"ComputerName": "srv", "Credential": PSCredential("CONTOSO\\u")}),
        (["-cn", "."], "ComputerName", {"ComputerName": "localhost"}),
        (["-host", "h"], "SSHHost", {"HostName": "h"}),
        (["–HostName", "h"], "SSHHost", {"HostName": "h"}),
        (["-HostName:h", "-Port:22"], "SSHHost", {"HostName": "h", "Port": 22}),
        (["-HostName:", "h", "-P", "0x16"], "SSHHost", {"HostName": "h", "Port": 22}),
        (["-UseSSL:$false", "srv"], "ComputerName", {"UseSSL": False, "ComputerName": "srv"}),
        (["-Uri", "http://s", "u"], "Uri", {"ConnectionUri": "http://s", "Credential": PSCredential("u")}),
        (["-AllowRedirection"], "Uri", {"AllowRedirection": True, "ConnectionUri": "http://localhost:5985/WSMAN"}),
        (["-VMName", "v", "u"], "VMName", {"VMName": "v", "Credential": PSCredential("u")}),
        (
            ["-VMGuid", "{00000000-0000-0000-0000-000000000009}", "-Cred", "u"],
            "VMId",
            {"VMId": uuid.UUID(int=9), "Credential": PSCredential("u")},
        ),
        (["-ContainerId", "api", "-Run"], "ContainerId", {"ContainerId": "api", "RunAsAdministrator": True}),
        (["-IdentityFilePath", "~/k", "-HostName", "h"], "SSHHost", {"KeyFilePath": "/home/me/k", "HostName": "h"}),
        (
            ["-HostName", "h", "-Options", "@{ProxyJump='b'}"],
            "SSHHost",
            {"HostName": "h", "Options": {"ProxyJump": "b"}},
        ),
        (["-HostName", "h", "-Subsystem", ""], "SSHHost", {"HostName": "h", "Subsystem": ""}),
        (["srv", "-Authentication", "kerb"], "ComputerName", {"ComputerName": "srv", "Authentication": "Kerberos"}),
        (
            ["srv", "-Authentication", "Negotiate"],
            "ComputerName",
            {"ComputerName": "srv", "Authentication": "Negotiate"},
        ),
        (["srv", "-Authentication", "6"], "ComputerName", {"ComputerName": "srv", "Authentication": "Kerberos"}),
        (["-Command", "pwsh,-s"], "Process", {"Command": ("pwsh", "-s")}),
        (["-ProcessId", "7"], "HostProcess", {"ProcessId": 7}),
        (["-Demo"], "Demo", {"Demo": True}),
        ([], "Process", {}),
        (["--", "srv"], "ComputerName", {"ComputerName": "srv"}),
    ],
)
def test_arguments_of_a_shell_bind(arguments: list[str], parameter_set: str, values: dict[str, object]) -> None:
    call = enter(*arguments)
    assert (call.parameter_set, dict(call.values)) == (parameter_set, values)


@pytest.mark.parametrize("word", ["etsn", "ENTER-pssession", "Microsoft.PowerShell.Core\\Enter-PSSession"])
def test_a_cmdlet_is_found_in_any_case_and_by_its_alias(word: str) -> None:
    assert cmdlet_name(word) == "Enter-PSSession"


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("exsn", "Exit-PSSession"),
        ("nsn", "New-PSSession"),
        ("gsn", "Get-PSSession"),
        ("rsn", "Remove-PSSession"),
        ("rcsn", "Receive-PSSession"),
        ("cnsn", "Connect-PSSession"),
        ("dnsn", "Disconnect-PSSession"),
        ("icm", "Invoke-Command"),
        ("New-PSSessionOption", "New-PSSessionOption"),
    ],
)
def test_aliases(alias: str, name: str) -> None:
    assert cmdlet_name(alias) == name


def test_an_unknown_cmdlet_is_refused() -> None:
    with pytest.raises(CallError) as refused:
        bind("Enter-Nothing", [], context=context())
    assert refused.value.error_id == "CommandNotFoundException"


# beginnings of names, as measured

SESSIONS = (OpenSession(5, "five"),)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Get-PSSession -In 00000000-0000-0000-0000-000000000005", "InstanceId"),
        ("Get-PSSession -ComputerName c -P 7", "Port"),
        ("Remove-PSSession -con x", "ContainerId"),
        ("Enter-PSSession -HostName h -Subsystem -x", ""),
    ],
)
def test_an_own_parameter_wins_over_a_common_one(line: str, name: str) -> None:
    surroundings = context(*SESSIONS)
    if not name:
        # a dash that begins no parameter's name is the value itself; it is refused as a value
        with pytest.raises(CallError) as refused:
            bind_line(line, context=surroundings)
        assert refused.value.error_id.startswith("ParameterArgumentValidationError")
        return
    assert name in bind_line(line, context=surroundings).values


@pytest.mark.parametrize("name", ["e", "O", "Out", "W", "Warning", "info"])
def test_the_beginning_of_several_common_parameters_is_refused(name: str) -> None:
    with pytest.raises(CallError) as refused:
        bind("Get-PSSession", [f"-{name}", "x"], context=context())
    assert refused.value.error_id == "AmbiguousParameter,Microsoft.PowerShell.Commands.GetPSSessionCommand"


def test_an_ambiguous_beginning_lists_all_that_match() -> None:
    with pytest.raises(CallError) as refused:
        bind("Get-PSSession", ["-V"], context=context())
    assert all(name in refused.value.why for name in ("VMId", "VMName", "Verbose"))


def test_common_parameters() -> None:
    call = bind("Get-PSSession", ["-D", "-ErrorAction", "si", "-ov", "+x", "-ob", "3"], context=context())
    assert call.common == {"Debug": True, "ErrorAction": "SilentlyContinue", "OutVariable": "+x", "OutBuffer": 3}
    assert bind("Remove-PSSession", ["5", "-wh"], context=context(*SESSIONS)).what_if
    assert enter("srv", "-Verbose").verbose


@pytest.mark.parametrize(
    ("arguments", "error_id"),
    [
        (["-ErrorAction", "5"], "ParameterBindingFailed"),
        (["-ErrorAction", "s"], "CannotConvertArgumentNoMessage"),
        (["-ErrorAction", "7"], "CannotConvertArgumentNoMessage"),
        (["-ErrorAction", ""], "CannotConvertArgumentNoMessage"),
        (["-OutVariable", "env:x"], "ParameterArgumentValidationError"),
        (["-OutVariable", "+"], "ParameterArgumentValidationError"),
        (["-OutBuffer:-1"], "ParameterArgumentValidationError"),
        (["-OutBuffer", "2147483648"], "CannotConvertArgumentNoMessage"),
        (["-OutBuffer", "text"], "CannotConvertArgumentNoMessage"),
        (["-Verbose:text"], "CannotConvertArgument"),
        (["-Confirm"], "NamedParameterNotFound"),
        (["-UseTransaction"], "NamedParameterNotFound"),
        (["-Name", "a", "-Name", "b"], "ParameterAlreadyBound"),
    ],
)
def test_values_of_common_parameters_that_are_refused(arguments: list[str], error_id: str) -> None:
    with pytest.raises(CallError) as refused:
        bind("Get-PSSession", arguments, context=context())
    assert refused.value.error_id == f"{error_id},Microsoft.PowerShell.Commands.GetPSSessionCommand"


def test_nothing_is_fine_for_the_name_of_a_variable() -> None:
    assert bind("Get-PSSession", ["-OutVariable", "$null"], context=context()).common == {"OutVariable": None}


def test_a_list_from_a_shell_keeps_its_numbers() -> None:
    call = bind("icm", ["-HostName", "h", "{ 1 }", "-ArgumentList", "1,x,0x10"], context=context())
    assert call.values["ArgumentList"] == (1, "x", 16)
    assert enter("-HostName", "me:pw@h").notices


def test_what_if_is_taken_where_it_is_allowed() -> None:
    call = bind("Enter-PSSession", ["srv", "-WhatIf"], context=context(allow_what_if=True))
    assert call.what_if and call.parameter_set == "ComputerName"


def test_missing_values_are_named_for_a_dialog() -> None:
    with pytest.raises(MissingMandatory) as refused:
        enter("-VMName", "v")
    assert refused.value.missing == ("Credential",)


def test_the_host_string_wins_and_says_so() -> None:
    call = enter("-HostName", "root@DB:22", "-UserName", "other", "-Port", "3")
    assert dict(call.values) == {"HostName": "db", "UserName": "root", "Port": 22}
    assert len(call.notices) == 2


def test_a_configuration_over_ssh_is_the_subsystem() -> None:
    call = enter("-HostName", "h", "-ConfigurationName", "jea")
    assert dict(call.values) == {"HostName": "h", "Subsystem": "jea"}
    assert "jea" in call.notices[0]


def test_a_backslash_that_a_shell_took_gets_a_hint() -> None:
    assert "quotes" in enter("srv", "Domain01User01").notices[0]
    assert not enter("srv", "Domain01\\User01").notices
    assert not enter("srv", "administrator").notices
    assert not bind_line("etsn srv Domain01User01", context=context()).notices
    assert "-UseSSL:$false" in enter("srv", "-UseSSL", "false").notices[0]


def test_invoke_command_takes_a_script_from_a_shell() -> None:
    for arguments in (["-HostName", "h", "-ScriptBlock", "1..5"], ["-HostName", "h", "-ScriptBlock", "{ 1..5 }"]):
        call = bind("icm", arguments, context=context())
        assert (call.parameter_set, call.values["ScriptBlock"]) == ("SSHHost", "1..5")
    call = bind("icm", ["srv", "Get-Date"], context=context())
    assert (call.parameter_set, call.values["ComputerName"]) == ("ComputerName", ("srv",))
    call = bind("icm", ["-HostName", "h", "Get-Date"], context=context())
    assert call.values["ScriptBlock"] == "Get-Date"
    assert connection_info(bind("icm", ["{ 1 }"], context=context())).parameter_set is ParameterSet.PROCESS


def test_one_connection_for_each_computer() -> None:
    found = connections(bind("New-PSSession", ["-HostName", "me@a:23,b", "-UserName", "u"], context=context()))
    assert [dict(info.values) for info in found] == [
        {"HostName": "a", "UserName": "me", "Port": 23},
        {"HostName": "b", "UserName": "u"},
    ]
    with pytest.raises(CallError):
        connection_info(bind("New-PSSession", ["a,b"], context=context()))


def test_defaults_fill_what_was_not_given() -> None:
    defaults = {
        "session_option": {"open_timeout": 5000},
        "configuration_name": "jea",
        "application_name": "App",
        "credential": "admin",
    }
    info = connection_info(enter("srv", "-CertificateThumbprint", "ab"), defaults=defaults)
    assert dict(info.values) == {
        "ComputerName": "srv",
        "CertificateThumbprint": "ab",
        "SessionOption": {"OpenTimeout": 5000},
        "ConfigurationName": "jea",
        "ApplicationName": "App",
    }, "the default credential gives way to the certificate"
    assert dict(connection_info(enter("-HostName", "h"), defaults=defaults).values) == {"HostName": "h"}
    given = connection_info(enter("srv", "-ConfigurationName", "x"), defaults=defaults)
    assert given.values["ConfigurationName"] == "x"
    assert given.values["Credential"] == PSCredential("admin")


def test_a_short_idle_time_in_the_defaults_is_refused_for_every_set() -> None:
    with pytest.raises(CallError) as refused:
        connection_info(enter("-HostName", "h"), defaults={"session_option": {"idle_timeout": 5}})
    assert refused.value.error_id == "Argument,Microsoft.PowerShell.Commands.EnterPSSessionCommand"


def test_what_if_describes_without_secrets() -> None:
    call = enter("srv", "CONTOSO\\admin", "-Width", "100")
    described = what_if(connection_info(call), call)
    assert described["ParameterSet"] == "ComputerName"
    assert described["Values"] == {"ComputerName": "srv", "Credential": "CONTOSO\\admin"}
    assert described["Settings"] == {"width": 100}
    assert described["Line"] == "Enter-PSSession -ComputerName srv -Credential CONTOSO\\admin -Width 100"
