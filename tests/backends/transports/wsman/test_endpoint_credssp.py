"""The WinRM endpoint and CredSSP: the password arrives, sealed, and nothing of it is on the wire."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from tests.support.parts import missing
from tests.support.winrm_fixture import PASSWORD, USER, WinRMEndpoint, WinRMOptions, winrm_endpoint

__all__ = ["winrm_endpoint"]

WINRM = WinRMOptions(arguments=["--auth", "Negotiate,CredSSP"], https=True)


@pytest.fixture(autouse=True)
def needs_credssp() -> None:
    """Skip where the optional package is not installed."""
    if importlib.util.find_spec("requests_credssp") is None:
        missing("credssp", "the Python package requests-credssp is not installed here")


def client(endpoint: WinRMEndpoint, **values: Any) -> WSMan:
    base = {"port": endpoint.port, "ssl": False, "username": USER, "password": PASSWORD, "auth": "credssp"}
    return WSMan("localhost", **{**base, **values})


def answer(wsman: WSMan, script: str = "'plainly visible'") -> Any:
    with wsman, RunspacePool(wsman) as pool:
        return PowerShell(pool).add_script(script).invoke()


def test_a_session_is_sealed(winrm_endpoint: WinRMEndpoint) -> None:
    seen = len(winrm_endpoint.wire())
    assert answer(client(winrm_endpoint)) == ["plainly visible"]
    wire = winrm_endpoint.wire()[seen:]
    assert b"HTTP-CredSSP-session-encrypted" in wire
    for part in (b"plainly visible", b"Envelope", PASSWORD.encode(), PASSWORD.encode("utf-16-le")):
        assert part not in wire
    asked = winrm_endpoint.requests("Create")[-1]
    assert (asked["user"], asked["scheme"], asked["sealed"]) == (USER, "credssp", True)


def test_large_messages_travel_in_parts(winrm_endpoint: WinRMEndpoint) -> None:
    seen = len(winrm_endpoint.wire())
    text = "long " * 12_000
    assert answer(client(winrm_endpoint), f"'{text}'") == [text]
    wire = winrm_endpoint.wire()[seen:]
    assert b"multipart/x-multi-encrypted" in wire


def test_credssp_over_https(winrm_endpoint: WinRMEndpoint) -> None:
    trusted = str(winrm_endpoint.authority.certificate)
    values = {"ssl": True, "port": winrm_endpoint.https_port, "cert_validation": trusted}
    assert answer(client(winrm_endpoint, **values)) == ["plainly visible"]
    assert answer(client(winrm_endpoint, encryption="always", **values)) == ["plainly visible"]


@pytest.mark.parametrize("values", [{"password": "wrong"}, {"username": "nobody"}])
def test_wrong_credentials_are_refused(winrm_endpoint: WinRMEndpoint, values: dict[str, str]) -> None:
    asked = len(winrm_endpoint.requests("Create"))
    with pytest.raises(Exception, match=r"NTStatus|error status"):
        answer(client(winrm_endpoint, **values))
    assert len(winrm_endpoint.requests("Create")) == asked


def test_an_expired_password_is_refused(winrm_endpoint: WinRMEndpoint) -> None:
    winrm_endpoint.control("gate", expired=[USER])
    with pytest.raises(Exception, match=r"CredSSP token|authenticate"):
        answer(client(winrm_endpoint))
    winrm_endpoint.control("gate", expired=[])
