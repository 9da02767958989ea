"""What a user is told when a WinRM session cannot be opened: the cause, WinRM's code, and the next step."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.binding.connections import connection_info
from pstui.backends.binding.line import bind_line
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import OpenError
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.transports.wsman import errors as wsman_errors
from pstui.backends.transports.wsman import faults as wsman_faults
from pstui.backends.transports.wsman import security as wsman_safety
from pstui.backends.transports.wsman.advice import ADVICE
from pstui.backends.transports.wsman.credentials import in_realm
from pstui.backends.transports.wsman.security import AuthenticationPlan, plan_authentication
from pstui.backends.transports.wsman.target import client_culture, read_options, target_of

from tests.support.scripted_console import ScriptedConsole
from tests.support.winrm_fixture import WinRMEndpoint, WinRMOptions, running_winrm, winrm_endpoint
from tests.support.winrm_kdc import REALM, need_kdc
from tests.support.wsman_calls import call, credential, refusal, session

pytestmark = pytest.mark.lets_connections_go

__all__ = ["winrm_endpoint"]

WINRM = WinRMOptions(arguments=["--max-shells", "1", "--auth", "Negotiate,Basic"], https=True)


def uri(endpoint: WinRMEndpoint, address: str, **values: Any) -> ConnectionInfo:
    given = {"ConnectionUri": address, "Credential": credential(), **values}
    return ConnectionInfo(ParameterSet.URI, given, settings={"trusted_hosts": ["localhost"]})


@pytest.mark.parametrize(
    "line",
    [
        "etsn .",
        "etsn localhost",
        "etsn 127.0.0.1 -EnableNetworkAccess",
        "etsn ::1",
        "etsn localhost -EnableNetworkAccess",
        "etsn 127.1.2.3 -Authentication Basic",
        "etsn -ConnectionUri http://localhost/wsman",
    ],
)
async def test_this_computer_without_a_service_is_entered_without_one(line: str) -> None:
    info = connection_info(bind_line(f"{line} -Port 1" if "Uri" not in line else line.replace("/wsman", ":1/wsman")))
    with pytest.raises(OpenError) as refused:
        await SessionManager().create(info, ScriptedConsole()).open()
    assert "of this computer" in refused.value.what
    assert refused.value.hint.startswith("Enter-PSSession without a computer enters the PowerShell of this computer")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        # Trusted, so that the look-up is what fails first also where there is no Kerberos.
        (
            {"ComputerName": "no-such-host.invalid", "settings": {"trusted_hosts": ["*.invalid"]}},
            ["name is not known", "-2144108103 (ComputerNotFound)"],
        ),
        ({"Port": 1}, ["nothing answers on port 1", "-2144108526 (CannotConnect)", "Enable-PSRemoting"]),
        ({"UseSSL": True}, ["does not speak HTTPS", "12175", "5986"]),
        ({"ApplicationName": "other"}, ["no WinRM service at /other", "-2144108269 (URLNotAvailable)", "URLPrefix"]),
        ({"ConfigurationName": "Nope"}, ["no session configuration Nope", "-2144108485 (InvalidResourceUri)"]),
        ({"ComputerName": "a b"}, ["cannot be the name of a computer", "UriFormatException"]),
        ({"Authentication": "Basic"}, ["Basic authentication over http is refused", "allow_unencrypted"]),
        ({"Authentication": "Digest"}, ["Digest authentication over http is refused"]),
        ({"SessionOption": {"NoEncryption": True}}, ["without encryption over http is refused"]),
        ({"SessionOption": {"UseUTF16": True}}, ["UseUTF16 is not supported", "UTF-8"]),
        ({"SessionOption": {"ProxyAccessType": "AutoDetect"}}, ["AutoDetect is not supported", "WPAD"]),
        ({"EnableNetworkAccess": True}, ["EnableNetworkAccess is not supported", "Credssp"]),
    ],
)
async def test_a_wrong_call_says_what_is_wrong(
    winrm_endpoint: WinRMEndpoint, values: dict[str, Any], told: list[str]
) -> None:
    text = await refusal(call(winrm_endpoint, **{"SessionOption": {"MaxConnectionRetryCount": 0}, **values}))
    assert not re.search(r"Errno|_ssl\.c|0x[0-9a-f]{6}", text)
    assert [part for part in told if part not in text] == []


async def test_http_at_the_https_port_is_told(winrm_endpoint: WinRMEndpoint) -> None:
    text = await refusal(call(winrm_endpoint, Port=winrm_endpoint.https_port))
    assert "-UseSSL" in text


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (5, ["access is denied", "5 (AccessDenied)", "Remote Management Users", "LocalAccountTokenFilterPolicy"]),
        (2150859173, ["quota", "-2144108123", "MaxShellsPerUser"]),
        (2150859250, ["idle timeout", "-2144108046"]),
        (2150859180, ["remote shells", "-2144108116 (RemoteSessionDisallowed)"]),
        (2150858825, ["smaller messages", "max_envelope_size_kb"]),
        (1115, ["shutting down", "1115 (ShutDownInProgress)"]),
        (2150859999, ["could not be opened", "-2144107297", "A fault on demand."]),
    ],
)
async def test_each_fault_has_its_code_and_advice(winrm_endpoint: WinRMEndpoint, code: int, told: list[str]) -> None:
    winrm_endpoint.rule("fault", verb="Create", code=code)
    text = await refusal(call(winrm_endpoint))
    assert [part for part in told if part not in text] == []


async def test_the_quota_of_a_real_table_is_met(winrm_endpoint: WinRMEndpoint) -> None:
    async with session(call(winrm_endpoint)):
        assert "quota" in await refusal(call(winrm_endpoint))


async def test_new_pssession_names_the_failure_first() -> None:
    failure = wsman_errors.WSManOpenError("x", "", "", code=5)
    assert failure.open_failed_id == "AccessDenied,PSSessionOpenFailed"
    assert failure.error_id == "CreateRemoteRunspaceFailed"
    assert wsman_errors.WSManOpenError("x", "", "", code=77).open_failed_id == "77,PSSessionOpenFailed"
    assert wsman_errors.WSManOpenError("x", "", "", code=0).open_failed_id == "PSSessionOpenFailed"


async def test_redirects_are_followed_only_when_allowed_and_only_so_often(winrm_endpoint: WinRMEndpoint) -> None:
    address, other = (
        winrm_endpoint.url.replace("127.0.0.1", "localhost"),
        f"http://localhost:{winrm_endpoint.port}/wsman",
    )
    winrm_endpoint.rule("redirect", verb="", location=other, times=1)
    text = await refusal(uri(winrm_endpoint, address))
    assert "it redirects the connection" in text
    assert "-2144108135" in text
    assert "-AllowRedirection" in text
    console = ScriptedConsole()
    winrm_endpoint.clear()
    winrm_endpoint.rule("redirect", verb="", location=other, times=2)
    async with session(uri(winrm_endpoint, address, AllowRedirection=True), console):
        assert sum("redirects the connection to" in line for line in console.shown()) == 2
    winrm_endpoint.clear()
    winrm_endpoint.rule("redirect", verb="", location=other, times=0)
    option = {"MaximumConnectionRedirectionCount": 3}
    before = len(winrm_endpoint.wire("in").split(b"POST ")) - 1
    text = await refusal(uri(winrm_endpoint, address, AllowRedirection=True, SessionOption=option))
    assert "is redirected too often" in text
    assert "3 redirects were followed" in text
    assert "-2144108135 (RedirectRequested)" in text
    assert len(winrm_endpoint.wire("in").split(b"POST ")) - 1 - before == 4


async def test_a_redirect_from_https_to_http_is_never_followed(
    winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(winrm_endpoint.authority.certificate))
    winrm_endpoint.rule("redirect", verb="", location=f"http://localhost:{winrm_endpoint.port}/wsman")
    text = await refusal(uri(winrm_endpoint, winrm_endpoint.https_url, AllowRedirection=True))
    assert "from https to http is not followed" in text


async def test_clocks_apart_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_kdc()
    with running_winrm(tmp_path, WinRMOptions(kerberos=["localhost"], kdc_shift="+1h")) as endpoint:
        assert endpoint.kdc is not None
        for name, value in endpoint.kdc.client.items():
            monkeypatch.setenv(name, value)
        values: dict[str, Any] = {"Authentication": "Kerberos", "Credential": credential(f"alice@{REALM}")}
        text = await refusal(call(endpoint, **values))
    assert "clocks of the two computers differ" in text
    assert "1398" in text


def info_of(settings: dict[str, Any] | None = None, **values: Any) -> ConnectionInfo:
    which = ParameterSet.URI if "ConnectionUri" in values else ParameterSet.COMPUTER_NAME
    return ConnectionInfo(which, values, settings=settings or {})


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ({"ComputerName": "Server01"}, "http://Server01:5985/wsman?PSVersion=7.6"),
        ({"ComputerName": "."}, "http://localhost:5985/wsman?PSVersion=7.6"),
        ({"ComputerName": "s", "UseSSL": True}, "https://s:5986/wsman?PSVersion=7.6"),
        ({"ComputerName": "s", "Port": 80, "ApplicationName": "x/y"}, "http://s:80/x/y?PSVersion=7.6"),
        ({"ComputerName": "fe80::1"}, "http://[fe80::1]:5985/wsman?PSVersion=7.6"),
        ({"ConnectionUri": "http://s"}, "http://s:80/wsman?PSVersion=7.6"),
        ({"ConnectionUri": "https://s/"}, "https://s:443/wsman?PSVersion=7.6"),
        ({"ConnectionUri": "https://s:5986/p/?a=b"}, "https://s:5986/p?a=b;PSVersion=7.6"),
    ],
)
def test_the_address_follows_from_the_parameters(values: dict[str, Any], url: str) -> None:
    assert target_of(info_of(**values)).url == url


@pytest.mark.parametrize(
    ("name", "shell"),
    [
        ("", "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"),
        ("Jea", "http://schemas.microsoft.com/powershell/Jea"),
        ("HTTP://Schemas.microsoft.com/PowerShell/x", "HTTP://Schemas.microsoft.com/PowerShell/x"),
    ],
)
def test_a_configuration_name_gets_its_prefix(name: str, shell: str) -> None:
    assert target_of(info_of(ComputerName="s", ConfigurationName=name)).shell_uri == shell


@pytest.mark.parametrize("address", ["ftp://s", "s", "http://", "http://user:pw@s", "http://a b/", "http://s:99999"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(OpenError):
        target_of(info_of(ConnectionUri=address))


def plan(settings: dict[str, Any] | None = None, **values: Any) -> AuthenticationPlan:
    info = info_of(settings, **values)
    target = target_of(info)
    return plan_authentication(info, target, read_options(info, target.is_loopback), wsman_safety.trusted_hosts(info))


_ALICE = PSCredential("alice", Secret("x"))


@pytest.mark.parametrize(
    ("values", "trusted", "scheme"),
    [
        ({"ComputerName": "s"}, [], "kerberos"),
        ({"ComputerName": "s", "Credential": _ALICE}, [], "kerberos"),
        ({"ComputerName": "s", "Credential": _ALICE}, ["s"], "negotiate"),
        ({"ComputerName": "s.corp.com", "Credential": _ALICE}, ["*.corp.com"], "negotiate"),
        ({"ComputerName": "s", "Credential": _ALICE}, ["<local>"], "negotiate"),
        ({"ComputerName": "s.corp.com", "Credential": _ALICE}, ["<local>", "s"], "kerberos"),
        ({"ComputerName": "s", "UseSSL": True, "Credential": _ALICE}, [], "negotiate"),
        ({"ComputerName": "10.0.0.1", "UseSSL": True, "Credential": _ALICE}, [], "ntlm"),
        ({"ComputerName": "10.0.0.1", "Credential": _ALICE}, ["10.0.*"], "ntlm"),
        ({"ComputerName": "10.0.0.1", "Credential": _ALICE}, [], ""),
        ({"ComputerName": "10.0.0.1", "Credential": _ALICE}, ["<local>"], ""),
        ({"ComputerName": "10.0.0.1", "Credential": _ALICE, "Authentication": "Kerberos"}, ["*"], ""),
        ({"ComputerName": "s", "CertificateThumbprint": "x"}, ["*"], ""),
        ({"ComputerName": "s", "UseSSL": True, "CertificateThumbprint": "x"}, [], "certificate"),
    ],
)
def test_ntlm_goes_only_to_who_is_proved_or_trusted(
    values: dict[str, Any], trusted: list[str], scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wsman_safety, "kerberos_missing", lambda: "")
    if scheme:
        made = plan({"trusted_hosts": trusted}, **values)
        assert made.scheme == scheme
        assert made.is_private
    else:
        with pytest.raises(OpenError):
            plan({"trusted_hosts": trusted}, **values)


def test_missing_extras_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for values, extra in [
        ({"Authentication": "Kerberos"}, "pstui-remoting[kerberos]"),
        ({"Authentication": "Credssp"}, "pstui-remoting[credssp]"),
        ({}, "pstui-remoting[kerberos]"),
    ]:
        with pytest.raises(OpenError) as told:
            plan(None, ComputerName="s", Credential=_ALICE, **values)
        assert extra in told.value.text()


@pytest.mark.parametrize(
    ("name", "kerberos"),
    [
        ("CONTOSO\\ada", "ada@CONTOSO.COM"),
        ("contoso.com\\ada", "ada@CONTOSO.COM"),
        ("HOST\\ada", "HOST\\ada"),
        (".\\ada", ".\\ada"),
        ("ada@x.y", "ada@x.y"),
        ("ada", "ada"),
    ],
)
def test_names_of_users_as_they_are_written(name: str, kerberos: str) -> None:
    realms = {"Contoso": "contoso.com"}
    assert in_realm(name, realms, AuthenticationPlan("kerberos", sealed=True)) == kerberos
    assert in_realm(name, realms, AuthenticationPlan("basic", sealed=False)) == name


def test_cultures_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LC_NUMERIC"):
        monkeypatch.delenv(name, raising=False)
    assert client_culture("LC_ALL", "LC_MESSAGES", "LANG") == "en-US"
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert read_options(info_of(ComputerName="s"), False).ui_culture == "de-DE"
    monkeypatch.setenv("LC_MESSAGES", "C")
    assert read_options(info_of(ComputerName="s"), False).ui_culture == "en-US"
    monkeypatch.setenv("LC_ALL", "fr_CA@euro")
    made = read_options(info_of(ComputerName="s", SessionOption={"Culture": "it-IT"}), False)
    assert (made.ui_culture, made.culture) == ("fr-CA", "it-IT")


def test_session_options_become_settings() -> None:
    option = {"OpenTimeout": 0, "CancelTimeout": 500, "IdleTimeout": 60_000, "MaximumReceivedObjectSize": None}
    made = read_options(info_of(ComputerName="s", SessionOption=option, EnableNetworkAccess=True), False)
    assert (made.open_timeout, made.cancel_timeout, made.idle_timeout) == (None, 0.5, 60.0)
    assert (made.max_object, made.redirects, made.operation_timeout) == (None, 0, 180.0)
    assert "EnableNetworkAccess is ignored" in made.notes[0]
    for name, wrong in {"IdleTimeout": 59_999, "ProxyCredential": _ALICE}.items():
        with pytest.raises(OpenError):
            read_options(info_of(ComputerName="s", SessionOption={name: wrong}), False)


async def test_session_options_reach_the_service(winrm_endpoint: WinRMEndpoint) -> None:
    option = {
        "NoMachineProfile": True,
        "Culture": "fi-FI",
        "UICulture": "sv-SE",
        "IdleTimeout": 120_000,
        "OutputBufferingMode": "Drop",
        "OpenTimeout": 30_000,
        "ApplicationArguments": {"ticket": "INC-1"},
    }
    async with session(call(winrm_endpoint, SessionOption=option)) as opened:
        asked = winrm_endpoint.requests("Create")[-1]
        assert (asked["locale"], asked["data_locale"]) == ("sv-SE", "fi-FI")
        assert asked["timeout"] == 30.0
        assert asked["options"]["WINRS_NOPROFILE"] == "1"
        assert "PT120.000S" in asked["body"]
        assert ">Drop<" in asked["body"]
        assert f'ShellId="{str(opened.instance_id).upper()}"' in asked["body"]


def test_every_named_code_is_described_with_its_name() -> None:
    for code, name in wsman_faults.NAMES.items():
        assert wsman_faults.describe(code) == f"{code} ({name})"
        assert wsman_faults.signed(code % 2**32 if code < 0 else code) == code
    assert all(isinstance(code, str) or code < 2**31 for code in ADVICE)
