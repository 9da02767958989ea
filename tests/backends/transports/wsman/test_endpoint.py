"""The WinRM endpoint, seen by pypsrp's own client: sessions, sealing, refusals, disconnected sessions."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from pypsrp.complex_objects import CultureInfo, ObjectMeta
from pypsrp.exceptions import AuthenticationError, WinRMTransportError, WSManFaultError
from pypsrp.host import PSHost, PSHostUserInterface
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.shell import SignalCode
from pypsrp.wsman import NAMESPACES, WSMan

from tests.support.winrm_fixture import PASSWORD, USER, WinRMEndpoint, WinRMOptions, winrm_endpoint
from tests.support.winrm_soap import (
    CLIENTSESSIONID_MISMATCH,
    CONNECTED_TO_DIFFERENT_CLIENT,
    IDLETIMEOUT_OUTOFBOUNDS,
    INVALID_RESOURCE_URI,
    QUOTA_MAX_SHELLS,
    RECONNECT_NOT_VALID,
    SERVER_ENVELOPE_LIMIT,
    SHELL_DISCONNECTED,
    UNEXPECTED_SELECTORS,
)

__all__ = ["winrm_endpoint"]

WINRM = WinRMOptions(arguments=["--max-shells", "3", "--max-idle", "43200", "--scale", "0.05"])


def client(endpoint: WinRMEndpoint, **values: Any) -> WSMan:
    """Return pypsrp's client for the endpoint's http port."""
    base = {"port": endpoint.port, "ssl": False, "username": USER, "password": PASSWORD, "auth": "ntlm"}
    return WSMan(endpoint.host, **{**base, **values})


def run(pool: RunspacePool, script: str, *, line: bool = False) -> list[Any]:
    """Run a script and return its output."""
    shell = PowerShell(pool)
    shell.add_script(script)
    if line:
        shell.add_cmdlet("Out-Default")
    return list(shell.invoke())


def wait_for(condition: Callable[[], bool], timeout: float = 20) -> None:
    """Wait for something that the endpoint tells of."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"


@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
@pytest.mark.parametrize("name", [USER, f"PSTUI\\{USER}", f"{USER}@PSTUI.TEST"])
def test_a_session_runs_commands_and_is_sealed(winrm_endpoint: WinRMEndpoint, auth: str, name: str) -> None:
    seen = len(winrm_endpoint.wire())
    with client(winrm_endpoint, auth=auth, username=name) as wsman, RunspacePool(wsman) as pool:
        assert run(pool, "'plainly visible'; 1..3") == ["plainly visible", 1, 2, 3]
    wire = winrm_endpoint.wire()[seen:]
    assert b"HTTP-SPNEGO-session-encrypted" in wire
    for part in (b"plainly visible", b"Envelope", b"cGxhaW5s", PASSWORD.encode()):
        assert part not in wire
    assert all(one["sealed"] for one in winrm_endpoint.requests() if one.get("verb"))
    assert winrm_endpoint.shells() == {}


@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
def test_a_wrong_password_is_refused(winrm_endpoint: WinRMEndpoint, auth: str) -> None:
    with client(winrm_endpoint, auth=auth, password="wrong") as wsman, pytest.raises(AuthenticationError):
        RunspacePool(wsman).open()


def test_an_unknown_user_and_an_unoffered_scheme_are_refused(winrm_endpoint: WinRMEndpoint) -> None:
    with client(winrm_endpoint, username="nobody") as wsman, pytest.raises(AuthenticationError):
        RunspacePool(wsman).open()
    winrm_endpoint.control("gate", schemes=["Negotiate"])
    with client(winrm_endpoint, auth="basic", encryption="never") as wsman, pytest.raises(AuthenticationError):
        RunspacePool(wsman).open()
    winrm_endpoint.control("gate", schemes=["Negotiate", "Kerberos", "Basic", "CredSSP"])


def test_an_unsealed_message_over_http_is_refused(winrm_endpoint: WinRMEndpoint) -> None:
    for auth in ("basic", "ntlm"):
        with client(winrm_endpoint, auth=auth, encryption="never") as wsman, pytest.raises(WinRMTransportError) as told:
            RunspacePool(wsman).open()
        assert told.value.code == 500


def test_a_disconnected_session_is_reconnected(winrm_endpoint: WinRMEndpoint) -> None:
    with client(winrm_endpoint) as wsman, RunspacePool(wsman) as pool:
        run(pool, "$kept = 'still here'")
        pool.disconnect()
        assert set(winrm_endpoint.shells().values()) == {"Disconnected"}
        with pytest.raises(WSManFaultError) as told:
            pool.shell.send("stdin", b"")
        assert told.value.code == SHELL_DISCONNECTED
        pool.connect()
        assert run(pool, "$kept") == ["still here"]


