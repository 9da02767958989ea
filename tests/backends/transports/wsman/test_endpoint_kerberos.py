"""The WinRM endpoint and a real KDC: Kerberos and Negotiate, sealed; tickets, wrong and expired passwords, clocks."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pypsrp.exceptions import AuthenticationError
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from tests.support.winrm_fixture import PASSWORD, USER, WinRMEndpoint, WinRMOptions, running_winrm, winrm_endpoint
from tests.support.winrm_kdc import REALM, Kdc, need_kdc

__all__ = ["winrm_endpoint"]

WINRM = WinRMOptions(kerberos=["localhost", "server.pstui.test"], https=True)


@pytest.fixture
def kdc(winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kdc]:
    """The endpoint's KDC, with this process as its client and no ticket."""
    assert winrm_endpoint.kdc is not None
    for name, value in winrm_endpoint.kdc.client.items():
        monkeypatch.setenv(name, value)
    yield winrm_endpoint.kdc
    winrm_endpoint.kdc.kdestroy()


def client(endpoint: WinRMEndpoint, **values: Any) -> WSMan:
    name = f"{USER}@{REALM}"
    base = {"port": endpoint.port, "ssl": False, "username": name, "password": PASSWORD, "auth": "kerberos"}
    return WSMan("localhost", **{**base, **values})


def answer(wsman: WSMan) -> Any:
    with wsman, RunspacePool(wsman) as pool:
        return PowerShell(pool).add_script("'plainly visible'").invoke()


@pytest.mark.parametrize("service", ["host", "HTTP", "WSMAN"])
@pytest.mark.parametrize("scheme", ["kerberos", "negotiate"])
def test_a_session_is_sealed(winrm_endpoint: WinRMEndpoint, kdc: Kdc, scheme: str, service: str) -> None:
    seen = len(winrm_endpoint.wire())
    offered = ["Kerberos"] if scheme == "kerberos" else ["Negotiate"]
    winrm_endpoint.control("gate", schemes=offered)
    assert answer(client(winrm_endpoint, auth=scheme, negotiate_service=service)) == ["plainly visible"]
    wire = winrm_endpoint.wire()[seen:]
    assert b"HTTP-%s-session-encrypted" % (b"Kerberos" if scheme == "kerberos" else b"SPNEGO") in wire
    assert b"plainly visible" not in wire
    assert b"Envelope" not in wire
    asked = winrm_endpoint.requests("Create")[-1]
    assert (asked["user"], asked["scheme"], asked["sealed"]) == (f"{USER}@{REALM}", scheme, True)


def test_a_ticket_in_the_cache_is_enough(winrm_endpoint: WinRMEndpoint, kdc: Kdc) -> None:
    kdc.kinit("bob", winrm_endpoint.people["bob"])
    assert answer(client(winrm_endpoint, username=None, password=None)) == ["plainly visible"]
    assert winrm_endpoint.requests("Create")[-1]["user"] == f"bob@{REALM}"


def test_another_host_name_is_known(winrm_endpoint: WinRMEndpoint, kdc: Kdc) -> None:
    wsman = client(winrm_endpoint, negotiate_hostname_override="server.pstui.test")
    assert answer(wsman) == ["plainly visible"]


def test_kerberos_over_https(winrm_endpoint: WinRMEndpoint, kdc: Kdc) -> None:
    values = {"ssl": True, "port": winrm_endpoint.https_port, "encryption": "always"}
    trusted = str(winrm_endpoint.authority.certificate)
    assert answer(client(winrm_endpoint, cert_validation=trusted, **values)) == ["plainly visible"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"password": "wrong"}, "Preauthentication failed|password incorrect"),
        ({"username": f"eve@{REALM}", "password": "expired"}, "(?i)password has expired"),
        ({"username": f"nobody@{REALM}"}, "not found in Kerberos database"),
        ({"negotiate_hostname_override": "unknown.pstui.test"}, "not found in Kerberos database|Cannot find KDC"),
    ],
)
def test_the_kdc_tells_why_it_refuses(
    winrm_endpoint: WinRMEndpoint, kdc: Kdc, values: dict[str, Any], told: str
) -> None:
    with pytest.raises(Exception, match=told):
        answer(client(winrm_endpoint, **values))


def test_clocks_apart_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_kdc()
    options = WinRMOptions(kerberos=["localhost"], kdc_shift="+1h")
    with running_winrm(tmp_path, options) as endpoint:
        assert endpoint.kdc is not None
        for name, value in endpoint.kdc.client.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(Exception, match="Clock skew too great"):
            answer(client(endpoint))
        with pytest.raises(subprocess.CalledProcessError) as told:
            endpoint.kdc.kinit(USER, PASSWORD)
        assert "Clock skew" in told.value.stderr
    with pytest.raises(ConnectionRefusedError):  # nothing is left behind
        socket.create_connection(("127.0.0.1", endpoint.kdc.port), 5)


def test_a_service_that_does_not_offer_kerberos_refuses_it(winrm_endpoint: WinRMEndpoint, kdc: Kdc) -> None:
    winrm_endpoint.control("gate", schemes=["Basic"])
    with pytest.raises(AuthenticationError):
        answer(client(winrm_endpoint))
    winrm_endpoint.control("gate", schemes=["Negotiate", "Kerberos", "Basic", "CredSSP"])
