"""Wrong calls are refused with the ids that the real cmdlets give."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

import pytest
from pstui.backends.binding.connections import connections
from pstui.backends.binding.line import bind_line
from pstui.backends.binding.shell import bind
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError
from pstui.tui.cli.main import main

from tests.support.paths import DATA
from tests.support.sessions import OpenSession, context


@dataclass(frozen=True)
class Placed:
    """An open session somewhere else than on an SSH host."""

    id: int
    name: str
    info: ConnectionInfo

    @property
    def instance_id(self) -> uuid.UUID:
        return uuid.UUID(int=self.id)


CALLS = json.loads((DATA / "binder_errors.json").read_text(encoding="utf-8"))
#: ids of failures that come after binding: no way to reach the target, no Hyper-V, no container service, no host
LATER = (
    "System.Management.Automation.Remoting.PSRemotingDataStructureException",
    "HyperVModuleNotAvailable",
    "CreateRemoteRunspaceForContainerFailed",
    "PSSessionOpenFailed",
    "NotImplemented",
)
LOOPBACK = ("Enter-PSSession", "Enter-PSSession -EnableNetworkAccess")
ENTER = ",Microsoft.PowerShell.Commands.EnterPSSessionCommand"


def error_id(line: str, **changes: object) -> str:
    surroundings = context(**({"exists": lambda path: "nope" not in path} | changes))
    try:
        bind_line(line, context=surroundings)
    except CallError as error:
        assert error.what
        return error.error_id
    return ""


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call["command"])
def test_a_recorded_call_gets_the_recorded_id(call: dict[str, str]) -> None:
    command, recorded = call["command"], call["id"]
    if command in LOOPBACK:
        bound = bind_line(command, context=context())
        assert bound.parameter_set == "Process", "no target at all is the loopback"
        return
    refused_uri = recorded == "CreateRemoteRunspaceFailed" and "-ConnectionUri" in command
    if recorded.split(",")[0] in LATER or (recorded == "CreateRemoteRunspaceFailed" and not refused_uri):
        assert error_id(command) == "", "what fails later must bind"
    else:
        assert error_id(command) == recorded


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call["command"])
def test_the_command_line_says_the_recorded_id(call: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """As ``pstui --line '…' -WhatIf`` says it; a credential given as text counts as given, and nobody is asked."""
    command, recorded = call["command"].replace("$cred", "'CONTOSO\\admin'"), call["id"]
    code = main(["--line", command, "-WhatIf"])
    out, err = capsys.readouterr()
    refused_uri = recorded == "CreateRemoteRunspaceFailed" and "-ConnectionUri" in command
    later = recorded.split(",")[0] in LATER or (recorded == "CreateRemoteRunspaceFailed" and not refused_uri)
    if later or command in LOOPBACK:
        assert (code, err) == (0, "")
        assert json.loads(out)
    else:
        assert (code, out) == (2, "")
        assert err.splitlines()[-1] == f"FullyQualifiedErrorId: {recorded}"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("-HostName ''", "ParameterArgumentValidationError"),
        ("-HostName h -UserName ''", "ParameterArgumentValidationError"),
        ("-HostName h -Options @{}", "ParameterArgumentValidationError"),
        ("-HostName h -Options $null", "ParameterArgumentValidationError"),
        ("-HostName h -Options @{'a=b' = 1}", "ParameterArgumentValidationError"),
        ('-HostName h -Options @{a = "b`nc"}', "ParameterArgumentValidationError"),
        ("c -ErrorAction $null", "ParameterBindingFailed"),
        ("c -OutBuffer $null", "ParameterArgumentValidationError"),
        ("-HostName h -Port 0", "ParameterArgumentValidationError"),
        ("-ComputerName c -Port 70000", "ParameterArgumentValidationError"),
        ("-HostName h -SSHTransport:$false", "ParameterArgumentValidationError"),
        ("-Session $null", "ParameterArgumentValidationError"),
        ("-VMId zz -Credential u", "CannotConvertArgumentNoMessage"),
        ("-HostName h -ComputerName x", "AmbiguousParameterSet"),
        ("-ComputerName c -CertificateThumbprint a -Credential u", "ParameterBindingFailed"),
        ("-ComputerName c -Credential u -CertificateThumbprint a", "ParameterBindingFailed"),
        ("-ComputerName c -CertificateThumbprint a -Authentication Basic", "ParameterBindingFailed"),
        ("-ComputerName c -Authentication NegotiateWithImplicitCredential -Credential u", "ParameterBindingFailed"),
        ("-HostName 'a b'", "PSSessionInvalidComputerName"),
        ("-HostName h -KeyFilePath /nope", "PathNotFound"),
        ("-HostName h -KeyFilePath Env:/X", "InvalidOperation"),
        ("-HostName h -KeyFilePath zz:/x", "DriveNotFound"),
        ("c -SessionOption (New-PSSessionOption -IdleTimeout 5)", "Argument"),
        ("c -SessionOption @{IdleTimeout = '00:00:59'}", "Argument"),
        ("-HostName h -SessionOption @{NoCompression = $true}", "AmbiguousParameterSet"),
        ("c -SessionOption $null", "ParameterArgumentValidationError"),
        ("c -SessionOption text", "CannotConvertArgumentNoMessage"),
        ("c -SessionOption @{MaximumRedirection = 1}", "CannotConvertArgumentNoMessage"),
        ("c -SessionOption @{OpenTimeout = 30000}", "CannotConvertArgumentNoMessage"),
        ("c -UseSSL:text", "CannotConvertArgument"),
        ("a,b", "CannotConvertArgument"),
        ("-ComputerName a -Cn b", "ParameterAlreadyBound"),
        ("-HostName h -Port", "MissingArgument"),
        ("-HostName -Port 22", "MissingArgument"),
        ("c u 1 2", "PositionalParameterNotFound"),
        ("-Co x", "AmbiguousParameter"),
        ("c -WhatIf", "NamedParameterNotFound"),
        ("c -Authentication nego", "CannotConvertArgumentNoMessage"),
        ("http://foo", "System.UriFormatException"),
        ("'a b'", "System.UriFormatException"),
        ("-UseSSL", "MissingMandatoryParameter"),
        ("-Credential u", "MissingMandatoryParameter"),
        ("-VMName v", "MissingMandatoryParameter"),
        ("-HostName h -Subsystem -x", "ParameterArgumentValidationError"),
        ("-HostName h -UserName:-x", "ParameterArgumentValidationError"),
        ("-HostName -x@h", "ParameterArgumentValidationError"),
        ("-HostName h -ConfigurationName c -Subsystem s", "AmbiguousParameterSet"),
        ("-Name ''", "RemoteRunspaceNotAvailableForSpecifiedName"),
        ("-InstanceId '11111111222233334444555555555555'", "RemoteRunspaceNotAvailableForSpecifiedRunspaceId"),
        ("c -ErrorAction Suspend", "ParameterBindingFailed"),
        ("''", "ParameterArgumentValidationError"),
        ("$null", "ParameterArgumentValidationError"),
        ("-Id $null", "ParameterArgumentValidationError"),
        ("c -Authentication $null", "ParameterBindingFailed"),
        ("-HostName h -ConnectingTimeout $null", "ParameterBindingFailed"),
        ("-Name $null", "RemoteRunspaceNotAvailableForSpecifiedName"),
        ("-Id {5}", "CannotConvertArgumentNoMessage"),
        ("-VMId {00000000-0000-0000-0000-000000000009} u", "CannotConvertArgumentNoMessage"),
        ("c -SessionOption @{ApplicationArguments = @{a = {1}}}", "CannotConvertArgumentNoMessage"),
        ("-HostName h -- -Port", "PositionalParameterNotFound"),
    ],
)
def test_a_wrong_call_gets_its_id(arguments: str, expected: str) -> None:
    assert error_id(f"Enter-PSSession {arguments}") == expected + ENTER


@pytest.mark.parametrize("uri", ["notauri", "ftp://srv/wsman", "http://", "http://a b/", "http://srv:99999/"])
def test_an_address_that_cannot_be_used_has_the_id_without_suffix(uri: str) -> None:
    identity = error_id(f"Enter-PSSession -ConnectionUri '{uri}'")
    # an address without any host does not even become a Uri
    assert identity == ("CannotConvertArgumentNoMessage" + ENTER if uri == "http://" else "CreateRemoteRunspaceFailed")


@pytest.mark.parametrize(
    "table",
    [
        "@{ComputerName='a'; HostName='b'}",
        "@{HostName='a'; KeyFilePath='x'; IdentityFilePath='y'}",
        "@{HostName=''}",
        "@{HostName='a'; Nope=1}",
        "@{UserName='a'}",
        "@{HostName='a'; Port='abc'}",
    ],
)
def test_a_table_of_ssh_connections_is_checked(table: str) -> None:
    expected = "Argument,Microsoft.PowerShell.Commands.NewPSSessionCommand"
    assert error_id(f"New-PSSession -SSHConnection {table}") == expected


def test_tables_of_ssh_connections_give_one_connection_each() -> None:
    line = "New-PSSession -SSHConnection @{HostName='me@A:23'; Port=5}, @{ComputerName='b'; IdentityFilePath='k'}"
    first, second = connections(bind_line(line, context=context()))
    assert dict(first.values) == {"HostName": "a", "UserName": "me", "Port": 23}
    assert dict(second.values) == {"HostName": "b", "KeyFilePath": "k"}


def test_several_sessions_of_one_name_cannot_be_entered() -> None:
    twins = (OpenSession(1, "web"), OpenSession(2, "WEB"))
    with pytest.raises(CallError) as refused:
        bind("Enter-PSSession", ["-Name", "Web"], context=context(*twins))
    assert refused.value.error_id == "RemoteRunspaceHasMultipleMatchesForSpecifiedName" + ENTER
    assert "1, 2" in refused.value.hint


def test_enter_knows_no_wildcards_and_the_others_do() -> None:
    surroundings = context(OpenSession(1, "web1"), OpenSession(2, "web2"), OpenSession(3, "db"))
    with pytest.raises(CallError):
        bind("etsn", ["-Name", "web*"], context=surroundings)
    assert [s.id for s in bind("gsn", ["-Name", "WEB*"], context=surroundings).sessions] == [1, 2]
    assert bind("gsn", ["-Name", "x*"], context=surroundings).sessions == (), "a pattern without a match is silent"
    assert [s.id for s in bind("rsn", ["-Name", "web[2-9],db"], context=surroundings).sessions] == [2, 3]
    assert len(bind("gsn", [], context=surroundings).sessions) == 3


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("icm -HostName h -ThrottleLimit 3 { 1 }", "-HostName and -ThrottleLimit cannot be used together"),
        ("etsn -HostName h -ComputerName c", "-HostName and -ComputerName cannot be used together"),
        (
            "icm -HostName h",
            "does not say which parameter set is meant\nGiven: -HostName.\nAdd one of: -ScriptBlock, -FilePath.",
        ),
        ("gsn -State Opened", "Add one of: -ComputerName, -ConnectionUri, -ContainerId, -VMId, -VMName."),
        ("nsn 'a b'", "It is neither a host name nor an IP address."),
        ("etsn h | Out-Null", "by itself"),
        ("etsn (", "bracket"),
        ("Get-PSSession -Name x* | etsn", "Nothing comes through the pipe"),
    ],
)
def test_a_refusal_says_what_stands_against_it(line: str, said: str) -> None:
    with pytest.raises(CallError) as refused:
        bind_line(line, context=context())
    assert said in refused.value.text()


def test_what_is_found_is_taken_and_what_is_not_is_told_beside_it() -> None:
    surroundings = context(OpenSession(1, "web1"), OpenSession(2, "web2"))
    call = bind_line("Remove-PSSession -Id 1, 99, 2", context=surroundings)
    assert [session.id for session in call.sessions] == [1, 2]
    (missed,) = call.missed
    assert missed.error_id.startswith("RemoteRunspaceNotAvailableForSpecifiedSessionId,") and "99" in missed.what
    with pytest.raises(CallError):
        bind_line("Remove-PSSession -Id 98, 99", context=surroundings)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("rsn -ComputerName db", [1]),
        ("rsn *", [1, 2, 3, 4]),
        ("rsn -VMName w*", [2]),
        ("gsn -VMName win -Name x*", []),
        ("gsn -VMId 00000000-0000-0000-0000-000000000007", [3]),
        ("gsn -VMId 00000000-0000-0000-0000-000000000007 -InstanceId 00000000-0000-0000-0000-000000000003", [3]),
        ("gsn -VMId 00000000-0000-0000-0000-000000000007 -InstanceId 00000000-0000-0000-0000-000000000002", []),
        ("rsn -ContainerId api", [4]),
        ("gsn -ContainerId a*", []),
    ],
)
def test_sessions_are_found_by_where_they_are(line: str, found: list[int]) -> None:
    vm = ConnectionInfo(ParameterSet.VM_NAME, {"VMName": "win"})
    by_id = ConnectionInfo(ParameterSet.VM_ID, {"VMId": uuid.UUID(int=7)})
    container = ConnectionInfo(ParameterSet.CONTAINER_ID, {"ContainerId": "api"})
    sessions = [OpenSession(1, "one"), Placed(2, "two", vm), Placed(3, "three", by_id), Placed(4, "four", container)]
    call = bind_line(line, context=context(sessions=lambda: sessions))
    assert [session.id for session in call.sessions] == found


def test_a_computer_that_no_session_goes_to_is_told() -> None:
    suffix = ",Microsoft.PowerShell.Commands.RemovePSSessionCommand"
    assert (
        error_id("Remove-PSSession -ComputerName nowhere") == f"RemoteRunspaceNotAvailableForSpecifiedComputer{suffix}"
    )


@pytest.mark.parametrize("line", ["gsn 'a b'", "cnsn -ComputerName 'a b'", "rcsn -ComputerName 'a b' -Name x"])
def test_a_computer_that_is_to_be_asked_needs_a_name(line: str) -> None:
    assert error_id(line).startswith("PSSessionInvalidComputerName,")


def test_nothing_in_the_pipe_is_nothing_to_do() -> None:
    call = bind_line("Get-PSSession | Remove-PSSession -WhatIf", context=context(allow_what_if=True))
    assert (call.cmdlet, call.sessions) == ("Remove-PSSession", ())
    assert call.notices


def test_the_message_says_what_to_do() -> None:
    with pytest.raises(CallError) as refused:
        bind("etsn", ["-HostNam", "h", "-Porrt", "3"], context=context())
    assert "-Port" in refused.value.hint
    with pytest.raises(CallError) as refused:
        bind("etsn", ["-HostName", "DOM\\me@h"], context=context())
    assert "-UserName" in refused.value.hint
