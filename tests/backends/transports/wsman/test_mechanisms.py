"""Every way of proving who one is, against the WinRM test endpoint: a session, a command, a question, a refusal."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.console import QuestionKind
from pstui.backends.credentials import PSCredential
from pstui.backends.doctor.checks import Sign
from pstui.backends.doctor.examination import examine
from pstui.backends.errors import OpenCancelled, OpenError
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.transports.wsman import authorities
from pstui.backends.transports.wsman.errors import ErrorContext, open_error
from pstui.backends.transports.wsman.faults import AuthenticationFailure, failure_of
from pstui.backends.transports.wsman.security import find_certificate
from pstui.backends.transports.wsman.target import Target

from tests.support.parts import missing
from tests.support.scripted_console import ScriptedConsole
from tests.support.winrm_fixture import PASSWORD, USER, WinRMEndpoint, WinRMOptions, running_winrm, winrm_endpoint
from tests.support.winrm_kdc import REALM, need_kdc
from tests.support.winrm_tls import Authority, thumbprint
from tests.support.wsman_calls import answering, call, credential, refusal, session

__all__ = ["winrm_endpoint"]

SCHEMES = ["Negotiate", "Kerberos", "Basic", "Digest", "CredSSP", "Certificate"]
WINRM = WinRMOptions(
    arguments=["--auth", ",".join(SCHEMES), "--allow-unencrypted"],
    https=True,
    kerberos=["localhost"],
)
_SECRET_LINE = "said in confidence"
_READABLE = {"allow_unencrypted": True}


@pytest.fixture(autouse=True)
def a_new_run(winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The endpoint's authority is trusted, and its KDC is this process's."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(winrm_endpoint.authority.certificate))
    need_kdc()
    assert winrm_endpoint.kdc is not None
    for name, value in winrm_endpoint.kdc.client.items():
        monkeypatch.setenv(name, value)
    yield
    winrm_endpoint.kdc.kdestroy()


#: name, whether over HTTPS, what the call gives, whether messages must be sealed on the wire
WAYS: list[tuple[str, bool, dict[str, Any], bool]] = [
    ("default, NTLM", False, {"Credential": credential("PSTUI\\alice")}, True),
    ("negotiate", False, {"Authentication": "Negotiate"}, True),
    ("negotiate over https", True, {"Authentication": "Negotiate"}, False),
    ("kerberos", False, {"Authentication": "Kerberos", "Credential": credential(f"{USER}@{REALM}")}, True),
    ("kerberos over https", True, {"Authentication": "Kerberos", "Credential": credential(f"{USER}@{REALM}")}, False),
    ("basic over https", True, {"Authentication": "Basic"}, False),
    ("basic, allowed", False, {"Authentication": "Basic", "settings": _READABLE}, False),
    ("digest over https", True, {"Authentication": "Digest"}, False),
    ("credssp", False, {"Authentication": "Credssp"}, True),
    ("credssp over https", True, {"Authentication": "Credssp"}, False),
]


def needs(values: dict[str, Any]) -> None:
    if values.get("Authentication") == "Credssp" and importlib.util.find_spec("requests_credssp") is None:
        missing("credssp", "the Python package requests-credssp is not installed here")


@pytest.mark.parametrize(("name", "ssl", "values", "sealed"), WAYS, ids=[one[0] for one in WAYS])
async def test_a_session_runs_commands_and_asks(
    winrm_endpoint: WinRMEndpoint, name: str, ssl: bool, values: dict[str, Any], sealed: bool
) -> None:
    needs(values)
    seen, console = len(winrm_endpoint.wire()), ScriptedConsole()
    async with session(call(winrm_endpoint, ssl=ssl, **values), console) as opened:
        await opened.invoke_script(f"'{_SECRET_LINE}'", console)
        task = asyncio.create_task(answering(console, "Ada"))
        await opened.invoke_script("'Hello ' + (Read-Host 'Name')", console)
        await task
    assert console.shown() == [_SECRET_LINE, "Name: Ada", "Hello Ada"]
    wire = winrm_endpoint.wire()[seen:]
    assert PASSWORD.encode() not in wire
    created = winrm_endpoint.requests("Create")[-1]
    assert created["sealed"] is sealed
    # What is noted of HTTPS is what TLS carries.
    assert (b"Envelope" in wire) is not sealed


@pytest.mark.parametrize(("name", "ssl", "values", "sealed"), WAYS, ids=[one[0] for one in WAYS])
async def test_a_wrong_password_is_refused_and_tried_once(
    winrm_endpoint: WinRMEndpoint, name: str, ssl: bool, values: dict[str, Any], sealed: bool
) -> None:
    needs(values)
    given = values.get("Credential", credential())
    wrong = {**values, "Credential": credential(given.user_name, "wrong")}
    manager = SessionManager()
    told = await refusal(call(winrm_endpoint, ssl=ssl, **wrong), manager=manager)
    assert "WinRM code 5 (AccessDenied)" in told or "WinRM code 1326 (LogonFailure)" in told
    assert "wrong" not in told.replace("is wrong", "")
    before = len(winrm_endpoint.requests())
    again = await asyncio.gather(*(refusal(call(winrm_endpoint, ssl=ssl, **wrong), manager=manager) for _ in range(3)))
    assert all("refused before" in one for one in again)
    assert len(winrm_endpoint.requests()) == before


async def test_ten_sessions_with_one_wrong_password_cost_one_attempt(winrm_endpoint: WinRMEndpoint) -> None:
    wrong = {"Authentication": "Basic", "Credential": credential("bob", "wrong")}
    before = winrm_endpoint.wire("in").count(b"Authorization: Basic")
    manager, info = SessionManager(), call(winrm_endpoint, ssl=True, **wrong)
    told = await asyncio.gather(*(refusal(info, manager=manager) for _ in range(10)))
    assert sum("refused before" in one for one in told) == 9
    assert winrm_endpoint.wire("in").count(b"Authorization: Basic") - before == 1


async def test_a_client_certificate_is_found_by_its_thumbprint(winrm_endpoint: WinRMEndpoint) -> None:
    certificate, key = winrm_endpoint.authority.client(USER)
    both = certificate.with_name("both.pem")
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    values: dict[str, Any] = {"Credential": None, "CertificateThumbprint": thumbprint(both).lower()}
    console = ScriptedConsole()
    settings = {"certificate_files": [str(both)]}
    async with session(call(winrm_endpoint, ssl=True, settings=settings, **values), console) as opened:
        await opened.invoke_script("'in'", console)
    assert console.shown() == ["in"]
    winrm_endpoint.control("gate", schemes=["Negotiate"])
    told = await refusal(call(winrm_endpoint, ssl=True, settings=settings, **values))
    winrm_endpoint.control("gate", schemes=SCHEMES)
    assert "the certificate was refused" in told and "ClientCertificate" in told and "password" not in told
    told = await refusal(call(winrm_endpoint, ssl=True, settings={"certificate_files": []}, **values))
    assert "no certificate with the thumbprint" in told
    assert "certificate_files" in told
    assert "needs https" in await refusal(call(winrm_endpoint, **values))


async def test_the_current_user_is_proved_by_a_ticket(winrm_endpoint: WinRMEndpoint) -> None:
    assert winrm_endpoint.kdc is not None
    winrm_endpoint.kdc.kinit("bob", winrm_endpoint.people["bob"])
    for mechanism in ("Default", "NegotiateWithImplicitCredential"):
        console = ScriptedConsole()
        async with session(call(winrm_endpoint, Credential=None, Authentication=mechanism), console):
            assert winrm_endpoint.requests("Create")[-1]["user"] == f"bob@{REALM}"
        assert not console.questions


async def test_without_a_ticket_the_credential_is_asked_in_the_pane(winrm_endpoint: WinRMEndpoint) -> None:
    console = ScriptedConsole()
    task = asyncio.create_task(answering(console, USER, PASSWORD))
    async with session(call(winrm_endpoint, Credential=None), console):
        await task
    assert [one.kind for one in console.questions] == [QuestionKind.LINE, QuestionKind.SECRET]
    assert not any(one.remote for one in console.questions)
    assert PASSWORD not in "\n".join(console.shown())
    told = await refusal(call(winrm_endpoint, Credential=None, Authentication="NegotiateWithImplicitCredential"))
    assert "no Kerberos ticket" in told


async def test_a_person_who_does_not_answer_ends_it_quietly(winrm_endpoint: WinRMEndpoint) -> None:
    console = ScriptedConsole()

    async def refuse() -> None:
        while console.asked is None:
            await console.changed.wait()
        from pstui.backends.console import QuestionCancelled

        console.asked.set_exception(QuestionCancelled("no"))

    task = asyncio.create_task(refuse())
    with pytest.raises(OpenCancelled):
        async with session(call(winrm_endpoint, Credential=credential(password=None)), console):
            pass
    await task


async def test_a_domain_is_taken_for_its_realm(winrm_endpoint: WinRMEndpoint) -> None:
    settings = {"realms": {"pstui": REALM}, "trusted_hosts": []}
    values: dict[str, Any] = {"Credential": credential(f"PSTUI\\{USER}"), "Authentication": "Kerberos"}
    async with session(call(winrm_endpoint, settings=settings, **values)):
        assert winrm_endpoint.requests("Create")[-1]["user"] == f"{USER}@{REALM}"


async def test_to_a_host_that_is_not_trusted_no_ntlm_is_sent(winrm_endpoint: WinRMEndpoint) -> None:
    settings: dict[str, Any] = {"trusted_hosts": []}
    async with session(call(winrm_endpoint, settings=settings, Credential=credential(f"{USER}@{REALM}"))):
        pass
    seen = len(winrm_endpoint.wire("in"))
    with pytest.raises(OpenError):
        async with session(call(winrm_endpoint, settings=settings, Credential=credential("nobody", "x"))):
            pass
    assert b"TlRMTVNTU" not in winrm_endpoint.wire("in")[seen:]  # "NTLMSSP" in base64


@pytest.mark.parametrize(("user", "told"), [("eve", "the password has expired"), ("nobody", "Kerberos")])
async def test_what_the_kdc_says_is_told(winrm_endpoint: WinRMEndpoint, user: str, told: str) -> None:
    values: dict[str, Any] = {"Authentication": "Kerberos", "Credential": credential(f"{user}@{REALM}", "expired")}
    assert told in await refusal(call(winrm_endpoint, **values))


async def test_the_name_in_a_certificate_is_checked_apart_from_its_authority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_winrm(tmp_path, WinRMOptions(https=True, certified=["another.test"])) as endpoint:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(endpoint.authority.certificate))
        for skip in ({}, {"SkipCACheck": True}):
            assert "certificate is for another name" in await refusal(
                call(endpoint, ssl=True, SessionOption=skip, Authentication="Basic")
            )
        for skip in ({"SkipCNCheck": True}, {"SkipCNCheck": True, "SkipCACheck": True}):
            async with session(call(endpoint, ssl=True, SessionOption=skip, Authentication="Basic")):
                pass
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        assert "not trusted" in await refusal(call(endpoint, ssl=True, SessionOption={"SkipCNCheck": True}))


async def test_an_unknown_authority_is_refused_unless_it_is_skipped(
    winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.setenv("CURL_CA_BUNDLE", str(Authority(tmp_path).certificate))
    told = await refusal(call(winrm_endpoint, ssl=True))
    assert "certificate is not trusted" in told
    assert "WinRM code 12175" in told
    assert "which CURL_CA_BUNDLE names" in told
    async with session(call(winrm_endpoint, ssl=True, SessionOption={"SkipCACheck": True})):
        pass


@pytest.mark.parametrize("given", [None, credential(password=None)], ids=["nothing", "a name"])
async def test_a_certificate_that_is_not_trusted_is_told_before_a_password_is_asked_for(
    winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch, given: PSCredential | None
) -> None:
    info, console, manager = call(winrm_endpoint, ssl=True, Credential=given), ScriptedConsole(), SessionManager()
    answers = [USER, PASSWORD] if given is None else [PASSWORD]
    asking = asyncio.create_task(answering(console, *answers))
    async with session(info, console):
        await asking
    assert len(console.questions) == len(answers)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    console.questions.clear()
    assert "certificate is not trusted" in await refusal(info, console)
    # so does who asks for the password of a profile
    with pytest.raises(OpenError, match="certificate is not trusted"):
        await manager.check(info, console)
    assert not console.questions


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
async def test_authorities_that_the_system_trusts_are_trusted(
    winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for other in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, str(winrm_endpoint.authority.certificate))
    authorities.has_authorities.cache_clear()
    async with session(call(winrm_endpoint, ssl=True)):
        pass
    authorities.has_authorities.cache_clear()
    # What examines a target must say the same.
    context = authorities.checking_context()
    _, writer = await asyncio.open_connection("localhost", winrm_endpoint.https_port, ssl=context)
    writer.close()
    await writer.wait_closed()


async def test_what_is_wrong_with_a_certificate_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"certificate_expired": True}, "its certificate has expired", "Have it renewed"),
        ({"certified": ["another.test"]}, "its certificate is for another name", "Use the name that is in it"),
    ]
    for number, (options, told, hint) in enumerate(cases):
        with running_winrm(tmp_path / str(number), WinRMOptions(https=True, **options)) as endpoint:
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(endpoint.authority.certificate))
            text = await refusal(call(endpoint, ssl=True))
            assert told in text
            assert hint in text
            assert "12175" in text


async def test_a_credential_without_a_name_is_asked_for_whole(winrm_endpoint: WinRMEndpoint) -> None:
    console = ScriptedConsole()
    answers = asyncio.create_task(answering(console, USER, PASSWORD))
    async with session(call(winrm_endpoint, Credential=PSCredential("")), console) as opened:
        await opened.invoke_script("1", console)
    await answers
    assert [question.kind for question in console.questions] == [QuestionKind.LINE, QuestionKind.SECRET]


@pytest.mark.parametrize("mechanism", ["Basic", "Digest", "Credssp", "Negotiate"])
async def test_a_way_that_is_not_offered_is_told_and_costs_no_password(
    winrm_endpoint: WinRMEndpoint, mechanism: str
) -> None:
    needs({"Authentication": mechanism})
    every = ("Negotiate", "Kerberos", "Basic", "Digest", "CredSSP")
    offered = [one for one in every if one.casefold() != mechanism.casefold()]
    if mechanism == "Negotiate":
        offered.remove("Kerberos")
    winrm_endpoint.control("gate", schemes=offered)
    try:
        told = await refusal(call(winrm_endpoint, ssl=True, Authentication=mechanism))
    finally:
        winrm_endpoint.control("gate", schemes=SCHEMES)
    assert f"does not offer {mechanism.casefold()} authentication" in told
    assert f"It offers {', '.join(offered)}." in told
    assert "nonce" not in told
    # The password was not judged, so that it can be used another way.
    async with session(call(winrm_endpoint, ssl=True, Authentication=mechanism)):
        pass


@pytest.mark.parametrize(
    ("status", "told", "code"),
    [
        (0xC0000071, "the password has expired", "1330"),
        (0xC0000224, "must be changed before the first logon", "1907"),
        (0xC0000234, "locked or disabled", "1909"),
        (0xC0000072, "locked or disabled", "1909"),
        (0xC000006D, "the user name or the password is wrong", "1326"),
        (0x8009030C, "the user name or the password is wrong", "1326"),
        (0xC0000123, "NTSTATUS 0xc0000123", "5 (AccessDenied)"),
    ],
)
def test_what_credssp_says_of_a_logon_is_told(status: int, told: str, code: str) -> None:
    """CredSSP brings the service's own status; other mechanisms over NTLM get a bare 401."""
    from spnego.exceptions import NativeError, SpnegoError

    native = NativeError("Received NTStatus in TSRequest from acceptor", winerror=status)
    error = SpnegoError(base_error=native, context_msg="Public key exchange")
    failure = failure_of(error, sent=True)
    assert isinstance(failure, AuthenticationFailure)
    assert failure.secret_sent
    text = open_error(failure, ErrorContext(Target(False, "server", 5985, "wsman", ""), "alice", "credssp")).text()
    assert told in text
    assert f"WinRM code {code}" in text