def test_output_of_a_disconnected_command_is_received_by_another_client(winrm_endpoint: WinRMEndpoint) -> None:
    with client(winrm_endpoint) as first:
        pool = RunspacePool(first)
        pool.open()
        shell = PowerShell(pool)
        shell.add_script("'before'; Start-Sleep -Milliseconds 300; 'after'")
        shell.begin_invoke()
        pool.disconnect()
    with client(winrm_endpoint) as second:
        found = RunspacePool.get_runspace_pools(second)
        assert [one.id.lower() for one in found] == [pool.id.lower()]
        found[0].connect()
        pipelines = found[0].create_disconnected_power_shells()
        assert len(pipelines) == 1
        pipelines[0].connect()
        pipelines[0].end_invoke()
        assert [str(one) for one in pipelines[0].output] == ["before", "after"]
        assert run(found[0], "'a new one'") == ["a new one"]
        found[0].close()


def test_a_session_in_use_is_not_given_to_another_client(winrm_endpoint: WinRMEndpoint) -> None:
    with client(winrm_endpoint) as first, client(winrm_endpoint) as second, RunspacePool(first) as pool:
        other = RunspacePool.get_runspace_pools(second)[0]
        with pytest.raises(WSManFaultError) as told:
            other._connect_new_client()
        assert told.value.code == CONNECTED_TO_DIFFERENT_CLIENT
        with pytest.raises(WSManFaultError) as told:
            other._connect_existing_client()
        assert told.value.code == UNEXPECTED_SELECTORS or told.value.code == CLIENTSESSIONID_MISMATCH
        with pytest.raises(WSManFaultError) as told:
            pool._connect_existing_client()
        assert told.value.code == RECONNECT_NOT_VALID


def test_a_long_silent_command_only_asks_to_ask_again(winrm_endpoint: WinRMEndpoint) -> None:
    with client(winrm_endpoint, operation_timeout=4) as wsman, RunspacePool(wsman) as pool:
        assert run(pool, "Start-Sleep -Milliseconds 700; 'awake'") == ["awake"]
    faults = [one["fault"] for one in winrm_endpoint.requests("Receive")]
    assert 2150858793 in faults


@pytest.mark.parametrize("size", [8192, 40000, 150000])
def test_envelopes_keep_to_the_negotiated_size(winrm_endpoint: WinRMEndpoint, size: int) -> None:
    with client(winrm_endpoint, max_envelope_size=size) as wsman, RunspacePool(wsman) as pool:
        text = run(pool, "'" + "x" * 100_000 + "'")
        assert text == ["x" * 100_000]
        sizes: list[int] = []
        real = wsman.transport.send

        def measured(*a: Any, **k: Any) -> bytes:
            got = real(*a, **k)
            sizes.append(len(got))
            return got

        wsman.transport.send = measured  # type: ignore[method-assign]  # looks at what passes
        assert len(run(pool, "1..3000")) == 3000
        assert max(sizes) <= size


def test_a_running_command_is_stopped(winrm_endpoint: WinRMEndpoint) -> None:
    with client(winrm_endpoint) as wsman, RunspacePool(wsman) as pool:
        shell = PowerShell(pool)
        shell.add_script("'begun'; Start-Sleep -Seconds 60")
        shell.begin_invoke()
        pool.shell.signal("powershell/signal/crtl_c", str(shell.id).upper())
        shell.poll_invoke(timeout=10)
        assert shell.state == 3
        assert run(pool, "'goes on'") == ["goes on"]


def test_a_wrong_signal_closes_the_command(winrm_endpoint: WinRMEndpoint) -> None:
    with client(winrm_endpoint) as wsman, RunspacePool(wsman) as pool:
        shell = PowerShell(pool)
        shell.add_script("Start-Sleep -Seconds 60")
        shell.begin_invoke()
        pool.shell.signal(SignalCode.TERMINATE, str(shell.id).upper())
        with pytest.raises(WSManFaultError) as told:
            shell.poll_invoke(timeout=10)
        assert told.value.code == UNEXPECTED_SELECTORS


def test_the_limits_of_the_service_are_told_by_their_codes(winrm_endpoint: WinRMEndpoint) -> None:
    def opened(code: int, **values: Any) -> None:
        with client(winrm_endpoint) as wsman, pytest.raises(WSManFaultError) as told:
            RunspacePool(wsman, **values).open()
        assert told.value.code == code

    opened(INVALID_RESOURCE_URI, configuration_name="No.Such.Configuration")
    opened(IDLETIMEOUT_OUTOFBOUNDS, idle_timeout=90000)
    opened(IDLETIMEOUT_OUTOFBOUNDS, idle_timeout=10)
    winrm_endpoint.control("limits", denied_users=[USER])
    opened(5)
    winrm_endpoint.control("limits", denied_users=[])
    with client(winrm_endpoint) as wsman:
        pools = [RunspacePool(wsman) for _ in range(3)]
        for pool in pools:
            pool.open()
        opened(QUOTA_MAX_SHELLS)
        for pool in pools:
            pool.close()


