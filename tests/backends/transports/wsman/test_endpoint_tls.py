"""The WinRM endpoint over HTTPS: certificates of servers and clients, Basic, Digest and channel bindings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
from pstui.backends.credentials import PSCredential
from pstui.backends.transports.wsman import faults
from pstui.backends.transports.wsman.http import EndpointSettings, WinRMConnection
from pstui.backends.transports.wsman.probe import speaks_http, speaks_tls
from pstui.backends.transports.wsman.security import AuthenticationPlan
from pstui.backends.transports.wsman.target import Target, WSManOptions, shell_uri
from pypsrp.exceptions import AuthenticationError
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan
from requests.auth import HTTPDigestAuth

from tests.support.winrm_fixture import PASSWORD, USER, WinRMEndpoint, WinRMOptions, running_winrm, winrm_endpoint
from tests.support.winrm_tls import Authority, thumbprint

__all__ = ["winrm_endpoint"]

WINRM = WinRMOptions(
    arguments=["--auth", "Negotiate,Basic,Digest,Certificate", "--strict-bindings", "--allow-unencrypted"], https=True
)


def client(endpoint: WinRMEndpoint, auth: str, **values: Any) -> WSMan:
    base = {"port": endpoint.https_port, "ssl": True, "auth": auth, "username": USER, "password": PASSWORD}
    return WSMan("localhost", **{**base, "cert_validation": str(endpoint.authority.certificate), **values})


def answer(wsman: WSMan) -> Any:
    with wsman, RunspacePool(wsman) as pool:
        return PowerShell(pool).add_script("'answered'").invoke()


@pytest.mark.parametrize("auth", ["ntlm", "negotiate", "basic"])
@pytest.mark.parametrize("encryption", ["auto", "always"])
def test_a_session_over_https(winrm_endpoint: WinRMEndpoint, auth: str, encryption: str) -> None:
    if (auth, encryption) == ("basic", "always"):
        encryption = "never"
    assert answer(client(winrm_endpoint, auth, encryption=encryption)) == ["answered"]
    asked = winrm_endpoint.requests("Create")[-1]
    assert (asked["tls"], asked["user"], asked["sealed"]) == (True, USER, encryption == "always")


@pytest.mark.parametrize("auth", ["ntlm", "basic"])
def test_a_wrong_password_is_refused(winrm_endpoint: WinRMEndpoint, auth: str) -> None:
    with pytest.raises(AuthenticationError):
        answer(client(winrm_endpoint, auth, password="wrong"))


def test_channel_bindings_are_asked_for(winrm_endpoint: WinRMEndpoint) -> None:
    with pytest.raises(AuthenticationError):
        answer(client(winrm_endpoint, "ntlm", negotiate_send_cbt=False))


def test_an_untrusted_a_misnamed_and_an_expired_certificate_fail(winrm_endpoint: WinRMEndpoint, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger")
    with pytest.raises(requests.exceptions.SSLError, match="verify failed"):
        answer(client(winrm_endpoint, "ntlm", cert_validation=str(stranger.certificate)))
    for name, told, options in (
        ("misnamed", "doesn't match|not valid for", WinRMOptions(https=True, certified=["elsewhere.test"])),
        ("expired", "expired", WinRMOptions(https=True, certificate_expired=True)),
    ):
        with running_winrm(tmp_path / name, options) as endpoint:
            with pytest.raises(requests.exceptions.SSLError, match=told):
                answer(client(endpoint, "ntlm"))
            assert answer(client(endpoint, "ntlm", cert_validation=False)) == ["answered"]


def test_plain_http_on_the_tls_port_and_tls_on_the_plain_port_fail(winrm_endpoint: WinRMEndpoint) -> None:
    with pytest.raises(requests.ConnectionError):
        answer(client(winrm_endpoint, "ntlm", ssl=False))
    with pytest.raises(requests.exceptions.SSLError):
        answer(client(winrm_endpoint, "ntlm", port=winrm_endpoint.port))


def test_http_on_the_tls_port_is_told(winrm_endpoint: WinRMEndpoint) -> None:
    target = Target(False, "127.0.0.1", winrm_endpoint.https_port, "wsman", shell_uri(""))
    plan = AuthenticationPlan("basic", sealed=False)
    connection = WinRMConnection(EndpointSettings(target, plan, WSManOptions(), PSCredential(USER)))
    with pytest.raises(faults.NetworkFailure, match="HTTPS answers there"):
        connection.exchange(b"<a/>", 30.0)
    connection.close()
    there = "127.0.0.1", winrm_endpoint.https_port
    assert speaks_tls(*there, None, 10) and not speaks_tls("127.0.0.1", winrm_endpoint.port, None, 10)
    assert speaks_http("127.0.0.1", winrm_endpoint.port, None, 10) and not speaks_http(*there, None, 10)


def test_a_client_certificate_enters_and_a_foreign_one_does_not(winrm_endpoint: WinRMEndpoint, tmp_path: Path) -> None:
    def entered(authority: Authority, user: str, **values: Any) -> Any:
        certificate, key = authority.client(user, password=values.get("certificate_key_password", ""))
        assert len(thumbprint(certificate)) == 40
        both = {"certificate_pem": str(certificate), "certificate_key_pem": str(key)}
        return answer(client(winrm_endpoint, "certificate", username=None, password=None, **both, **values))

    assert entered(winrm_endpoint.authority, USER) == ["answered"]
    assert winrm_endpoint.requests("Create")[-1]["scheme"] == "certificate"
    assert entered(winrm_endpoint.authority, "bob", certificate_key_password="locked") == ["answered"]
    with pytest.raises(AuthenticationError):
        entered(winrm_endpoint.authority, "nobody")
    with pytest.raises(requests.RequestException):
        entered(Authority(tmp_path / "stranger"), USER)


def digest_client(endpoint: WinRMEndpoint, url: str, password: str) -> WSMan:
    """Return pypsrp's client with the Digest authentication of requests, which pypsrp has no name for."""
    wsman = client(endpoint, "basic", encryption="never")
    wsman.transport.endpoint = url

    def build(session: requests.Session) -> None:
        session.auth = HTTPDigestAuth(USER, password)

    wsman.transport._build_auth_basic = build  # type: ignore[method-assign]  # what pypsrp calls for "basic"
    return wsman


@pytest.mark.parametrize("secure", [True, False])
def test_digest_enters_and_refuses(winrm_endpoint: WinRMEndpoint, secure: bool) -> None:
    url = winrm_endpoint.https_url if secure else winrm_endpoint.url
    assert answer(digest_client(winrm_endpoint, url, PASSWORD)) == ["answered"]
    assert winrm_endpoint.requests("Create")[-1]["scheme"] == "digest"
    assert PASSWORD.encode() not in winrm_endpoint.wire()
    with pytest.raises(AuthenticationError):
        answer(digest_client(winrm_endpoint, url, "wrong"))


def test_basic_over_http_is_open_only_where_the_endpoint_says_so(winrm_endpoint: WinRMEndpoint) -> None:
    wsman = WSMan(winrm_endpoint.host, port=winrm_endpoint.port, ssl=False, auth="basic", encryption="never")
    wsman.transport.username, wsman.transport.password = USER, PASSWORD
    assert answer(wsman) == ["answered"]
