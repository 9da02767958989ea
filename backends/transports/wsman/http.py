"""One HTTP connection to a WinRM service, with its authentication and its encryption. Everything here blocks.

How this works. Authentication by Kerberos, NTLM or CredSSP proves the *connection*, and the messages are then
encrypted ("sealed") with the key that came out of it. So connection, proof and seal live and die together, which the
libraries do not know: requests and urllib3 replace a lost connection silently, and a sealed body on a new one is
garbage. ``WinRMConnection`` is beneath pypsrp's HTTP transport to keep them together. Its urllib3 connections tell
their owner when they are made (``opened``) and ask before (``check_allowed``); a connection that would replace the
proved one is refused with ``NotConnected`` before anything is sent, and ``exchange`` begins again with a fresh session
and a fresh proof.

``_post`` sends one message: where it must be sealed, an empty request authenticates first (``_authenticate``), and the
seal is made of what that left. Redirects are not followed and nothing is retried here: both are decided above. Replies
are bounded, certificates are checked as asked for, and ``cut`` ends a blocked read from another thread.
"""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
import requests.adapters
import requests.auth
from pstui.backends.credentials import PSCredential
from pstui.backends.failed_logins import FailedLogins
from pstui.backends.transports.wsman import faults
from pstui.backends.transports.wsman.authorities import has_authorities
from pstui.backends.transports.wsman.errors import REFUSED, ErrorContext
from pstui.backends.transports.wsman.faults import failure_of
from pstui.backends.transports.wsman.negotiate import EagerNegotiateAuth
from pstui.backends.transports.wsman.probe import speaks_http, speaks_tls
from pstui.backends.transports.wsman.sealing import Sealing
from pstui.backends.transports.wsman.security import AuthenticationPlan, check_name
from pstui.backends.transports.wsman.target import Proxy, Target, WSManOptions
from pstui.backends.transports.wsman.way import Dialler
from pypsrp.negotiate import NoCertificateRetrievedWarning
from pypsrp.wsman import _TransportHTTP
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

#: seconds after which a TLS handshake without an answer is looked into: it may be the http port
HANDSHAKE = 3.0
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
    @property
    def way(self) -> Dialler | None:
        """What makes the connections, None for plain ones."""

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

        def _new_conn(self) -> socket.socket:
            timeout = self.timeout if isinstance(self.timeout, (int, float)) else None
            return super()._new_conn() if owner.way is None else owner.way.dial(self.host, self.port, timeout)

        def getresponse(self) -> Any:
            return _bounded(super().getresponse())

    class Secure(HTTPSConnection):
        _patience: float | None = None

        def connect(self) -> None:
            owner.check_allowed()
            self._hands_shaken(super().connect)
            if owner.skips == (True, False):
                check_name(self.sock, owner.host)
            owner.opened(self)

        def _new_conn(self) -> socket.socket:
            sock = super()._new_conn() if owner.way is None else owner.way.dial(self.host, self.port, self._patience)
            sock.settimeout(self._patience)
            return sock

        def _hands_shaken(self, connect: Callable[[], None]) -> None:
            """Connect; where the handshake is not answered soon, look whether plain http answers there instead."""
            whole = self.timeout if isinstance(self.timeout, (int, float)) else None
            self._patience = HANDSHAKE if whole is None else min(HANDSHAKE, whole)
            try:
                connect()
            except TimeoutError:
                if self._patience == whole or self._tunnel_host:
                    raise
                self.close()
                if speaks_http(self.host, self.port or 443, owner.way, HANDSHAKE):
                    kind = faults.NetworkKind.NOT_TLS
                    raise faults.NetworkFailure(kind, "plain http answers there", sent=False) from None
                self._patience = whole
                connect()
            self.sock.settimeout(whole)

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


#: seconds until a connection must be open
CONNECT_TIMEOUT = 30.0

_MIME_BOUNDARY = re.compile(r"""boundary=['"]?([^'";]+)['"]?""", re.IGNORECASE)

# Their debug logs hold whole messages and tokens.
for _name in ("pypsrp", "spnego", "requests_credssp", "urllib3"):
    logging.getLogger(_name).setLevel(logging.INFO)

