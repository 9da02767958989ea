"""Sockets that tell their owner: urllib3's connections, noticed when made, checked as asked for, bounded when read."""

from __future__ import annotations

import contextlib
import functools
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import requests.adapters
from pstui.backends.transports.wsman import faults
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

#: bytes of one reply; envelopes of 500 KiB are asked for, sealed ones are a little larger
MAX_REPLY = 8 * 1024 * 1024


class Owner(Protocol):
    """What a connection asks of the one it belongs to."""

    @property
    def host(self) -> str: ...
    @property
    def skips(self) -> tuple[bool, bool]:
        """Whether the issuer, and the name, of a certificate stay unchecked."""

    @property
    def passphrase(self) -> str: ...
    @property
    def proxy_authorization(self) -> str: ...
    def check_allowed(self) -> None: ...
    def opened(self, connection: HTTPConnection) -> None: ...


class OwnedAdapter(requests.adapters.HTTPAdapter):
    """Makes connections that tell their owner, checks certificates as asked for, and never retries."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        if self._owner.skips[1]:
            kwargs["assert_hostname"] = False
        if self._owner.passphrase:
            kwargs["key_password"] = self._owner.passphrase
        super().init_poolmanager(*args, **kwargs)
        self._take_over(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        self._take_over(manager)
        return manager

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        told = self._owner.proxy_authorization
        return {"Proxy-Authorization": told} if told else {}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        super().cert_verify(conn, url, verify, cert)
        if verify is True and has_authorities():
            # Without a file urllib3 takes what the system trusts; requests would take a list of its own instead.
            conn.ca_certs = None

    def _take_over(self, manager: Any) -> None:
        plain, secure = _connection_classes(self._owner)
        manager.pool_classes_by_scheme = {
            "http": type("_Pool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("_SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }


def _connection_classes(owner: Owner) -> tuple[type[HTTPConnection], type[HTTPSConnection]]:
    class Plain(HTTPConnection):
        def connect(self) -> None:
            owner.check_allowed()
            super().connect()
            owner.opened(self)

        def getresponse(self) -> Any:
            return _bounded(super().getresponse())

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            owner.check_allowed()
            super().connect()
            if owner.skips == (True, False):
                check_name(self.sock, owner.host)
            owner.opened(self)

        def getresponse(self) -> Any:
            return _bounded(super().getresponse())

    return Plain, Secure


def _bounded(response: Any) -> Any:
    """Make a response's body end with an error before it fills the memory."""
    whole: Callable[..., Iterator[bytes]] = response.stream

    def stream(*args: Any, **kwargs: Any) -> Iterator[bytes]:
        size = 0
        for part in whole(*args, **kwargs):
            size += len(part)
            if size > MAX_REPLY:
                raise faults.BadReply(f"the service sent a reply of more than {MAX_REPLY // 1048576} MiB")
            yield part

    response.stream = stream
    return response


@functools.cache
def has_authorities() -> bool:
    """Whether the system (or SSL_CERT_FILE, SSL_CERT_DIR) knows authorities: a Python of its own may not find them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    folder = Path(ssl.get_default_verify_paths().capath or "/dev/null")
    # Those of a folder are loaded as they are needed, and not counted before.
    return bool(context.cert_store_stats()["x509_ca"]) or (folder.is_dir() and any(folder.iterdir()))


def check_name(sock: Any, host: str) -> None:
    """Compare the name in an unverified certificate. Raises NetworkFailure."""
    from cryptography import x509
    from urllib3.util.ssl_match_hostname import CertificateError, match_hostname

    certificate = x509.load_der_x509_certificate(sock.getpeercert(True))
    names: list[tuple[str, str]] = []
    with contextlib.suppress(x509.ExtensionNotFound):
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names += [("DNS", name) for name in found.get_values_for_type(x509.DNSName)]
        names += [("IP Address", str(name)) for name in found.get_values_for_type(x509.IPAddress)]
    if not names:
        common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        names = [("DNS", str(name.value)) for name in common]
    try:
        match_hostname({"subjectAltName": tuple(names)}, host)
    except CertificateError as error:
        raise faults.NetworkFailure(faults.NetworkKind.CERTIFICATE, str(error), sent=False) from error
