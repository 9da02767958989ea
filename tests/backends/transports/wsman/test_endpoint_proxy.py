"""The WinRM endpoint behind a forward proxy, over http and https, seen by pypsrp's client."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from pypsrp.exceptions import AuthenticationError, WinRMTransportError
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from tests.support.winrm_fixture import PASSWORD, USER, WinRMEndpoint, WinRMOptions, winrm_endpoint
from tests.support.winrm_proxy import running_proxy

__all__ = ["winrm_endpoint"]

WINRM = WinRMOptions(https=True)


def answer(endpoint: WinRMEndpoint, proxy: str, secure: bool) -> Any:
    port = endpoint.https_port if secure else endpoint.port
    trusted = str(endpoint.authority.certificate)
    values: dict[str, Any] = {"port": port, "ssl": secure, "proxy": proxy, "cert_validation": trusted, "auth": "ntlm"}
    with WSMan("localhost", username=USER, password=PASSWORD, **values) as wsman, RunspacePool(wsman) as pool:
        return PowerShell(pool).add_script("'through'").invoke()


@pytest.mark.parametrize("secure", [False, True])
def test_a_session_through_a_proxy(winrm_endpoint: WinRMEndpoint, secure: bool) -> None:
    with running_proxy() as proxy:
        assert answer(winrm_endpoint, proxy.url, secure) == ["through"]
        expected = f"CONNECT localhost:{winrm_endpoint.https_port}" if secure else f"POST {winrm_endpoint.url}"
        assert set(proxy.asked) == {expected.replace("127.0.0.1", "localhost")}


@pytest.mark.parametrize("secure", [False, True])
def test_a_proxy_that_wants_to_know_who_asks(winrm_endpoint: WinRMEndpoint, secure: bool) -> None:
    with running_proxy("porter", "opensesame") as proxy:
        known = proxy.url.replace("//", "//porter:opensesame@")
        assert answer(winrm_endpoint, known, secure) == ["through"]
        assert proxy.refused == 0
        with pytest.raises((requests.exceptions.ProxyError, WinRMTransportError, AuthenticationError)):
            answer(winrm_endpoint, proxy.url, secure)
        assert proxy.refused > 0
    assert b"opensesame" not in winrm_endpoint.wire()
    assert b"roxy-Authorization" not in winrm_endpoint.wire()