# It is told where the screen is, and says only that a reply was read to its end before its certificate was asked for.
warnings.filterwarnings("ignore", category=NoCertificateRetrievedWarning)


#: what ``EndpointSettings.settled`` may hold besides a mechanism: that sealed messages are understood, and how
SEALS, WITHOUT_TABS = "seals", "without tabs"


#: answers of a service that could not make anything of a message's form
_UNREAD = (400, 415, 500)


class NotConnected(Exception):
    """The connection that the session and its seal belong to is gone; nothing was sent."""


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """What every connection of one session shares: where to, how to prove who one is, and with what."""

    target: Target
    plan: AuthenticationPlan
    options: WSManOptions
    credential: PSCredential | None
    certificate: tuple[str, str, str] | None = None
    proxy: Proxy | None = None
    failed_logins: FailedLogins = field(default_factory=FailedLogins)
    #: what the first connection settled on: those after it need not look for a Kerberos realm again, nor try a form of
    #: sealed messages that was refused
    settled: set[str] = field(default_factory=set)
    way: Dialler | None = None

    @property
    def error_context(self) -> ErrorContext:
        """What an error may tell of this endpoint."""
        user = self.credential.user_name if self.credential else ""
        proxy, gate = self.proxy.name if self.proxy else "", self.way.name if self.way else ""
        return ErrorContext(self.target, user, self.plan.scheme, proxy, gate)


