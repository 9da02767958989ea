"""What goes wrong at the WinRM endpoint on demand, seen by pypsrp's client: every fault reaches the client as asked."""

from __future__ import annotations

import threading
import time
from typing import Any
from xml.etree import ElementTree

import pytest
import requests
from pypsrp.exceptions import AuthenticationError, WinRMTransportError, WSManFaultError
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import NAMESPACES, SelectorSet, WSMan, WSManAction

from tests.support.winrm_fixture import PASSWORD, USER, WinRMEndpoint, WinRMOptions, running_winrm, winrm_endpoint
from tests.support.winrm_soap import INTERNAL_ERROR, INVALID_HEADER

pytestmark = pytest.mark.lets_connections_go

__all__ = ["winrm_endpoint"]

#: how requests tells that a connection ended, before the answer and in it
BROKEN = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)

WINRM = WinRMOptions(arguments=["--scale", "0.1"])


def client(endpoint: WinRMEndpoint, **values: Any) -> WSMan:
    base = {"port": endpoint.port, "ssl": False, "username": USER, "password": PASSWORD, "auth": "ntlm"}
    return WSMan(endpoint.host, **{**base, **values})


def begun(pool: RunspacePool, script: str) -> PowerShell:
    shell = PowerShell(pool)
    shell.add_script(script)
    shell.begin_invoke()
    return shell


def receive_envelope(wsman: WSMan, pool: RunspacePool, shell: PowerShell, extra: str = "") -> bytes:
    """Return the bytes of a Receive, for tests that send the same ones twice."""
    rsp = NAMESPACES["rsp"]
    sent: list[bytes] = []
    real = wsman.transport.send
    wsman.transport.send = lambda message, **_: sent.append(message) or b"<x/>"  # type: ignore[method-assign]  # nothing is sent
    try:
        assert pool.shell.id and shell._command_id
        selectors = SelectorSet()
        selectors.add_option("ShellId", pool.shell.id)
        stream = ElementTree.Element(f"{{{rsp}}}Receive")
        desired = ElementTree.SubElement(stream, f"{{{rsp}}}DesiredStream", CommandId=shell._command_id)
        desired.text = "stdout"
        with pytest.raises(Exception, match="related id"):
            wsman.invoke(WSManAction.RECEIVE, pool.shell.resource_uri, stream, selector_set=selectors)
    finally:
        wsman.transport.send = real  # type: ignore[method-assign]  # as it was
    return sent[0].replace(b"</s:Header>", extra.encode() + b"</s:Header>")


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_status_is_answered(winrm_endpoint: WinRMEndpoint, status: int) -> None:
    winrm_endpoint.rule("status", status=status, verb="Create", times=0)
    with client(winrm_endpoint) as wsman, pytest.raises(WinRMTransportError) as told:
        RunspacePool(wsman).open()
    assert told.value.code == status


def test_every_request_can_be_refused_before_it_is_looked_at(winrm_endpoint: WinRMEndpoint) -> None:
    winrm_endpoint.rule("status", status=401, verb="", times=0)
    with client(winrm_endpoint) as wsman, pytest.raises(AuthenticationError):
        RunspacePool(wsman).open()
    assert requests.post(winrm_endpoint.url, timeout=10).status_code == 401


def test_a_wrong_application_name_is_not_found(winrm_endpoint: WinRMEndpoint) -> None:
    with client(winrm_endpoint, path="elsewhere") as wsman, pytest.raises(WinRMTransportError) as told:
        RunspacePool(wsman).open()
    assert told.value.code == 404