def test_a_forgotten_session_is_disconnected_and_then_ends(winrm_endpoint: WinRMEndpoint) -> None:
    winrm_endpoint.control("limits", silence=10)  # half a second, scaled
    with client(winrm_endpoint) as wsman:
        pool = RunspacePool(wsman, idle_timeout=60)
        pool.open()
        states = set()
        end = time.monotonic() + 20
        while (now := winrm_endpoint.shells()) and time.monotonic() < end:
            states |= set(now.values())
        assert states == {"Connected", "Disconnected"}
        with pytest.raises(WSManFaultError) as told:
            pool.connect() if pool.state == 7 else pool._connect_existing_client()
        assert told.value.code == UNEXPECTED_SELECTORS
    winrm_endpoint.control("limits", silence=240)


def test_pipeline_input_arrives(winrm_endpoint: WinRMEndpoint) -> None:
    with client(winrm_endpoint) as wsman, RunspacePool(wsman) as pool:
        shell = PowerShell(pool)
        shell.add_script("$input")
        assert shell.invoke(["one", "three"]) == ["one", "three"]  # type: ignore[arg-type]  # it takes lists


class Answering(PSHostUserInterface):
    """A console that answers what it is asked."""

    def Prompt(self, runspace: Any, pipeline: Any, caption: str, message: str, description: Any) -> dict[str, Any]:
        field = description[0].extended_properties
        secret = field["parameterTypeName"] == "SecureString"
        return {field["name"]: runspace.serialize("whispered", ObjectMeta("SS")) if secret else "typed"}


def test_a_question_is_answered(winrm_endpoint: WinRMEndpoint) -> None:
    host = PSHost(CultureInfo(), CultureInfo(), True, "test", None, Answering(), "1.0")
    with client(winrm_endpoint) as wsman, RunspacePool(wsman, host=host) as pool:
        assert run(pool, "Read-Host") == ["typed"]
        asked = [one["body"] for one in winrm_endpoint.requests("Send")]
        assert 'Name="pr"' in asked[-1]
        pool.exchange_keys()
        assert run(pool, "(Read-Host -AsSecureString).GetType().Name; 'still well'")[-1] == "still well"


def test_the_size_of_envelopes_can_be_asked_for_and_is_kept_to(winrm_endpoint: WinRMEndpoint) -> None:
    with client(winrm_endpoint) as wsman:
        wsman.update_max_payload_size()
        assert wsman.max_envelope_size == 512000
        winrm_endpoint.control("limits", max_envelope=20000)
        pool = RunspacePool(wsman)
        pool.open()
        with pytest.raises(WSManFaultError) as told:
            run(pool, "'" + "x" * 30_000 + "'")
        assert told.value.code == SERVER_ENVELOPE_LIMIT
        winrm_endpoint.control("limits", max_envelope=512000)
        pool.close()


def test_output_that_nobody_receives_holds_the_command_or_is_dropped(winrm_endpoint: WinRMEndpoint) -> None:
    """10,000 long lines are far more than the endpoint keeps for a client that is away."""
    script = '1..10000 | ForEach-Object { "$_ is a line of some length" }'
    for mode, sign in (("Block", "full"), ("Drop", "done")):
        with client(winrm_endpoint) as first, client(winrm_endpoint) as second:
            pool = RunspacePool(first)
            pool.open()
            shell = PowerShell(pool)
            shell.add_script(script)
            shell.begin_invoke()
            rsp = NAMESPACES["rsp"]
            body = ElementTree.Element(f"{{{rsp}}}Disconnect")
            ElementTree.SubElement(body, f"{{{rsp}}}BufferMode").text = mode
            first.disconnect(pool.shell.resource_uri, body, selector_set=pool.shell._selector_set)
            wait_for(lambda sign=sign: next(iter(winrm_endpoint.control("backlog").values()))[sign])
            found = RunspacePool.get_runspace_pools(second)[0]
            found.connect()
            shell = found.create_disconnected_power_shells()[0]
            shell.connect()
            shell.end_invoke()
            lines = [str(one) for one in shell.output]
            assert lines[-1] == "10000 is a line of some length"
            assert (len(lines) == 10_000) is (mode == "Block")
            found.close()