async def test_a_bare_refusal_names_what_it_may_mean(winrm_endpoint: WinRMEndpoint) -> None:
    winrm_endpoint.control("gate", expired=[USER])
    try:
        told = await refusal(call(winrm_endpoint, Authentication="Negotiate"))
    finally:
        winrm_endpoint.control("gate", expired=[])
    for part in ("the logon of alice was refused", "wrong", "has expired", "must be changed", "5 (AccessDenied)"):
        assert part in told
    assert "nonce" not in told


@pytest.mark.parametrize(
    ("name", "key_name"),
    [
        ("web.pem", "web.key"),
        ("web.crt.pem", "web.key.pem"),
        ("cert.pem", "key.pem"),
        ("web.crt", "web-key.crt"),
        ("web.pem", "elsewhere.pem"),
    ],
)
def test_the_key_of_a_certificate_is_found(tmp_path: Path, name: str, key_name: str) -> None:
    authority = Authority(tmp_path / "authority")
    certificate, key = authority.client(USER)
    _, foreign = authority.client("bob")
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / name).write_bytes(certificate.read_bytes())
    (folder / key_name).write_bytes(key.read_bytes())
    (folder / "aaa.pem").write_bytes(foreign.read_bytes())
    wanted = thumbprint(certificate)
    assert find_certificate(wanted, [str(folder)]) == (folder / name, folder / key_name, False)
    (folder / key_name).unlink()
    with pytest.raises(OpenError, match="has no private key"):
        find_certificate(wanted, [str(folder), str(tmp_path / "nowhere")])