class WinRMConnection(_TransportHTTP):
    """One connection. Used by one thread at a time, save ``cut``."""

    def __init__(self, settings: EndpointSettings) -> None:
        plan, target, credential = settings.plan, settings.target, settings.credential
        password = credential.password if credential else None
        super().__init__(
            target.host,
            target.port,
            credential.user_name if credential else None,
            password.reveal() if password else None,
            target.ssl,
            target.path,
            auth=plan.scheme if plan.scheme != "digest" else "basic",
            cert_validation=not settings.options.skip_ca,
            encryption="auto" if plan.sealed or target.ssl else "never",
            no_proxy=True,
            credssp_auth_mechanism=plan.inner,
        )
        self.settings = settings
        self.endpoint = target.url
        self.wrap_required = plan.sealed
        #: whether being authenticated is a matter of the connection, so that a new one needs a new beginning
        self._bound = plan.scheme in ("negotiate", "kerberos", "ntlm", "credssp")
        self._allowed = self._cut = self._has_answered = False
        self._sock: socket.socket | None = None
        self._made: HTTPConnection | None = None
        if settings.certificate:
            self.certificate_pem, self.certificate_key_pem, self.certificate_key_password = settings.certificate

    def exchange(self, message: bytes, silence: float | None) -> bytes:
        """Post one message and return the reply's envelope. ``silence`` is the longest one in seconds.

        An empty message only proves who one is, where messages are sealed.
        Raises a WSManFailure; a reply with status 500 holds a fault and is returned like any other.
        """
        limits = (CONNECT_TIMEOUT if silence is None else min(CONNECT_TIMEOUT, silence), silence)
        was_connected = self.session is not None
        try:
            if self.session is None:
                self._renew()
            try:
                return self._post(message, limits)
            except NotConnected:
                if not was_connected:
                    raise
                self._renew()
                return self._post(message, limits)
            except Exception as error:
                if not self._may_dislike_tabs(error):
                    raise
                self.settings.settled.add(WITHOUT_TABS)
                self._renew()
                return self._post(message, limits)
        except faults.WSManFailure:
            raise
        except NotConnected as error:
            raise faults.NetworkFailure(faults.NetworkKind.CLOSED, "the connection was closed", sent=False) from error
        except Exception as error:
            if self._cut:
                raise faults.NetworkFailure(faults.NetworkKind.CLOSED, "closed by this side") from error
            raise self._explained(failure_of(error, sent=self._sock is not None)) from error

    def _explained(self, failure: faults.WSManFailure) -> faults.WSManFailure:
        """Return a failure; of a port that closes what is no TLS, and speaks TLS, it says so."""
        target = self.settings.target
        is_closed = isinstance(failure, faults.NetworkFailure) and failure.kind is faults.NetworkKind.CLOSED
        if not is_closed or target.ssl or self._has_answered or self.settings.proxy is not None:
            return failure
        if not speaks_tls(target.host, target.port, self.way, HANDSHAKE):
            return failure
        return faults.NetworkFailure(faults.NetworkKind.CLOSED, "HTTPS answers there: -UseSSL is needed")

    def _may_dislike_tabs(self, error: Exception) -> bool:
        """Whether the service refused the first sealed message that it ever got from this session, unread."""
        if self._cut or self.encryption is None or {WITHOUT_TABS, SEALS} & self.settings.settled:
            return False
        failure = failure_of(error, sent=True)
        if isinstance(failure, faults.HTTPFailure):
            return failure.status in _UNREAD
        return isinstance(failure, faults.NetworkFailure) and failure.kind is faults.NetworkKind.CLOSED

    def cut(self) -> None:
        """End the connection now, from any thread: a blocked read returns at once."""
        self._cut = True
        sock = self._sock
        if sock is not None:
            # The base class' method: that of an SSLSocket would pull the TLS state from under the reading thread.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    @property
    def host(self) -> str:
        """The name a certificate must have."""
        return self.settings.target.host

    @property
    def way(self) -> Dialler | None:
        """What makes the connections, None for plain ones."""
        return self.settings.way

    @property
    def skips(self) -> tuple[bool, bool]:
        """Whether the issuer, and the name, of a certificate stay unchecked."""
        return self.settings.options.skip_ca, self.settings.options.skip_cn

    @property
    def proxy_authorization(self) -> str:
        """The header that tells the proxy who the user is."""
        proxy = self.settings.proxy
        return proxy.authorization.reveal() if proxy is not None and proxy.authorization is not None else ""

    @property
    def passphrase(self) -> str:
        """What opens the key of the client certificate."""
        return self.certificate_key_password or ""

    def opened(self, connection: HTTPConnection) -> None:
        """Take note of a new connection's socket."""
        self._allowed, self._made = False, connection
        sock: Any = connection.sock
        self._sock = getattr(sock, "socket", sock)
        if self._cut:
            self.cut()
            raise NotConnected

    def check_allowed(self) -> None:
        """Refuse a connection that would replace the one the seal belongs to, or one after the end."""
        if self._cut or (self._bound and not self._allowed):
            raise NotConnected

    def _renew(self) -> None:
        """Start over: a session without cookies, connection or authentication, and no seal."""
        self.close()
        self._sock = None
        self.encryption = None
        self.session = self._build_session()
        self._allowed = True

    def close(self) -> None:
        """Close the connection and forget its session."""
        session, self.session = self.session, None
        made, self._made = self._made, None
        if session is not None:
            session.close()
        if made is not None:
            made.close()  # a reply that nobody read, as one that is refused, has it still

    def _post(self, message: bytes, limits: tuple[float, float | None]) -> bytes:
        session = self.session
        assert session is not None
        headers: dict[str, str] = {"Content-Type": "application/soap+xml;charset=UTF-8"}
        payload = message
        authentication: Any = session.auth
        if self.wrap_required:
            if self.encryption is None:
                self._authenticate(limits)
            assert self.encryption is not None
            if not message:
                return b""
            kind, payload = self.encryption.wrap_message(message)
            protocol = self.encryption.protocol
            headers["Content-Type"] = f'{kind};protocol="{protocol}";boundary="Encrypted Boundary"'
            # A 401 to a sealed message means that its context is gone: answering it with a new one would send a
            # body that nobody can open.
            authentication = _no_authentication
        request = requests.Request("POST", self.endpoint, data=payload, headers=headers, auth=authentication)
        response = self._send(session.prepare_request(request), limits)
        return self._envelope(response)

    def _authenticate(self, limits: tuple[float, float | None]) -> None:
        """Prove who we are with an empty message, and make the seal of what came out of it."""
        session = self.session
        assert session is not None
        response = self._send(session.prepare_request(requests.Request("POST", self.endpoint)), limits)
        host = urlsplit(self.endpoint).hostname
        context = getattr(session.auth, "contexts", {}).get(host)
        if response.status_code == 401 or context is None:
            self._check_status(response, b"")
            raise faults.AuthenticationFailure(
                "The service asked for no authentication, so there is no key to encrypt with.", secret_sent=False
            )
        # A service answers the empty message with 500, but not before it knows who asks.
        if response.status_code >= 300 and (response.status_code != 500 or not getattr(context, "complete", True)):
            self._check_status(response, response.content)
        response.content  # noqa: B018  reading it to the end frees the connection for the next request
        if getattr(context, "negotiated_protocol", None) == "ntlm":
            self.settings.settled.add("ntlm")
        protocol = Sealing.SPNEGO
        if self.auth == "credssp":
            protocol = Sealing.CREDSSP
        elif context.response_auth_header == "kerberos":
            protocol = Sealing.KERBEROS
        self.encryption = Sealing(context, protocol, tabs=WITHOUT_TABS not in self.settings.settled)

    def _send(self, request: requests.PreparedRequest, limits: tuple[float, float | None]) -> requests.Response:
        assert self.session is not None
        response = self.session.send(request, timeout=limits, allow_redirects=False, stream=True)
        self._has_answered = True
        return response

    def _envelope(self, response: requests.Response) -> bytes:
        content = response.content
        kind = response.headers.get("content-type", "")
        if kind.startswith(("multipart/encrypted", "multipart/x-multi-encrypted")):
            found = _MIME_BOUNDARY.search(kind)
            if self.encryption is None or found is None:
                raise faults.BadReply("the service encrypted a reply although no encryption was agreed on")
            content = self.encryption.unwrap_message(content, found[1])
            self.settings.settled.add(SEALS)
        elif self.wrap_required and content and response.status_code < 300:
            raise faults.BadReply("the service answered an encrypted message without encryption")
        self._check_status(response, content)
        return content

    def _check_status(self, response: requests.Response, content: bytes) -> None:
        """Raise for what is not an envelope: a refusal, a redirect, an error of HTTP itself."""
        status = response.status_code
        if status == 401:
            if self.encryption is not None:
                raise faults.NetworkFailure(
                    faults.NetworkKind.CLOSED, "the service does not accept the authentication any more"
                )
            offered = response.headers.get("www-authenticate", "")
            if self.auth == "basic" and offered and self.settings.plan.scheme not in offered.lower():
                raise faults.AuthenticationFailure("The service offers other ways.", offered=offered, secret_sent=False)
            raise faults.AuthenticationFailure(REFUSED, offered=offered)
        if 300 <= status < 400:
            raise faults.HTTPFailure(status, location=response.headers.get("location", ""))
        is_soap = content.lstrip()[:1] == b"<" and b"Envelope" in content[:2000]
        if status >= 300 and not is_soap:
            raise faults.HTTPFailure(status, content[:2000].decode("utf-8", "replace"))

    def _build_session(self) -> requests.Session:
        """Return a session that connects through us, with a proxy only where one is wanted."""
        session: requests.Session = super()._build_session()
        # Whatever the environment may still bring: a netrc entry would be sent as Basic.
        session.trust_env = False
        session.headers["User-Agent"] = "pstui"
        adapter = OwnedAdapter(self)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        proxy = self.settings.proxy
        session.proxies = {} if proxy is None or self.way is not None else {"http": proxy.url, "https": proxy.url}
        return session

    def _build_auth_negotiate(self, session: requests.Session, auth_provider: str = "negotiate") -> None:
        target = self.settings.target
        # Every Windows computer answers to host/NAME; the port tells services apart that have names of their own.
        if auth_provider == "negotiate" and "ntlm" in self.settings.settled:
            auth_provider = "ntlm"
        with_port = self.settings.options.port_in_spn
        session.auth = EagerNegotiateAuth(
            self.settings.settled,
            eager=self.wrap_required,
            username=self.username,
            password=self.password,
            auth_provider=auth_provider,
            service="HTTP" if with_port else "host",
            hostname_override=f"{target.host}:{target.port}" if with_port else None,
            wrap_required=self.wrap_required,
        )

    def _build_auth_basic(self, session: requests.Session) -> None:
        if self.settings.plan.scheme == "digest":
            session.auth = requests.auth.HTTPDigestAuth(self.username or "", self.password or "")
        else:
            user, password = (self.username or "").encode(), (self.password or "").encode()
            session.auth = requests.auth.HTTPBasicAuth(user, password)


def _no_authentication(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