def test_a_redirect_leads_to_another_endpoint(winrm_endpoint: WinRMEndpoint, tmp_path: Any) -> None:
    with running_winrm(tmp_path) as other:
        winrm_endpoint.rule("redirect", location=other.url, verb="", times=0)
        answer = requests.post(winrm_endpoint.url, timeout=10, allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (302, other.url)
        assert requests.post(winrm_endpoint.url, timeout=10).url == other.url


def test_a_fault_has_the_code_that_was_asked_for(winrm_endpoint: WinRMEndpoint) -> None:
    with client(winrm_endpoint) as wsman, RunspacePool(wsman) as pool:
        winrm_endpoint.rule(
            "fault", code=2150858770, reason="Unreachable.", subcode="a:DestinationUnreachable", verb="Command"
        )
        with pytest.raises(WSManFaultError) as told:
            begun(pool, "1")
        assert (told.value.code, told.value.reason) == (2150858770, "Unreachable.")
        assert PowerShell(pool).add_script("'well'").invoke() == ["well"]


def test_an_expired_password_is_a_bare_401(winrm_endpoint: WinRMEndpoint) -> None:
    winrm_endpoint.control("gate", expired=[USER])
    with client(winrm_endpoint) as wsman, pytest.raises(AuthenticationError):
        RunspacePool(wsman).open()
    winrm_endpoint.control("gate", expired=[])


def test_a_delay_outlasts_an_impatient_client(winrm_endpoint: WinRMEndpoint) -> None:
    winrm_endpoint.rule("delay", seconds=1.5, verb="Create")
    with client(winrm_endpoint, read_timeout=1) as wsman, pytest.raises(requests.ReadTimeout):
        RunspacePool(wsman).open()


@pytest.mark.parametrize(("when", "done"), [("before", False), ("after", True)])
def test_a_dropped_connection_loses_the_request_or_the_answer(
    winrm_endpoint: WinRMEndpoint, when: str, done: bool
) -> None:
    with client(winrm_endpoint) as wsman:
        pool = RunspacePool(wsman)
        winrm_endpoint.rule("drop", verb="Create", when=when, after=400)
        with pytest.raises(BROKEN):
            pool.open()
        assert bool(winrm_endpoint.shells()) is done
    winrm_endpoint.control("end_shells")
    assert winrm_endpoint.shells() == {}


def test_a_receive_with_the_same_id_brings_the_lost_answer_again(winrm_endpoint: WinRMEndpoint) -> None:
    with client(winrm_endpoint) as wsman, client(winrm_endpoint) as again:
        pool = RunspacePool(wsman)
        pool.open()
        message = receive_envelope(wsman, pool, begun(pool, "'only once'"))
        winrm_endpoint.rule("drop", verb="Receive", when="after", after=400)
        with pytest.raises(BROKEN):
            wsman.transport.send(message)
        first, second = again.transport.send(message), again.transport.send(message)
        assert first == second
        assert b"CommandState/Done" in first
    winrm_endpoint.control("end_shells")


def test_a_receive_that_still_runs_cannot_be_repeated(winrm_endpoint: WinRMEndpoint) -> None:
    with client(winrm_endpoint) as wsman, RunspacePool(wsman) as pool:
        shell = begun(pool, "Start-Sleep -Milliseconds 800; 'late'")
        message = receive_envelope(wsman, pool, shell)
        with client(winrm_endpoint, read_timeout=0.3) as lost, pytest.raises(requests.ReadTimeout):
            lost.transport.send(message)
        with client(winrm_endpoint) as again:
            with pytest.raises(WinRMTransportError) as told:
                again.transport.send(message)
            assert f'Code="{INTERNAL_ERROR}"' in told.value.response_text
            end = time.monotonic() + 10
            while time.monotonic() < end:
                try:
                    answer = again.transport.send(message)
                    break
                except WinRMTransportError:
                    time.sleep(0.05)
        assert b"ReceiveResponse" in answer


def test_an_operation_id_makes_any_request_repeatable(winrm_endpoint: WinRMEndpoint) -> None:
    mark = '<p:OperationID xmlns:p="%s" xmlns:t="%s" t:mustUnderstand="%s">uuid:1</p:OperationID>'
    names = (NAMESPACES["wsmv"], NAMESPACES["s"])
    with client(winrm_endpoint) as wsman, RunspacePool(wsman) as pool:
        shell = begun(pool, "'only once'")
        message = receive_envelope(wsman, pool, shell, mark % (*names, "false"))
        answer = wsman.transport.send(message)
        assert wsman.transport.send(message.replace(b't:mustUnderstand="false"', b't:mustUnderstand="true"')) == answer
        with pytest.raises(WinRMTransportError) as told:
            wsman.transport.send(message)
        assert f'Code="{INVALID_HEADER}"' in told.value.response_text


def test_a_cut_network_refuses_connections_until_it_is_mended(winrm_endpoint: WinRMEndpoint) -> None:
    with client(winrm_endpoint) as wsman, RunspacePool(wsman) as pool:
        shell = begun(pool, "'kept'")
        winrm_endpoint.cut(0.5)
        began = time.monotonic()
        with pytest.raises(requests.ConnectionError):
            requests.post(winrm_endpoint.url, timeout=5)
        while True:
            try:
                assert requests.post(winrm_endpoint.url, timeout=5).status_code == 401
                break
            except requests.ConnectionError:
                assert time.monotonic() < began + 10
        assert time.monotonic() - began > 0.3
        with client(winrm_endpoint) as again:
            again.session_id = wsman.session_id
            pool.connection = pool.shell.wsman = again
            shell.end_invoke()
            assert shell.output == ["kept"]
            pool.close()


def test_a_network_can_break_in_the_middle_of_an_answer(winrm_endpoint: WinRMEndpoint) -> None:
    with client(winrm_endpoint) as wsman:
        pool = RunspacePool(wsman)
        pool.open()
        shell = begun(pool, "1..2000")
        winrm_endpoint.cut_after(50_000, seconds=-1)
        with pytest.raises(BROKEN):
            shell.end_invoke()
        with pytest.raises(requests.ConnectionError):
            requests.post(winrm_endpoint.url, timeout=5)
        winrm_endpoint.clear()
        assert requests.post(winrm_endpoint.url, timeout=5).status_code == 401
    winrm_endpoint.control("end_shells")


def test_a_stalled_network_goes_on_where_it_was(winrm_endpoint: WinRMEndpoint) -> None:
    with client(winrm_endpoint) as wsman, RunspacePool(wsman) as pool:
        winrm_endpoint.stall(0.6)
        began = time.monotonic()
        assert PowerShell(pool).add_script("'through'").invoke() == ["through"]
        assert time.monotonic() - began > 0.4


def test_commands_of_the_control_channel_do_not_disturb_a_waiting_receive(winrm_endpoint: WinRMEndpoint) -> None:
    with client(winrm_endpoint, operation_timeout=60) as wsman, RunspacePool(wsman) as pool:
        shell = begun(pool, "Start-Sleep -Milliseconds 400; 'done'")
        waiting = threading.Thread(target=shell.end_invoke)
        waiting.start()
        assert winrm_endpoint.control("connections") >= 1
        waiting.join(10)
        assert shell.output == ["done"]
    with pytest.raises(RuntimeError, match="unknown command"):
        winrm_endpoint.control("no such thing")
