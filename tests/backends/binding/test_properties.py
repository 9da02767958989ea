"""Whatever is given, binding ends in a call or in a CallError; and a connection's line leads back to it."""

from __future__ import annotations

import uuid

from hypothesis import given, settings
from hypothesis import strategies as st
from pstui.backends.binding.connections import connection_info, connections, what_if
from pstui.backends.binding.line import bind_line, evaluate, statements
from pstui.backends.binding.shell import bind
from pstui.backends.binding.writer import line_of, literal
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import CallError

from tests.support.sessions import OpenSession, context

CMDLETS = [
    "Enter-PSSession",
    "New-PSSession",
    "Get-PSSession",
    "Exit-PSSession",
    "Remove-PSSession",
    "Disconnect-PSSession",
    "Connect-PSSession",
    "Receive-PSSession",
    "New-PSSessionOption",
    "Invoke-Command",
]
WORDS = st.sampled_from(
    [
        "-HostName",
        "-ComputerName",
        "-Port",
        "-Port:22",
        "-UseSSL",
        "-UseSSL:$false",
        "-Session",
        "-Id",
        "-Name",
        "-InstanceId",
        "-VMId",
        "-VMName",
        "-Options",
        "-SessionOption",
        "-Credential",
        "-Authentication",
        "-ScriptBlock",
        "-KeyFilePath",
        "-ConnectionUri",
        "-SSHConnection",
        "-Verbose",
        "-Wh",
        "-OpenTimeout",
        "-Culture",
        "h",
        "99",
        "0x1F",
        "1e400",
        "1kb",
        "$null",
        "$true",
        "$s",
        "@{a=1}",
        "@{OpenTimeout='1'}",
        "(New-PSSessionOption)",
        "a,b",
        ",",
        "--",
        "-",
        "http://h:5985/x",
        "user@[::1]:22",
        "[",
        "*",
        "~",
        "C:\\x",
        "{}",
        "{",
        "(",
        ")",
        "|",
        ";",
        "`",
        "'",
        '"',
        "@x",
        ">",
        "&",
        "$",
        "$s.Id",
        "#",
    ]
)
ARGUMENTS = st.lists(WORDS | st.text(max_size=12), max_size=7)
SURROUNDINGS = context(OpenSession(1, "one"), OpenSession(2, "two"), allow_what_if=True)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(st.sampled_from(CMDLETS), ARGUMENTS)
def test_no_arguments_break_the_binder(cmdlet: str, arguments: list[str]) -> None:
    try:
        call = bind(cmdlet, arguments, context=SURROUNDINGS)
        if cmdlet in ("Enter-PSSession", "New-PSSession", "Invoke-Command"):
            for info in connections(call):
                what_if(info, call)
    except CallError as error:
        assert error.what


@given(st.sampled_from(["", "$x = ", "'a' | ", "PS C:\\> "]), st.sampled_from(CMDLETS), ARGUMENTS)
def test_no_line_breaks_the_reader(start: str, cmdlet: str, arguments: list[str]) -> None:
    try:
        bind_line(start + " ".join([cmdlet, *arguments]), context=SURROUNDINGS)
    except CallError as error:
        assert error.what


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        statements(text)
        bind_line(text, context=SURROUNDINGS)
    except CallError as error:
        assert error.what


def optional(**choices: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional=dict(choices))


ON = st.just(True)
PORT = st.integers(1, 65535)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,10}(\.[A-Za-z0-9]{1,5})?", fullmatch=True)
HOSTS = NAMES.map(str.lower) | st.sampled_from(["[::1]", "[fe80::1]", "1.2.3.4"])
PLAIN = TEXT.filter(lambda text: text[0] != "-")
PATHS = st.from_regex(r"/[A-Za-z0-9 '_.]{1,8}[a-z]", fullmatch=True)
CREDENTIALS = TEXT.map(PSCredential)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT.map(str.casefold), inner, max_size=3),
    max_leaves=6,
)
TABLES = st.dictionaries(TEXT.map(str.casefold), VALUES, min_size=1, max_size=4)
SSH_OPTIONS = st.dictionaries(
    st.sampled_from(["ProxyJump", "Port", "Compression"]),
    st.integers(0, 9) | TEXT.filter(str.isprintable) | st.booleans(),
    min_size=1,
)
MS = st.integers(60_000, 2**31 - 2)
SESSION_OPTIONS = optional(
    OpenTimeout=MS,
    IdleTimeout=MS | st.just(-1),
    SkipCACheck=ON,
    NoCompression=st.booleans(),
    MaximumReceivedObjectSize=st.none() | st.integers(0, 2**31 - 1),
    MaximumConnectionRedirectionCount=st.integers(-5, 9),
    Culture=st.sampled_from(["de-DE", ""]),
    OutputBufferingMode=st.sampled_from(["None", "Drop", "Block"]),
    ApplicationArguments=TABLES,
    ProxyAccessType=st.just("AutoDetect"),
).filter(bool)
MECHANISM = st.sampled_from(["Default", "Basic", "Kerberos"])
WSMAN = {
    "ConfigurationName": PLAIN,
    "SessionOption": SESSION_OPTIONS,
    "Authentication": MECHANISM,
    "Credential": CREDENTIALS,
    "EnableNetworkAccess": ON,
}