async def test_a_key_under_a_passphrase_is_opened_with_the_right_one(winrm_endpoint: WinRMEndpoint) -> None:
    certificate, key = winrm_endpoint.authority.client(USER, password="open sesame")
    values: dict[str, Any] = {"Credential": None, "CertificateThumbprint": thumbprint(certificate)}
    settings = {"certificate_files": [str(certificate), str(key)]}
    console = ScriptedConsole()
    info = call(winrm_endpoint, ssl=True, settings=settings, **values)
    answers = asyncio.create_task(answering(console, "open sesame"))
    async with session(info, console) as opened:
        await opened.invoke_script("'in'", console)
    await answers
    assert console.shown()[-1] == "in"
    assert (console.questions[0].kind, console.questions[0].remote) == (QuestionKind.SECRET, False)
    answers = asyncio.create_task(answering(console, "wrong"))
    told = await refusal(info, console)
    await answers
    assert "the passphrase does not open the key" in told
    assert "wrong" not in told


@pytest.mark.parametrize(("name", "ssl", "values", "sealed"), WAYS, ids=[way[0] for way in WAYS])
async def test_no_mechanism_leaves_a_secret_in_a_log_or_a_description(
    winrm_endpoint: WinRMEndpoint,
    caplog: pytest.LogCaptureFixture,
    name: str,
    ssl: bool,
    values: dict[str, Any],
    sealed: bool,
) -> None:
    needs(values)
    caplog.set_level(logging.DEBUG)
    console = ScriptedConsole()
    info = call(winrm_endpoint, ssl=ssl, **values)
    async with session(info, console) as opened:
        await opened.invoke_script(f"'{_SECRET_LINE}'", console)
        way = opened.pool.transport._client.endpoint  # type: ignore[union-attr]  # it is WSMan's
        described = f"{info!r} {opened!r} {way!r} {way.error_context!r} {way.options!r}"
    assert console.shown() == [_SECRET_LINE]
    logged = "\n".join(f"{record.getMessage()} {record.args!r}" for record in caplog.records)
    encoded = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    for secret in (PASSWORD, encoded, _SECRET_LINE, "<s:Envelope"):
        assert secret not in logged
        assert secret not in described
    assert "Authorization" not in logged


@pytest.mark.parametrize("trusts, password, step", [(True, "not it", "authentication"), (False, PASSWORD, "TLS")])
async def test_the_doctor_names_the_step_that_failed_though_the_first_message_brought_it(
    winrm_endpoint: WinRMEndpoint,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    trusts: bool,
    password: str,
    step: str,
) -> None:
    authority = winrm_endpoint.authority if trusts else Authority(tmp_path / "another")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.certificate))
    info = call(winrm_endpoint, ssl=True, Authentication="Credssp", Credential=credential(USER, password))
    found = await examine(SessionManager(), info, ScriptedConsole())
    assert found.checks[-1].name == step and found.checks[-1].sign is Sign.BAD
    assert "session" not in [check.name for check in found.checks]
