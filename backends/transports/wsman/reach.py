"""What can be known of a WinRM service before a password is asked for: its name, its port, its certificate."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket

import requests
from pstui.backends.errors import OpenError
from pstui.backends.timeouts import timeout
from pstui.backends.transports.wsman import errors, faults
from pstui.backends.transports.wsman.faults import NetworkKind
from pstui.backends.transports.wsman.http import CONNECT_TIMEOUT, EndpointSettings, WinRMConnection
from pstui.backends.transports.wsman.target import Target

#: seconds that another computer, and this one itself, may take to answer on a port
PATIENCE, LOOK = 30.0, 2.0
_NOWHERE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)


class Reach:
    """Whether a service can be reached. Its port and its certificate are tried once."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._tried = self._shook_hands = False

    async def name(self) -> None:
        """Look the name up. Raises OpenError."""
        loop = asyncio.get_running_loop()
        try:
            await loop.getaddrinfo(self._target.host, self._target.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise self._refusal(NetworkKind.NAME, getattr(error, "strerror", None) or str(error)) from error

    async def port(self) -> None:
        """Connect to the port, once in the life of this object. Raises OpenError where nothing answers there."""
        if self._tried:
            return
        self._tried = True
        here = self._target.is_loopback
        try:
            async with timeout(LOOK if here else PATIENCE):
                _, writer = await asyncio.open_connection(self._target.host, self._target.port)
        except TimeoutError:
            kind = NetworkKind.REFUSED if here else NetworkKind.CONNECT_TIMEOUT
            raise self._refusal(kind, "") from None
        except OSError as error:
            kind = NetworkKind.UNREACHABLE if error.errno in _NOWHERE else NetworkKind.REFUSED
            raise self._refusal(kind, "") from error
        writer.close()

    async def certificate(self, settings: EndpointSettings) -> None:
        """Shake hands and hang up, once in the life of this object. Raises OpenError for what stands against it."""
        if self._shook_hands:
            return
        self._shook_hands = True
        connection = _Handshake(settings)
        try:
            await asyncio.to_thread(connection.make)
        except asyncio.CancelledError:
            connection.cut()
            raise
        except Exception as error:
            raise errors.open_error(faults.failure_of(error, sent=False), settings.error_context) from error

    def _refusal(self, kind: NetworkKind, why: str) -> OpenError:
        failure = faults.NetworkFailure(kind, why, sent=False)
        return errors.open_error(failure, errors.ErrorContext(self._target))


class _Handshake(WinRMConnection):
    """A connection that is made as any other to the service, and proves nothing about who connects."""

    def make(self) -> None:
        """Connect and close. Blocks, in a thread. Raises what the libraries raise."""
        self.auth = "nobody"
        self._renew()
        session = self.session
        assert session is not None
        try:
            adapter, url = session.get_adapter(self.endpoint), self.endpoint
            assert isinstance(adapter, requests.adapters.HTTPAdapter)
            request = session.prepare_request(requests.Request("POST", url))
            pool = adapter.get_connection_with_tls_context(request, session.verify, session.proxies)
            adapter.cert_verify(pool, url, session.verify, session.cert)
            # There is no public way to connect without a request.
            made = pool._get_conn()
            made.timeout = CONNECT_TIMEOUT
            with contextlib.closing(made):
                made.connect()
        finally:
            self.close()

    def _build_auth_nobody(self, session: requests.Session) -> None:
        session.auth = None