def target(**mandatory: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries(dict(mandatory))


def joined(first: st.SearchStrategy[dict[str, object]], second: st.SearchStrategy[dict[str, object]]) -> object:
    return st.builds(lambda one, two: {**one, **two}, first, second)


S = ParameterSet
SETS = {
    S.COMPUTER_NAME: joined(
        target(ComputerName=NAMES),
        optional(Port=PORT, UseSSL=ON, ApplicationName=TEXT, **WSMAN),
    ),
    S.SSH_HOST: joined(
        target(HostName=HOSTS),
        optional(
            UserName=PLAIN, Port=PORT, KeyFilePath=PATHS, Subsystem=PLAIN, ConnectingTimeout=PORT, Options=SSH_OPTIONS
        ),
    ),
    S.URI: joined(
        target(ConnectionUri=NAMES.map(lambda host: f"https://{host}:5986/wsman")),
        optional(AllowRedirection=ON, **WSMAN),
    ),
    S.VM_ID: joined(target(VMId=st.uuids(), Credential=CREDENTIALS), optional(ConfigurationName=PLAIN)),
    S.VM_NAME: joined(target(VMName=TEXT, Credential=CREDENTIALS), optional(ConfigurationName=PLAIN)),
    S.CONTAINER_ID: joined(target(ContainerId=TEXT), optional(RunAsAdministrator=ON)),
    S.ID: st.just({"Id": 1}),
    S.NAME: st.just({"Name": "two"}),
    S.INSTANCE_ID: st.just({"InstanceId": uuid.UUID(int=2)}),
    S.PROCESS: optional(Command=st.lists(TEXT, min_size=1, max_size=3).map(tuple)),
    S.HOST_PROCESS: target(ProcessId=PORT),
    S.DEMO: st.just({}),
}
SETTINGS = optional(width=st.integers(20, 1000), load_profile=ON)
WSMAN_SETTINGS = optional(
    width=st.integers(20, 1000),
    trusted_hosts=st.lists(TEXT, min_size=1, max_size=3).map(tuple),
    allow_unencrypted=st.booleans(),
    realms=st.dictionaries(TEXT.map(str.casefold), TEXT, min_size=1, max_size=3),
    certificate_files=st.lists(TEXT, min_size=1, max_size=3).map(tuple),
    max_envelope_size_kb=st.integers(32, 1039440),
    max_retry_time=MS,
    receive_timeout=MS,
)


def settings_for(item: S) -> st.SearchStrategy[dict[str, object]]:
    return WSMAN_SETTINGS if item in (S.COMPUTER_NAME, S.URI) else SETTINGS


CONNECTIONS = st.sampled_from(sorted(SETS, key=lambda item: item.value)).flatmap(
    lambda item: st.builds(ConnectionInfo, st.just(item), SETS[item], settings=settings_for(item))  # type: ignore[arg-type]  # as above
)
OPEN = context(OpenSession(1, "one"), OpenSession(2, "two"))


@settings(max_examples=300)
@given(CONNECTIONS)
def test_the_line_of_a_connection_binds_back_to_it(info: ConnectionInfo) -> None:
    back = connection_info(bind_line(line_of(info), context=OPEN))
    assert back.parameter_set is info.parameter_set
    assert dict(back.values) == dict(info.values)
    assert dict(back.settings) == dict(info.settings)


#: sets that New-PSSession and Invoke-Command have as well
SHARED = (S.COMPUTER_NAME, S.SSH_HOST, S.URI, S.VM_ID, S.VM_NAME, S.CONTAINER_ID)


@settings(max_examples=200)
@given(CONNECTIONS.filter(lambda info: info.parameter_set in SHARED), st.sampled_from(["nsn", "icm"]))
def test_the_other_cmdlets_lead_to_the_same_connection(info: ConnectionInfo, alias: str) -> None:
    line = line_of(info).replace("Enter-PSSession", alias, 1) + (" -ScriptBlock { 1 }" if alias == "icm" else "")
    (back,) = connections(bind_line(line, context=OPEN))
    assert (back.parameter_set, dict(back.values)) == (info.parameter_set, dict(info.values))
    assert dict(back.settings) == dict(info.settings)


@given(VALUES)
def test_a_literal_reads_back(value: object) -> None:
    assert evaluate(f"@{{k = {literal(value)}}}", OPEN) == {"k": value}


def test_a_session_itself_is_written_as_a_look_up() -> None:
    session = OPEN.sessions()[1]
    info = ConnectionInfo(S.SESSION, {"Session": session})
    back = connection_info(bind_line(line_of(info), context=OPEN))
    assert (back.parameter_set, back.values["Session"]) == (S.SESSION, session)


def test_user_and_port_stand_in_the_host_name() -> None:
    info = ConnectionInfo(S.SSH_HOST, {"HostName": "db", "UserName": "root", "Port": 22, "KeyFilePath": "/k k"})
    assert line_of(info) == "Enter-PSSession -HostName root@db:22 -KeyFilePath '/k k'"
